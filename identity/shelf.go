package identity

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// maxShelvedCerts and maxShelvedSlots bound a domain's shelf: a whole country's
// officers, and their revocation lists.
const (
	maxShelvedCerts = 4096
	maxShelvedSlots = 512
)

// shelf holds what a domain had accepted and then ceased to count, because of a
// revocation or a root. Once that is void in turn it counts again: nobody would
// send it a second time to devices that had it. It is empty as its zero value.
type shelf struct {
	certs map[wire.ID]*held
	slots map[wire.ID]*filled
}

// everything is what is held and what is shelved, to be judged anew.
func (d *domain) everything() (certs []*held, slots []*filled) {
	certs, slots = slices.Collect(maps.Values(d.certs)), slices.Collect(maps.Values(d.slots))
	for id, h := range d.shelf.certs {
		if _, again := d.certs[id]; !again {
			certs = append(certs, h)
		}
	}
	return certs, append(slots, slices.Collect(maps.Values(d.shelf.slots))...)
}

// shelve keeps what no longer holds, in bounds: first who counts for most.
func (d *domain) shelve(certs []*held, slots []*filled) {
	certs = slices.DeleteFunc(certs, func(h *held) bool { _, in := d.certs[h.cert.ID]; return in })
	if len(certs) > maxShelvedCerts {
		slices.SortFunc(certs, rank)
		certs = certs[:maxShelvedCerts]
	}
	if len(slots) > maxShelvedSlots {
		slices.SortFunc(slots, byTurn)
		slots = slots[:maxShelvedSlots]
	}
	d.shelf = shelf{make(map[wire.ID]*held, len(certs)), make(map[wire.ID]*filled, len(slots))}
	for _, h := range certs {
		d.shelf.certs[h.cert.ID] = h
	}
	for _, f := range slots {
		d.shelf.slots[f.env.ID()] = f
	}
}

// byTurn orders slot objects: revocation lists first, a unit's before its persons',
// and of one slot the one first that holds it.
func byTurn(a, b *filled) int {
	return cmp.Or(cmp.Compare(count(a.list == nil), count(b.list == nil)), cmp.Compare(a.source, b.source),
		cmp.Compare(b.env.Header.Sequence, a.env.Header.Sequence), a.env.ID().Compare(b.env.ID()))
}

// refill puts the objects into their slots again, effective at once, and returns
// those that do not hold.
func (d *domain) refill(slots []*filled) (fallen []*filled) {
	slices.SortFunc(slots, byTurn)
	for _, f := range slots {
		s, err := d.judgeSlot(f)
		if err != nil {
			fallen = append(fallen, f)
			continue
		}
		if _, taken := d.slots[s]; taken {
			continue
		}
		d.slots[s] = f
		if f.list != nil {
			d.hang(f)
		}
	}
	return fallen
}
