package identity

import (
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// keyOf is a key in the service of one authority: a revocation withdraws it
// there and nowhere else.
type keyOf struct {
	authority string
	key       PublicKey
}

// source is whose revocation list it is, as seen from the withdrawn key; a
// higher one stands lower.
type source uint8

const (
	byAbove source = iota
	byUnit         // the unit's own key: persons of the unit only
	byPeer         // a person of the unit: persons of the unit only
)

type withdrawal struct {
	*Revocation
	source source
}

// hang makes a judged list effective.
func (d *domain) hang(f *filled) {
	for i := range f.list.Entries {
		r := &f.list.Entries[i]
		w := withdrawal{r, byAbove}
		if r.Authority == f.list.By {
			w.source = f.source
		}
		k := keyOf{r.Authority, r.Key}
		d.withdrawn[k] = append(d.withdrawn[k], w)
	}
}

// withdraws reports whether a revocation of c's key takes back what it signed.
// A person's list is not void because another person of the unit says so: of
// two who accuse each other, both are out until the level above decides.
func (d *domain) withdraws(c *Certificate, e *wire.Envelope) bool {
	if len(d.withdrawn) == 0 {
		return false
	}
	for _, w := range d.withdrawn[keyOf{c.Authority, c.Key}] {
		if w.source != byAbove && c.Kind == KindUnit || w.source == byPeer && e.Header.Type == wire.TypeRevocation {
			continue
		}
		if !w.spares(e.ID(), e.Header.Lane, e.Header.Created) {
			return true
		}
	}
	return false
}

// closed refuses envelopes under the certificate of a unit whose key was
// withdrawn before: its persons must use the unit's new certificate, with what
// may be stricter there. What they signed until then stays.
func (d *domain) closed(unit *Certificate, created uint64) error {
	if len(d.withdrawn) == 0 {
		return nil
	}
	for _, w := range d.withdrawn[keyOf{unit.Authority, unit.Key}] {
		if w.source == byAbove && created > w.At {
			return wire.Refuse(wire.ReasonRevoked, "the certificate of %q is %s since %d", unit.Authority, w.Kind, w.At)
		}
	}
	return nil
}

// slot is where an object belongs: its author's key decides, not the certificate.
func (p *panel) slot(f *filled) slot {
	return slot{f.env.Header.Type, f.env.Header.Authority, p.seats[0].key}
}

// parseSlot reads a revocation list, beacon or station.
func parseSlot(e *wire.Envelope) (*filled, error) {
	f := &filled{env: e}
	var err error
	switch e.Header.Type {
	case wire.TypeRevocation:
		f.list, err = ParseRevocationList(e)
	case wire.TypeBeacon:
		f.beacon, err = ParseBeacon(e)
	default:
		f.station, err = ParseStation(e)
	}
	return f, err
}

// judgeSlot holds an object against its signers, signatures apart. It returns
// its slot, and notes whose revocation list it is.
func (d *domain) judgeSlot(f *filled) (slot, error) {
	p, err := d.convene(f.env)
	if err != nil {
		return slot{}, err
	}
	if err := p.judgeSlot(f); err != nil {
		return slot{}, err
	}
	return p.slot(f), nil
}

func (p *panel) judgeSlot(f *filled) error {
	first := &p.seats[0]
	if f.list != nil && p.root != nil {
		if len(p.seats) < p.needed {
			return wire.Refuse(wire.ReasonBadQuorum, "%d of %d needed root signatures", len(p.seats), p.needed)
		}
		return nil
	}
	switch {
	case len(p.seats) != 1:
		return wire.Refuse(wire.ReasonBadSigner, "a %s has one signer", f.env.Header.Type)
	case first.withdrawn:
		return wire.Refuse(wire.ReasonRevoked, "the signer's key is withdrawn")
	case f.station != nil && (p.root != nil || first.held.cert.Kind != KindPerson):
		return wire.Refuse(wire.ReasonBadSigner, "a station is bound by a person")
	case p.root != nil:
		return nil
	case f.station != nil && first.held.strength < p.needed:
		return p.short(0, 1) // else a stolen unit key would read the drafts
	case f.station != nil:
		return nil
	}
	f.source = byUnit
	if first.unitKey {
		return nil
	}
	f.source = byPeer
	if f.list != nil && (first.held.strength < fromAbove || first.held.cert.Kind != KindPerson) {
		return wire.Refuse(wire.ReasonBadSigner, "persons revoke if the level above has certified them")
	}
	if f.beacon != nil && first.held.strength < p.needed {
		return p.short(0, 1)
	}
	return nil
}
