package retention

import "github.com/kreidfeuer/kreidfeuer/gossip/wire"

// account is what one quota counts.
type account struct {
	quota Quota
	used  Quota
}

// overQuota lets items give way until every quota holds, or nothing is left that
// may give way. The smallest accounts are settled first: an author that writes
// too much makes room in its own, not in the others'.
func (p *planner) overQuota() {
	type authorKey struct {
		author [32]byte
		lane   wire.Lane
	}
	authors := map[authorKey]*account{}
	lanes := map[wire.Lane]*account{}
	others, none, store := &account{quota: p.limits.Foreign}, &account{}, &account{quota: p.limits.Store}
	of := func(it *Item) [3]*account { // the smallest first
		if it.Foreign {
			return [...]*account{others, none, store}
		}
		key := authorKey{it.Author, it.Lane}
		if authors[key] == nil {
			authors[key] = &account{quota: p.limits.Author[it.Lane]}
		}
		if lanes[it.Lane] == nil {
			lanes[it.Lane] = &account{quota: p.limits.Lane[it.Lane]}
		}
		return [...]*account{authors[key], lanes[it.Lane], store}
	}
	for _, it := range p.items {
		if !p.isGone(it) {
			for _, a := range of(it) {
				a.used.Count, a.used.Bytes = a.used.Count+1, a.used.Bytes+it.Bytes
			}
		}
	}
	for level := 0; level < 3; {
		again := false
		for _, it := range p.items {
			accounts := of(it)
			a := accounts[level]
			if p.isGone(it) || p.class(it) == staying || p.proves[it.ID] > 0 || !a.quota.exceeded(a.used) {
				continue
			}
			p.remove(it, OverQuota)
			for _, a := range accounts {
				a.used.Count, a.used.Bytes = a.used.Count-1, a.used.Bytes-it.Bytes
			}
			again = again || len(it.Needs) > 0 // what proved it may give way now
		}
		if !again {
			level++
		}
	}
}
