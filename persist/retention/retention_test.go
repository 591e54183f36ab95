package retention_test

import (
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/persist/retention"
)

const now, day = 1_800_000_000, 24 * 3600

func id(n int) (id wire.ID) {
	id[0], id[1], id[2] = 1, byte(n>>8), byte(n)
	return id
}

func clock(wire.ID) identity.Clock { return identity.Clock{Now: now} }

func doubtful(wire.ID) identity.Clock { return identity.Clock{Now: now + 3650*day, Doubt: true} }

// store draws what a device may hold: certificates in a chain, and what they prove.
func store(t *rapid.T) []retention.Item {
	var items []retention.Item
	n := rapid.IntRange(0, 60).Draw(t, "items")
	for i := range n {
		it := retention.Item{ID: id(i), Domain: id(1000 + i%3), Author: [32]byte{byte(rapid.IntRange(0, 3).Draw(t, "author"))},
			Sequence: uint64(rapid.IntRange(1, 5).Draw(t, "sequence")), Bytes: uint64(rapid.IntRange(100, 900).Draw(t, "bytes")),
			Created: now - 9*day, Expires: uint64(now + rapid.IntRange(-8, 3).Draw(t, "expires")*day),
			Priority: wire.Priority(rapid.IntRange(0, 4).Draw(t, "priority")), Foreign: i%3 == 2}
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			it.Lane, it.Type = wire.LaneTrust, wire.TypeCertificate
		case 1:
			it.Lane, it.Type = wire.LaneTrust, rapid.SampledFrom([]wire.Type{wire.TypeRevocation, wire.TypeBeacon, wire.TypeRoot}).Draw(t, "type")
		case 2:
			it.Lane, it.Type = wire.LaneDrill, wire.TypeAlert
		case 3:
			it.Lane, it.Type = wire.LaneMail, 77
		default:
			it.Lane, it.Type = wire.LaneLive, wire.TypeAlert
		}
		for j := range i { // only what came before proves it, as certificates do
			if items[j].Type == wire.TypeCertificate && items[j].Domain == it.Domain && rapid.Bool().Draw(t, "needs") {
				it.Needs = append(it.Needs, items[j].ID)
			}
		}
		items = append(items, it)
	}
	return items
}

func quota(t *rapid.T, name string) retention.Quota {
	return retention.Quota{Count: uint64(rapid.IntRange(0, 12).Draw(t, name)), Bytes: uint64(rapid.IntRange(0, 5).Draw(t, name)) * 1500}
}

func limits(t *rapid.T) retention.Limits {
	l := retention.Limits{Grace: 2 * day, Foreign: quota(t, "foreign"), Store: quota(t, "store"),
		Lane: map[wire.Lane]retention.Quota{}, Author: map[wire.Lane]retention.Quota{}}
	for _, lane := range wire.Lanes {
		l.Lane[lane], l.Author[lane] = quota(t, "lane"), quota(t, "author")
	}
	return l
}

// mayGiveWay says what may go for want of room.
func mayGiveWay(it *retention.Item, clock identity.Clock) bool {
	if it.Type == wire.TypeRevocation || it.Lane == wire.LaneTrust && !it.Foreign {
		return false
	}
	return it.Foreign || it.Lane != wire.LaneLive || clock.InForce(it.Created, it.Expires) == identity.NotInForce
}

func exceeded(q, used retention.Quota) bool {
	return q.Count > 0 && used.Count > q.Count || q.Bytes > 0 && used.Bytes > q.Bytes
}

func TestPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		items, limits := store(t), limits(t)
		clockOf := clock
		if rapid.Bool().Draw(t, "doubt") {
			clockOf = doubtful
		}
		plan := retention.Plan(items, limits, clockOf)
		gone := map[wire.ID]retention.Reason{}
		for _, r := range plan {
			if gone[r.ID] != "" {
				t.Fatalf("%v goes twice", r.ID)
			}
			gone[r.ID] = r.Reason
		}
		needed := map[wire.ID]bool{}
		for i := range items {
			for _, n := range items[i].Needs {
				needed[n] = needed[n] || gone[items[i].ID] == ""
			}
		}
		var kept []retention.Item
		for i := range items {
			it := &items[i]
			c := clockOf(it.Domain)
			switch gone[it.ID] {
			case "":
				kept = append(kept, *it)
				continue
			case retention.Expired:
				if it.Type == wire.TypeRevocation || it.Type == wire.TypeRoot || !c.ExpiredFor(it.Expires, limits.Grace) || c.Doubt {
					t.Fatalf("%+v has not ended, or is never over", it)
				}
			case retention.OverQuota:
				if !mayGiveWay(it, c) {
					t.Fatalf("%+v gave way", it)
				}
			case retention.Superseded:
				if !it.Type.Slot() || !slices.ContainsFunc(items, func(o retention.Item) bool {
					return o.Type == it.Type && o.Author == it.Author && o.Domain == it.Domain && gone[o.ID] != retention.Superseded && o.Sequence >= it.Sequence
				}) {
					t.Fatalf("%+v is the latest in its slot", it)
				}
			}
			if needed[it.ID] && gone[it.ID] != retention.Superseded {
				t.Fatalf("%+v proves what is kept", it)
			}
		}
		checkQuotas(t, kept, needed, limits, clockOf)
		if again := retention.Plan(kept, limits, clockOf); len(again) > 0 {
			t.Fatalf("a second plan removes %v", again)
		}
		shuffled := rapid.Permutation(items).Draw(t, "shuffled")
		if diff := gocmp.Diff(plan, retention.Plan(shuffled, limits, clockOf)); diff != "" {
			t.Fatalf("the order of the input matters: %s", diff)
		}
	})
}

// checkQuotas wants every quota to hold, unless nothing is left that may give way.
func checkQuotas(t *rapid.T, kept []retention.Item, needed map[wire.ID]bool, limits retention.Limits, clockOf func(wire.ID) identity.Clock) {
	check := func(name string, q retention.Quota, belongs func(*retention.Item) bool) {
		var used retention.Quota
		var left *retention.Item
		for i := range kept {
			if it := &kept[i]; belongs(it) {
				used.Count, used.Bytes = used.Count+1, used.Bytes+it.Bytes
				if mayGiveWay(it, clockOf(it.Domain)) && !needed[it.ID] {
					left = it
				}
			}
		}
		if exceeded(q, used) && left != nil {
			t.Fatalf("%s: %+v of %+v, though %+v may give way", name, used, q, left)
		}
	}
	check("store", limits.Store, func(*retention.Item) bool { return true })
	check("foreign", limits.Foreign, func(it *retention.Item) bool { return it.Foreign })
	for lane, q := range limits.Lane {
		check("lane "+lane.String(), q, func(it *retention.Item) bool { return !it.Foreign && it.Lane == lane })
		for author := range byte(4) {
			check("author in "+lane.String(), limits.Author[lane], func(it *retention.Item) bool {
				return !it.Foreign && it.Lane == lane && it.Author == [32]byte{author}
			})
		}
	}
}

// TestOrder: a letter gives way before an exercise, that before a warning that
// has ended; what is in force stays though the store overflows.
func TestOrder(t *testing.T) {
	item := func(n int, lane wire.Lane, expires uint64) retention.Item {
		return retention.Item{ID: id(n), Domain: id(1000), Lane: lane, Type: wire.TypeAlert, Created: now - day, Expires: expires, Bytes: 100}
	}
	items := []retention.Item{item(1, wire.LaneLive, now+day), item(2, wire.LaneLive, now-3600), item(3, wire.LaneDrill, now+day), item(4, wire.LaneMail, now+day)}
	stranger := item(5, wire.LaneLive, now+day)
	stranger.Foreign = true
	items = append(items, stranger)
	for room, want := range map[uint64][]int{5: nil, 4: {5}, 3: {5, 4}, 2: {5, 4, 3}, 1: {5, 4, 3, 2}} {
		var got []int
		for _, r := range retention.Plan(items, retention.Limits{Grace: 2 * day, Store: retention.Quota{Count: room}}, clock) {
			got = append(got, int(r.ID[2]))
		}
		if !slices.Equal(got, want) {
			t.Errorf("room for %d: %v go, want %v", room, got, want)
		}
	}
	if got := retention.Plan(items[:1], retention.Limits{Store: retention.Quota{Bytes: 1}}, clock); got != nil {
		t.Errorf("a warning in force gave way: %v", got)
	}
}
