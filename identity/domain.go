package identity

import (
	"slices"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// domain is the trust state of one trust domain.
type domain struct {
	id     wire.ID
	pinned bool
	roots  *rootLine

	certs     map[wire.ID]*held
	raw       map[string]wire.ID // certs by their encoding
	groups    map[group][]*held
	slots     map[slot]*filled
	withdrawn map[keyOf][]withdrawal
	floor     uint64
	shelf     shelf
}

// slot is where only the highest sequence of one key is kept.
type slot struct {
	kind      wire.Type
	authority string
	key       PublicKey
}

// filled is a revocation list, beacon or station in its slot; one view is set.
type filled struct {
	env     *wire.Envelope
	list    *RevocationList
	beacon  *Beacon
	station *Station
	source  source // of a revocation list
}

func newDomain(id wire.ID, pinned bool, root *rootForm, genuine *signatures) *domain {
	d := &domain{id: id, pinned: pinned, roots: newRootLine(root, genuine)}
	d.clear()
	return d
}

func (d *domain) clear() {
	d.certs, d.raw, d.groups = map[wire.ID]*held{}, map[string]wire.ID{}, map[group][]*held{}
	d.slots, d.withdrawn = map[slot]*filled{}, map[keyOf][]withdrawal{}
	d.floor = d.rootFloor()
}

// rootFloor is the time by the roots alone: the adopted version exists.
func (d *domain) rootFloor() uint64 {
	floor := d.roots.line[d.roots.baseline].Created
	return max(floor, d.roots.adopted().Created)
}

// keep takes a judged and verified certificate in. If others must give way or
// gain by it, everything is judged anew.
func (d *domain) keep(h *held) error {
	g := h.cert.group()
	members := slices.DeleteFunc(slices.Clone(d.groups[g]), func(o *held) bool { return o.cert.ID == h.cert.ID })
	over := excess(append(members, h), d.room(h.cert))
	if over[h.cert.ID] {
		return wire.Refuse(wire.ReasonOverQuota, "%q has certified %d subjects, or one subject %d times already", h.cert.By, d.room(h.cert), maxRenewals)
	}
	old, replaces := d.certs[h.cert.ID]
	if replaces {
		d.remove(old)
	}
	d.insert(h)
	if replaces || len(over) > 0 {
		d.rejudge()
	}
	if _, kept := d.certs[h.cert.ID]; !kept {
		return wire.Refuse(wire.ReasonOverQuota, "%q has no room for %s", h.cert.By, h.cert.ID.Short())
	}
	return nil
}

func (d *domain) insert(h *held) {
	d.certs[h.cert.ID], d.raw[h.raw] = h, h.cert.ID
	d.groups[h.cert.group()] = append(d.groups[h.cert.group()], h)
}

func (d *domain) remove(h *held) {
	g := h.cert.group()
	delete(d.certs, h.cert.ID)
	delete(d.raw, h.raw)
	d.groups[g] = slices.DeleteFunc(d.groups[g], func(o *held) bool { return o.cert.ID == h.cert.ID })
}

// rejudge judges everything anew, signatures apart, and shelves what no longer
// holds: after a change of roots or revocations, or when a bound is exceeded.
// It goes down the tree, since nothing depends on what stands below it: at each
// level first the certificates from above, then the revocations of units and of
// the persons certified from above, then the persons that units have added.
func (d *domain) rejudge() {
	certs, slots := d.everything()
	d.clear()
	var levels [wire.MaxDepth + 1]struct{ above, own []*held }
	for _, h := range certs {
		level := &levels[labels(h.cert.Authority)]
		if h.cert.group().own {
			level.own = append(level.own, h)
		} else {
			level.above = append(level.above, h)
		}
	}
	var lists [wire.MaxDepth + 1][]*filled
	var others, fallen []*filled
	for _, f := range slots {
		if f.list != nil {
			lists[labels(f.list.By)] = append(lists[labels(f.list.By)], f)
		} else {
			others = append(others, f)
		}
	}
	displaced := map[wire.ID]bool{}
	for n := range levels {
		d.readmit(levels[n].above, displaced)
		fallen = append(fallen, d.refill(lists[n])...)
		d.readmit(levels[n].own, displaced)
	}
	fallen = append(fallen, d.refill(others)...)
	d.shelve(slices.DeleteFunc(certs, func(h *held) bool { return displaced[h.cert.ID] }), fallen)
	d.refloor()
}

// readmit judges certificates again until nothing changes, then lets groups in
// excess give way, and so on. It notes who gave way.
func (d *domain) readmit(candidates []*held, displaced map[wire.ID]bool) {
	for {
		d.settle(candidates)
		over := map[wire.ID]bool{}
		for _, members := range d.groupsOf(candidates) {
			for id := range excess(members, d.room(members[0].cert)) {
				over[id], displaced[id] = true, true
			}
		}
		if len(over) == 0 {
			return
		}
		for _, h := range candidates {
			d.remove(h)
		}
		candidates = slices.DeleteFunc(candidates, func(h *held) bool { return over[h.cert.ID] })
	}
}

// settle admits candidates whose issuer and signers are admitted, until none is left.
func (d *domain) settle(candidates []*held) {
	for progress := true; progress; {
		progress = false
		for _, h := range candidates {
			if _, in := d.certs[h.cert.ID]; in {
				continue
			}
			_, strength, err := d.judgeCertificate(h.cert, h.env)
			if err != nil {
				continue
			}
			d.insert(&held{cert: h.cert, env: h.env, raw: h.raw, strength: strength})
			progress = true
		}
	}
}

// groupsOf returns the groups that candidates stand in.
func (d *domain) groupsOf(candidates []*held) map[group][]*held {
	groups := map[group][]*held{}
	for _, h := range candidates {
		if g := h.cert.group(); len(d.groups[g]) > 0 {
			groups[g] = d.groups[g]
		}
	}
	return groups
}

// take puts a judged and verified object into its slot.
func (d *domain) take(s slot, f *filled) {
	old := d.slots[s]
	d.slots[s] = f
	switch {
	case f.list != nil && (old == nil || !sameEntries(old.list, f.list)):
		d.rejudge()
	case f.list != nil:
		d.withdrawn = map[keyOf][]withdrawal{}
		for _, f := range d.slots {
			if f.list != nil {
				d.hang(f)
			}
		}
	case f.beacon != nil && labels(f.beacon.By) <= 1:
		d.refloor()
	}
}

// refloor computes the clock's floor: the root exists, and the root's and the
// Länder's last beacons were given. Each was valid when it was given, and so
// never says more than its certificate's end.
func (d *domain) refloor() {
	d.floor = d.rootFloor()
	for _, f := range d.slots {
		if f.beacon != nil && labels(f.beacon.By) <= 1 {
			d.floor = max(d.floor, f.beacon.Created)
		}
	}
}

// labels is the depth of an authority: 0 for the root.
func labels(authority string) int {
	if authority == "" {
		return 0
	}
	return strings.Count(authority, "/") + 1
}
