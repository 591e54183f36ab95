package model

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// usualQuota is what the program's tool grants a domain in each lane, and so to any
// authority at most (kreidfeuer cert).
var usualQuota = identity.Quota{Count: 20_000, Bytes: 64 << 20}

// shelves are what devices gave up for want of room, and what they need to know for
// it. What a ledger keeps follows from what it was offered and from the rank of that
// alone. So a device needs, beside the bits of what it holds, a count for each quota
// that the scenario can fill, and nothing for the others. Bits stand in the order of
// ranks: what gives way first is the last bit that a device has in an account.
//
// It costs three bits for each alert and device, and eight bytes for each account
// that can overflow; nothing where none can and no store is bounded.
type shelves struct {
	refused  []uint64 // gave way to what ranks higher, or was not taken for it
	released []uint64 // for want of room in the store: asked of nobody again
	told     []uint64 // was accepted at some time
	accounts []account
	used     []usage // of device d in account i: used[d*len(accounts)+i]
}

// account is a certificate's quota in a lane that the scenario can fill.
type account struct {
	quota   ledger.Quota
	members []uint64 // bits of the alerts that are charged to it
}

// usage is what a device holds of an account.
type usage struct{ count, bytes uint32 }

func (a *account) exceeded(u usage) bool {
	return uint64(u.count) > a.quota.Count || uint64(u.bytes) > a.quota.Bytes
}

// accountKey is one lane of one path of authority.
type accountKey struct {
	path string
	lane wire.Lane
}

// charges finds the accounts that the scenario can fill, and whom they charge.
func (r *run) charges() {
	if r.given {
		return // real devices keep their own ledgers
	}
	members := map[accountKey][]uint32{}
	var keys []accountKey
	for i := range r.alerts {
		a := &r.alerts[i]
		for path := a.authority; ; {
			key := accountKey{path, a.lane()}
			if members[key] == nil {
				keys = append(keys, key)
			}
			members[key] = append(members[key], uint32(i))
			cut := strings.LastIndexByte(path, '/')
			if cut < 0 {
				break
			}
			path = path[:cut] // the larger comes after the smaller, as in the program
		}
	}
	slices.SortStableFunc(keys, func(a, b accountKey) int { return strings.Count(b.path, "/") - strings.Count(a.path, "/") })
	for _, key := range keys {
		quota, bytes := r.quotaOf(key), uint64(0)
		for _, alert := range members[key] {
			bytes += r.stored(alert)
		}
		if uint64(len(members[key])) <= quota.Count && bytes <= quota.Bytes {
			continue
		}
		acc := account{quota: quota, members: make([]uint64, r.held.words)}
		for _, alert := range members[key] {
			bit := r.held.place[alert]
			acc.members[bit>>6] |= 1 << (bit & 63)
			r.alerts[alert].accounts = append(r.alerts[alert].accounts, uint16(len(r.shelves.accounts)))
		}
		r.shelves.accounts = append(r.shelves.accounts, acc)
	}
	if n := len(r.shelves.accounts); n > 0 {
		r.shelves.used = make([]usage, len(r.group)*n)
		r.keepMemos()
	}
}

// keepMemos makes room for what devices remember of what they gave up.
func (r *run) keepMemos() {
	if s := &r.shelves; s.refused == nil {
		n := len(r.held.bits)
		s.refused, s.released, s.told = make([]uint64, n), make([]uint64, n), make([]uint64, n)
	}
}

// quotaOf is what a certificate grants: of a scenario that does not say, as much as
// the program's tool.
func (r *run) quotaOf(key accountKey) ledger.Quota {
	q := ledger.Quota{Count: usualQuota.Count, Bytes: usualQuota.Bytes}
	for _, a := range r.s.Authorities {
		if a.Path != key.path {
			continue
		}
		count := a.Alerts
		if key.lane == wire.LaneDrill {
			count = a.Drills
		}
		if count != nil {
			q.Count = uint64(*count)
		}
		if a.Bytes > 0 {
			q.Bytes = uint64(a.Bytes)
		}
	}
	return q
}

// stored is what an alert takes in a store.
func (r *run) stored(alert uint32) uint64 {
	return uint64(r.bare(alert)) - uint64(r.Params.Overhead)
}

// charge counts an alert in its accounts, or no more.
func (r *run) charge(d, alert uint32, sign int) {
	s := &r.shelves
	for _, acc := range r.alerts[alert].accounts {
		u := &s.used[int(d)*len(s.accounts)+int(acc)]
		if sign > 0 {
			u.count, u.bytes = u.count+1, u.bytes+uint32(r.stored(alert))
		} else {
			u.count, u.bytes = u.count-1, u.bytes-uint32(r.stored(alert))
		}
	}
}

// put takes an alert into what a device holds; drop takes it out.
func (r *run) put(d, alert uint32) {
	r.held.flip(d, alert, r.alerts[alert].name)
	r.charge(d, alert, 1)
}

func (r *run) drop(d, alert uint32) {
	r.held.flip(d, alert, r.alerts[alert].name)
	r.charge(d, alert, -1)
}

// last is what gives way first of what a device holds in an account.
func (r *run) last(d uint32, acc uint16) (alert uint32, any bool) {
	members, w := r.shelves.accounts[acc].members, r.held.words
	for i := w - 1; i >= 0; i-- {
		if both := r.held.bits[int(d)*w+i] & members[i]; both != 0 {
			return r.held.alert[i<<6+63-bits.LeadingZeros64(both)], true
		}
	}
	return 0, false
}

// admit is [ledger.Ledger.Admit] for devices that are bits: the alert is taken in the
// place of itself with fewer signatures, and whatever ranks last gives way.
func (r *run) admit(d, alert uint32) bool {
	s, a := &r.shelves, &r.alerts[alert]
	old := a.confirms
	if old >= 0 && !r.held.has(d, uint32(old)) {
		old = -1
	}
	if old >= 0 {
		r.drop(d, uint32(old))
	}
	r.put(d, alert)
	var gone []uint32
	for _, acc := range a.accounts {
		for s.accounts[acc].exceeded(s.used[int(d)*len(s.accounts)+int(acc)]) {
			last, _ := r.last(d, acc)
			r.drop(d, last)
			if last == alert {
				for _, back := range gone {
					r.put(d, back)
				}
				if old >= 0 {
					r.put(d, uint32(old))
				}
				r.refuse(d, alert)
				return false
			}
			gone = append(gone, last)
		}
	}
	if s.refused != nil {
		r.forget(d, alert)
		r.held.set(s.told, d, alert, true)
	}
	for _, last := range gone {
		r.refuse(d, last)
	}
	return true
}

// forget removes what a device remembers of having given an alert up, with whichever
// signatures: there is one memo for them.
func (r *run) forget(d, alert uint32) {
	s, a := &r.shelves, &r.alerts[alert]
	for _, one := range [3]int32{int32(alert), a.confirms, a.confirmation} {
		if one < 0 {
			continue
		}
		r.held.set(s.refused, d, uint32(one), false)
		if r.held.in(s.released, d, uint32(one)) {
			r.held.set(s.released, d, uint32(one), false)
			r.held.compare(d, r.alerts[one].name)
		}
	}
}

// refuse remembers that an alert gave way.
func (r *run) refuse(d, alert uint32) {
	a := &r.alerts[alert]
	for _, one := range [2]int32{a.confirms, a.confirmation} { // one memo for the two
		if one >= 0 {
			r.held.set(r.shelves.refused, d, uint32(one), false)
		}
	}
	r.held.set(r.shelves.refused, d, alert, true)
	r.tally.displaced++
	if r.counted(d, a) {
		a.givenUp++
	}
}

// fits is the ledger's mayFit: an alert that is not held might be taken.
func (r *run) fits(d, alert uint32) bool {
	s, size := &r.shelves, uint32(r.stored(alert))
	for _, acc := range r.alerts[alert].accounts {
		u := s.used[int(d)*len(s.accounts)+int(acc)]
		if !s.accounts[acc].exceeded(usage{u.count + 1, u.bytes + size}) {
			continue
		}
		if last, any := r.last(d, acc); !any || r.held.place[last] < r.held.place[alert] {
			return false
		}
	}
	return true
}

// wants is the ledger's Wants: an alert that somebody has is worth having.
func (r *run) wants(d, alert uint32) bool {
	if r.held.has(d, alert) {
		return false
	}
	a := &r.alerts[alert]
	if a.closed || a.confirmation >= 0 && r.held.has(d, uint32(a.confirmation)) {
		return false
	}
	return r.shelves.refused == nil || r.wantsAgain(d, alert)
}

// wantsAgain is wants of one that may have been given up: with more signatures, or
// where there is room again, it is worth another look.
func (r *run) wantsAgain(d, alert uint32) bool {
	s, a := &r.shelves, &r.alerts[alert]
	for _, one := range [2]int32{int32(alert), a.confirmation} {
		if one < 0 {
			continue
		}
		if r.held.in(s.released, d, uint32(one)) || r.held.in(s.refused, d, uint32(one)) && !r.fits(d, uint32(one)) {
			return false
		}
	}
	return true
}
