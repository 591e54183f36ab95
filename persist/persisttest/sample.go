package persisttest

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// Created is when all samples were created (Unix seconds).
const Created = 1_800_000_000

// Domain is the trust domain of all samples.
var Domain = wire.NewPartRef([]byte("domain")).Digest // any ID will do

// Sample describes an envelope for a test. It is signed by nobody: a store does
// not verify signatures. Equal samples make equal envelopes.
type Sample struct {
	Key      byte      // whose it is
	Type     wire.Type // 0: alert
	Lane     wire.Lane // 0: live, or trust for what is no alert
	Sequence uint64    // 0: 1
	Lifetime uint64    // seconds; 0: an hour
	Text     string    // tells envelopes apart
	Parts    []string  // contents of detached parts
	Missing  bool      // the parts have not come yet
}

// Entry makes the envelope with its parts at the given level.
func (s Sample) Entry(level wire.Level) persist.Entry {
	return persist.Entry{Envelope: s.Envelope(), Level: level, Author: [32]byte{s.Key}, Received: Created + 60}
}

// ID is the envelope's ID.
func (s Sample) ID() wire.ID { return s.Envelope().ID() }

// Refs names the parts.
func (s Sample) Refs() (refs []wire.PartRef) {
	for _, p := range s.Parts {
		refs = append(refs, wire.NewPartRef([]byte(p)))
	}
	return refs
}

// Envelope makes the envelope with its parts.
func (s Sample) Envelope() *wire.Envelope {
	e := must(wire.New(s.header(), s.payload()))
	signer := wire.NewSigner(wire.KeyRef([32]byte{s.Key}), wire.RoleAuthor)
	copy(signer.Sig[:], bytes.Repeat([]byte{s.Key}, len(signer.Sig)))
	e = e.AddSigner(signer)
	for _, p := range s.Parts {
		if s.Missing {
			e.Parts = append(e.Parts, nil)
		} else {
			e.Parts = append(e.Parts, wire.PackPart([]byte(p)))
		}
	}
	return e
}

func (s Sample) header() wire.Header {
	h := wire.Header{Type: s.Type, Lane: s.Lane, Domain: &Domain, Issuer: &Domain, Authority: "rp", Sequence: max(s.Sequence, 1),
		Created: Created, Expires: Created + s.Lifetime, Priority: wire.PrioritySevere}
	if h.Type == 0 {
		h.Type = wire.TypeAlert
	}
	if h.Lane == 0 {
		h.Lane = wire.LaneTrust
		if h.Type == wire.TypeAlert {
			h.Lane = wire.LaneLive
		}
	}
	if h.Expires == Created {
		h.Expires += 3600
	}
	if h.Sequence > 1 {
		h.Previous = &Domain
	}
	return h
}

func (s Sample) payload() []byte {
	core := must(wire.Marshal(s.Text))
	if s.Type != 0 && s.Type != wire.TypeAlert {
		return core
	}
	refs := s.Refs()
	if refs == nil {
		refs = []wire.PartRef{}
	}
	return must(wire.Marshal(wire.SignedPayload{Core: core, Parts: refs}))
}

// Noise is text of n bytes that does not compress, the same for the same seed.
func Noise(seed uint64, n int) string {
	rng := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = fmt.Appendf(b, "%08x", rng.Uint32())
	}
	return string(b[:n])
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // the sample is not valid: a mistake in the test
	}
	return v
}
