package stick

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// form names an envelope as it is: with these signatures and these parts. Two
// copies of the same form are worth the same; whether it is genuine, only the
// device knows that holds it, too.
type form [16]byte

func formOf(e *wire.Envelope) (f form) {
	h := sha256.New()
	h.Write(e.Encode())
	for i, p := range e.Parts {
		if p != nil {
			h.Write([]byte{byte(i)})
		}
	}
	copy(f[:], h.Sum(nil))
	return f
}

// slotOf is the slot of an envelope of which only the latest counts, such as a
// beacon.
type slotOf struct {
	domain wire.ID
	author wire.Ref
	kind   wire.Type
}

func slotFor(e *wire.Envelope) slotOf { return slotOf{e.Domain(), e.Author().Ref, e.Header.Type} }

// stock is what the device holds and has not ended, all of it verified.
type stock struct {
	forms map[form]struct{}
	signs map[wire.ID]int // signatures of the form held
	slots map[slotOf]uint64
}

func newStock() *stock {
	return &stock{forms: map[form]struct{}{}, signs: map[wire.ID]int{}, slots: map[slotOf]uint64{}}
}

func (s *stock) add(raw []byte) error {
	e, err := wire.Decode(raw)
	if err != nil {
		return err
	}
	s.forms[formOf(e)] = struct{}{}
	s.signs[e.ID()] = len(e.Signers)
	if e.Header.Type.Slot() {
		s.slots[slotFor(e)] = e.Header.Sequence
	}
	return nil
}

func (s *stock) holds(f form) bool { _, ok := s.forms[f]; return ok }

// supersedes reports whether the device holds what makes e useless: a later one
// of its slot, or the same with more signatures.
func (s *stock) supersedes(e *wire.Envelope) bool {
	return e.Header.Type.Slot() && e.Header.Sequence < s.slots[slotFor(e)] || len(e.Signers) < s.signs[e.ID()]
}

// Ended long enough ago, an envelope need not be carried any more. The first is
// as long as devices keep what has ended; a certificate proves alerts of seven
// days after its end.
const (
	goneAfter      = 48 * 3600
	goneAfterTrust = 30 * 24 * 3600
)

// stickRecord is one envelope on a stick.
type stickRecord struct {
	form    form
	raw     []byte // valid during the call
	e       *wire.Envelope
	proper  bool // worth as much as any other copy of its form
	useless bool // nobody can take it in, or it is superseded
	gone    bool // by the device's clock
}

func (x *courier) record(raw []byte) stickRecord {
	r := stickRecord{raw: raw}
	e, err := wire.Decode(raw)
	if err != nil {
		sum := sha256.Sum256(raw)
		copy(r.form[:], sum[:])
		r.useless = !errors.Is(err, &wire.Refusal{Reason: wire.ReasonUnsupported}) // a newer program may read it
		return r
	}
	r.e, r.form = e, formOf(e)
	sound := partsMatch(e)
	r.proper = sound && len(e.Chain) == 0
	r.useless = !sound || x.stock.supersedes(e)
	age := uint64(goneAfter)
	if e.Header.Lane == wire.LaneTrust {
		age = goneAfterTrust
	}
	r.gone = !x.doubt && x.now >= e.Header.Expires+age
	return r
}

// partsMatch reports whether the parts are what was signed.
func partsMatch(e *wire.Envelope) bool {
	if len(e.Parts) == 0 {
		return true
	}
	p, err := wire.ParsePayload(e.Payload)
	if err != nil || len(e.Parts) > len(p.Parts) {
		return false
	}
	for i, part := range e.Parts {
		if part == nil {
			continue
		}
		if _, err := p.Parts[i].Open(part); err != nil {
			return false
		}
	}
	return true
}

// stickBundle is what is known of one bundle on a stick.
type stickBundle struct {
	name    string
	own     bool
	made    uint64 // seconds UTC, as its writer says; 0: unknown
	bytes   int64  // of its envelopes
	useless int64  // bytes of what nobody needs, or what another bundle holds
	gone    int64  // bytes of what has ended
	wanted  int    // envelopes that the device lacks
	damage  []apitype.Damage
	unread  bool // not all of it could be read, by the disk's fault or ours
	folds   bool // its envelopes move into a new bundle, and it goes
}

// index reads what all bundles hold.
func (x *courier) index(list []string) error {
	x.held = map[form]*stickBundle{}
	for _, name := range list {
		b := &stickBundle{name: name, own: isOwn(name, x.prefix)}
		x.bundles = append(x.bundles, b)
		err := x.each(b, true, func(r stickRecord) error {
			size := int64(len(r.raw))
			b.bytes += size
			_, twice := x.held[r.form]
			switch {
			case r.useless || twice:
				b.useless += size
			case r.gone:
				b.gone += size
			}
			if r.e != nil && !r.useless && !r.gone && !x.stock.holds(r.form) {
				b.wanted++
			}
			if r.proper && !twice {
				if len(x.held) >= maxStickRecords {
					return fmt.Errorf("more than %d envelopes on it", maxStickRecords)
				}
				x.held[r.form] = b
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// each calls f for the envelopes of a bundle. What cannot be read of it is noted
// the first time, and is no error.
func (x *courier) each(b *stickBundle, note bool, f func(stickRecord) error) error {
	in, err := x.folder.Open(b.name)
	if err != nil {
		if note {
			b.damage = append(b.damage, apitype.Damage{Reason: err.Error()})
		}
		b.unread = true
		return nil
	}
	defer in.Close()
	r := bundle.NewReader(x.bar.Reader(in))
	for x.ctx.Err() == nil {
		raw, err := r.Next()
		var damage *bundle.DamageError
		switch {
		case err == nil:
			if err := f(x.record(raw)); err != nil {
				return err
			}
		case err == io.EOF:
			h, _ := r.Header()
			b.made = h.Created
			return nil
		case errors.As(err, &damage):
			if note && len(b.damage) < maxStickDamages {
				b.damage = append(b.damage, apitype.Damage{From: damage.From, To: damage.To, Reason: damage.Reason})
			}
		default:
			if note {
				b.damage = append(b.damage, apitype.Damage{Reason: err.Error()})
			}
			b.unread = b.unread || !errors.Is(err, bundle.ErrNotBundle)
			return nil
		}
	}
	return x.ctx.Err()
}

// maxStickDamages bounds what is told of one bundle.
const maxStickDamages = 5
