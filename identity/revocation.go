package identity

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// RevocationKind says why a key is withdrawn. The numbers are on the wire: append only.
type RevocationKind uint8

// The kinds of revocation.
const (
	Retired     RevocationKind = 1 // what was signed until At stays good
	Compromised RevocationKind = 2 // nothing stays but what Last and Keep name
)

func (k RevocationKind) String() string {
	switch k {
	case Retired:
		return "retired"
	case Compromised:
		return "compromised"
	}
	return "unknown kind"
}

// maxRevocations bounds a list (format); wire.MaxRevocation bounds its bytes.
const maxRevocations = 512

// Head is the last envelope of a key in a lane.
type Head struct {
	_        struct{} `cbor:",toarray"`
	Sequence uint64
	ID       wire.ID
}

// Revocation withdraws one key of one authority.
type Revocation struct {
	Key       PublicKey          `cbor:"1,keyasint"`
	Authority string             `cbor:"2,keyasint"` // of the key's subject
	Kind      RevocationKind     `cbor:"3,keyasint"`
	At        uint64             `cbor:"4,keyasint"`           // seconds UTC; see below for what it means to a unit's certificates
	Last      map[wire.Lane]Head `cbor:"5,keyasint,omitempty"` // compromised only: the last good envelope of a lane
	Keep      []wire.ID          `cbor:"6,keyasint,omitempty"` // compromised only, ascending: other good envelopes
}

// spares reports whether an envelope signed by the withdrawn key stays good.
// kept lists trust and alert envelopes alike: IDs are unique over all lanes.
func (r *Revocation) spares(id wire.ID, lane wire.Lane, created uint64) bool {
	if r.Kind == Retired {
		return created <= r.At
	}
	if last, ok := r.Last[lane]; ok && last.ID == id {
		return true
	}
	_, ok := slices.BinarySearchFunc(r.Keep, id, wire.ID.Compare)
	return ok
}

func (r *Revocation) check() error {
	if r.Kind != Retired && r.Kind != Compromised {
		return wire.Refuse(wire.ReasonUnsupported, "revocation of kind %d", r.Kind)
	}
	ordered := slices.IsSortedFunc(r.Keep, wire.ID.Compare)
	if r.At == 0 || r.Authority == "" || !ordered || r.Kind == Retired && len(r.Last)+len(r.Keep) > 0 {
		return wire.Refuse(wire.ReasonBadPayload, "revocation of %s without time or authority, or with envelopes out of order or of a retired key", r.Key)
	}
	return wire.CheckAuthority(r.Authority)
}

// RevocationList is the decoded view of a revocation envelope: all keys that
// its signer withdraws, cumulative. It is immutable.
type RevocationList struct {
	Origin
	Entries []Revocation
}

type revocationPayload struct {
	Entries []Revocation `cbor:"1,keyasint,omitempty"`
}

// ParseRevocationList reads a revocation envelope. It judges form only, no trust.
func ParseRevocationList(e *wire.Envelope) (*RevocationList, error) {
	var p revocationPayload
	if err := parsePayload(e, wire.TypeRevocation, &p); err != nil {
		return nil, err
	}
	l := &RevocationList{Origin: originOf(e), Entries: p.Entries}
	if len(l.Entries) > maxRevocations {
		return nil, wire.Refuse(wire.ReasonBadPayload, "%d revocations, at most %d", len(l.Entries), maxRevocations)
	}
	for i := range l.Entries {
		if err := l.Entries[i].check(); err != nil {
			return nil, err
		}
		if i > 0 && compareRevocations(l.Entries[i-1], l.Entries[i]) >= 0 {
			return nil, wire.Refuse(wire.ReasonBadPayload, "revocations are out of order or twice")
		}
		if a := l.Entries[i].Authority; a != l.By && !Above(l.By, a) {
			return nil, wire.Refuse(wire.ReasonNotContain, "%q cannot revoke keys of %q", l.By, a)
		}
	}
	return l, nil
}

func compareRevocations(a, b Revocation) int {
	return cmp.Or(bytes.Compare(a.Key[:], b.Key[:]), cmp.Compare(a.Authority, b.Authority))
}

// NewRevocationList makes an unsigned list. Entries are put in order; they
// replace all earlier ones by the same key, so they must repeat what still
// holds (see [Pool.Revoked]).
func NewRevocationList(o Origin, entries []Revocation) (*wire.Envelope, error) {
	sorted := slices.SortedFunc(slices.Values(entries), compareRevocations)
	for i := range sorted {
		sorted[i].Keep = slices.SortedFunc(slices.Values(sorted[i].Keep), wire.ID.Compare)
	}
	e, err := newTrustObject(o.header(wire.TypeRevocation), revocationPayload{sorted})
	if err != nil {
		return nil, err
	}
	_, err = ParseRevocationList(e)
	return e, err
}

// sameEntries reports whether two lists withdraw the same.
func sameEntries(a, b *RevocationList) bool {
	x, errX := wire.Marshal(a.Entries)
	y, errY := wire.Marshal(b.Entries)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
