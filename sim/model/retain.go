package model

import (
	"encoding/binary"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/persist/retention"
)

// stores are what devices have room for. What one gives up is a function of what it
// holds, of its limits and its clock: it is planned once for all devices that agree
// in these. Where all alerts together find room, nothing is planned.
type stores struct {
	bounded bool
	limits  []retention.Limits // by group
	plans   map[string][]uint32
	key     []byte
	items   []retention.Item
}

// shelve finds out whether any store can be too small.
func (r *run) shelve() {
	if r.given {
		return // the stores of real devices are their own
	}
	type author struct {
		station uint32
		lane    wire.Lane
	}
	s := &r.stores
	var all retention.Quota
	lanes, authors := map[wire.Lane]retention.Quota{}, map[author]retention.Quota{}
	for i := range r.alerts {
		a := &r.alerts[i]
		by, bytes := author{a.station, a.lane()}, r.stored(uint32(i))
		all.Count, all.Bytes = all.Count+1, all.Bytes+bytes
		lane, one := lanes[by.lane], authors[by]
		lanes[by.lane] = retention.Quota{Count: lane.Count + 1, Bytes: lane.Bytes + bytes}
		authors[by] = retention.Quota{Count: one.Count + 1, Bytes: one.Bytes + bytes}
	}
	for i := range r.s.Groups {
		l := retention.DefaultLimits()
		if room := uint64(r.s.Groups[i].Store); room > 0 {
			l.Store.Bytes = min(l.Store.Bytes, room)
		}
		s.bounded = s.bounded || all.Bytes > l.Store.Bytes
		for lane, q := range lanes {
			s.bounded = s.bounded || q.Count > l.Lane[lane].Count || q.Bytes > l.Lane[lane].Bytes
		}
		for by, q := range authors {
			s.bounded = s.bounded || q.Count > l.Author[by.lane].Count || q.Bytes > l.Author[by.lane].Bytes
		}
		s.limits = append(s.limits, l)
	}
	if s.bounded {
		r.keepMemos()
	}
}

// retain has every device that is there give up what it has no room for.
func (r *run) retain() {
	s := &r.stores
	s.plans = map[string][]uint32{}
	for d := range r.counts {
		d := uint32(d)
		if r.state[d]&(offAway|offEmpty) != 0 {
			continue
		}
		for _, alert := range r.excess(d) {
			r.release(d, alert)
		}
	}
	r.q.push(r.q.now+retention.RetainEvery*1000, evRetain, 0, 0, 0)
}

// excess is what a device has no room for.
func (r *run) excess(d uint32) []uint32 {
	s, w, clock := &r.stores, r.held.words, r.watch(d).at(r.q.now)
	s.key = binary.LittleEndian.AppendUint64(s.key[:0], uint64(r.s.Groups[r.group[d]].Store))
	s.key = binary.LittleEndian.AppendUint64(s.key, clock.Now<<1|map[bool]uint64{true: 1}[clock.Doubt])
	for _, bits := range r.held.bits[int(d)*w : int(d+1)*w] {
		s.key = binary.LittleEndian.AppendUint64(s.key, bits)
	}
	if plan, is := s.plans[string(s.key)]; is {
		return plan
	}
	s.items = s.items[:0]
	for i := range r.alerts {
		if r.held.has(d, uint32(i)) && !r.alerts[i].closed {
			s.items = append(s.items, r.item(uint32(i)))
		}
	}
	var plan []uint32
	for _, gone := range retention.Plan(s.items, s.limits[r.group[d]], func(wire.ID) identity.Clock { return clock }) {
		if gone.Reason == retention.OverQuota { // what time ends is closed for all at once
			plan = append(plan, binary.BigEndian.Uint32(gone.ID[9:]))
		}
	}
	for i, first := range plan {
		if again := r.alerts[first].confirmation; again >= 0 && r.held.has(d, uint32(again)) {
			plan[i] = uint32(again)
		}
	}
	s.plans[string(s.key)] = slices.Clip(plan)
	return plan
}

// item is what the store knows of an alert.
func (r *run) item(number uint32) retention.Item {
	a := &r.alerts[number]
	it := retention.Item{ID: r.idOf(number), Lane: a.lane(), Type: wire.TypeAlert, Priority: a.priority(), Sequence: a.sequence,
		Created: epoch + uint64(a.created/1000), Expires: a.ends, Bytes: r.stored(number)}
	binary.BigEndian.PutUint32(it.Author[:], a.station)
	return it
}

// release gives an alert up for want of room. To those whom the device meets it
// counts as known: they would only bring it again.
func (r *run) release(d, alert uint32) {
	a := &r.alerts[alert]
	r.drop(d, alert)
	r.forget(d, alert)
	r.held.compare(d, a.name)
	r.held.set(r.shelves.released, d, alert, true)
	r.tally.released++
	if r.counted(d, a) {
		a.givenUp++
	}
}
