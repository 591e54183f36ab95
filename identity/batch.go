package identity

import (
	"io"

	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// maxPrefetch bounds the signatures verified in one batch. Beyond some hundreds a
// batch gains nothing more, and what was found genuine must still be remembered when it is asked for.
const maxPrefetch = maxSignatures / 4

// zip215 is the rule of VerifySignature in the library that verifies batches
// fastest. A test holds that both accept the same.
var zip215 = &ed25519.Options{Verify: ed25519.VerifyOptionsZIP_215}

// Prefetch verifies the signatures of many envelopes at once, for some two fifths of
// what they cost one by one, and remembers the genuine ones: [Pool.Verify] and [Pool.Add]
// then find them verified. It decides nothing: envelopes that would be refused without a
// look at their signatures, root versions and what is beyond the bound of a batch are left
// out, and if one signature of a batch is wrong, all are left to be verified alone, which tells which. random must not be foreseeable to whoever signs.
func (p *Pool) Prefetch(es []*wire.Envelope, random io.Reader) {
	var b signatureBatch
	for _, e := range es {
		if e.Header.Type == wire.TypeRoot || len(b.genuine)+len(e.Signers) > maxPrefetch {
			continue
		}
		o, err := parse(e)
		if err != nil {
			continue
		}
		j, err := p.judge(o)
		if err != nil || j.known {
			continue
		}
		for i := range j.seats {
			if id := (signature{e.ID(), e.Signers[i]}); !p.signatures.has(id) {
				b.add(e, id, j.seats[i].key)
			}
		}
	}
	if len(b.genuine) < 2 {
		return
	}
	p.signatures.checks.Add(uint64(len(b.genuine)))
	if !b.verify(random) {
		return
	}
	for _, id := range b.genuine {
		p.signatures.add(id)
	}
}

// signatureBatch is signatures to be verified together.
type signatureBatch struct {
	genuine []signature // if all verify
	keys    []PublicKey
	signed  [][]byte
}

func (b *signatureBatch) add(e *wire.Envelope, id signature, key PublicKey) {
	b.genuine = append(b.genuine, id)
	b.keys = append(b.keys, key)
	b.signed = append(b.signed, e.ToBeSigned(id.signer))
}

// worthExpanding is how often a key has to occur in a batch for its point to be
// worked out ahead.
const worthExpanding = 4

func (b *signatureBatch) verify(random io.Reader) bool {
	count := map[PublicKey]int{}
	for _, key := range b.keys {
		count[key]++
	}
	expanded := map[PublicKey]*ed25519.ExpandedPublicKey{}
	batch := ed25519.NewBatchVerifierWithCapacity(len(b.keys))
	for i, key := range b.keys {
		sig := &b.genuine[i].signer.Sig
		if count[key] < worthExpanding {
			batch.AddWithOptions(key[:], b.signed[i], sig[:], zip215)
			continue
		}
		x := expanded[key]
		if x == nil {
			var err error
			if x, err = ed25519.NewExpandedPublicKey(key[:]); err != nil {
				return false
			}
			expanded[key] = x
		}
		batch.AddExpandedWithOptions(x, b.signed[i], sig[:], zip215)
	}
	return batch.VerifyBatchOnly(random)
}
