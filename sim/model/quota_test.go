package model

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/persist/retention"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// drawLoad draws more alerts than their authorities may have.
func drawLoad(t *rapid.T) string {
	text := strings.Replace(schedule, "alerts:\n", "authorities:\n", 1)
	for _, path := range []string{"rp", "rp/07131", "rp/07132"} {
		text += fmt.Sprintf("  - {path: %s, alerts: %d, drills: %d, bytes: %dkB}\n", path, rapid.IntRange(0, 5).Draw(t, "alerts"),
			rapid.IntRange(0, 5).Draw(t, "drills"), rapid.IntRange(1, 6).Draw(t, "bytes"))
	}
	text += "alerts:\n"
	for i := range rapid.IntRange(1, 14).Draw(t, "issued") {
		text += fmt.Sprintf("  - {at: %dm, from: station, severity: %s, drill: %t, size: %dB, authority: %s", 1+i,
			rapid.SampledFrom([]string{"Minor", "Severe", "Extreme"}).Draw(t, "severity"), rapid.IntRange(0, 3).Draw(t, "drill") == 0,
			rapid.IntRange(5000, 7000).Draw(t, "size"), rapid.SampledFrom([]string{"rp", "rp/07131", "rp/07132", "rp/07131/lst"}).Draw(t, "authority"))
		if rapid.IntRange(0, 2).Draw(t, "one signature") == 0 {
			text += ", signatures: 1, confirmed: 20s"
		}
		text += "}\n"
	}
	return text
}

// ledgerOf is what a real ledger needs to know of an alert.
func ledgerOf(r *run, n uint32) *ledger.Entry {
	e := r.entry(n)
	labels := strings.Split(r.alerts[n].authority, "/")
	for i := len(labels); i > 0; i-- {
		e.Accounts = append(e.Accounts, certificate(strings.Join(labels[:i], "/")))
	}
	return e
}

func certificate(path string) (id wire.ID) {
	copy(id[:], path)
	return id
}

// TestQuotas: a device in the model asks for what a real ledger that was offered the
// same would ask for, takes what it takes, and keeps what it keeps, after every arrival.
func TestQuotas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := staged(t, drawLoad(t))
		limit := func(c wire.ID, lane wire.Lane) ledger.Quota {
			return r.quotaOf(accountKey{strings.TrimRight(string(c[:]), "\x00"), lane})
		}
		real, d := ledger.New(), uint32(1)
		for range rapid.IntRange(1, 60).Draw(t, "arrivals") {
			n := uint32(rapid.IntRange(0, len(r.alerts)-1).Draw(t, "alert"))
			e := ledgerOf(r, n)
			if wants := real.Wants(e.ID, e.Grade(), limit); wants == real.Has(e.Item, limit) || r.wants(d, n) != wants {
				t.Fatalf("alert %d: wanted %t, by a real ledger %t", n, !wants, wants)
			} else if !wants {
				continue
			}
			_, err := real.Admit(e, limit)
			if err != nil && !errors.Is(err, ledger.ErrOverQuota) {
				t.Fatal(err)
			}
			if taken := r.accept(d, n); taken != (err == nil) {
				t.Fatalf("alert %d: taken %t, by a real ledger %v", n, taken, err)
			}
			checkHeld(t, r, d, real)
			if held := real.Known(e.ID); held != nil && r.shelves.refused != nil && rapid.IntRange(0, 9).Draw(t, "release") == 0 {
				real.Release(held)
				r.release(d, n)
				checkHeld(t, r, d, real)
			}
		}
	})
}

func checkHeld(t *rapid.T, r *run, d uint32, real *ledger.Ledger) {
	held, sum := 0, uint64(0)
	for i := range r.alerts {
		has := r.held.has(d, uint32(i))
		e := real.Known(r.idOf(uint32(i)))
		if has != (e != nil && e.Level == r.alerts[i].level) {
			t.Fatalf("alert %d: held %t, in a real ledger %v", i, has, e)
		}
		if has {
			held++
			sum ^= r.alerts[i].name
		}
		if r.shelves.released != nil && r.held.in(r.shelves.released, d, uint32(i)) {
			held++
			sum ^= r.alerts[i].name
		}
	}
	sets := real.Set(wire.Place{Lane: wire.LaneLive}).Len() + real.Set(wire.Place{Lane: wire.LaneDrill}).Len()
	if sum != r.held.sum[d] || held != sets {
		t.Fatalf("%d compared, in a real ledger %d", held, sets)
	}
}

const crowded = `schema: kreidfeuer.scenario/1
name: crowded
title: More than there is room for
duration: 2h
places: [{name: here, kind: plane, size: [100m, 100m]}]
links: {net: {latency: 20ms}}
groups:
  - {name: station, count: 1, at: here, links: [net], role: station}
  - {name: roomy, count: 20, at: here, links: [net]}
  - {name: small, count: 20, at: here, links: [net], store: 10kB}
alerts:
  - {at: 1m, from: station, severity: Minor, drill: true, count: 40, every: 2s}
  - {at: 5m, from: station, severity: Severe}
`

// TestStores: what finds no room in a store gives way, and only there: exercises, not
// what is in force. It is not fetched again.
func TestStores(t *testing.T) {
	res := play(t, crowded, 1)
	gone := 0
	for _, a := range res.Alerts {
		gone += a.GivenUp
		if a.Reached != 40 || !a.Drill && a.GivenUp > 0 {
			t.Errorf("%d of 40 reached, %d gave it up, drill %t", a.Reached, a.GivenUp, a.Drill)
		}
	}
	// Each takes 520 bytes: 19 find room, the warning among them.
	if gone != 20*22 || res.Traffic.Deliveries != 40*41 {
		t.Errorf("%d given up, %d deliveries", gone, res.Traffic.Deliveries)
	}
	r := staged(t, crowded)
	items, limits := []retention.Item{}, retention.DefaultLimits()
	limits.Store.Bytes = 10_000
	for i := range r.alerts {
		r.accept(25, uint32(i))
		items = append(items, r.item(uint32(i)))
	}
	r.q.now = 600_000
	plan := retention.Plan(items, limits, func(wire.ID) identity.Clock { return r.watch(25).at(r.q.now) })
	r.stores.plans = map[string][]uint32{}
	excess := r.excess(25)
	if len(excess) != len(plan) {
		t.Fatalf("%d go, by the program %d", len(excess), len(plan))
	}
	for i, gone := range plan {
		if r.idOf(excess[i]) != gone.ID {
			t.Errorf("%d: another one goes", i)
		}
	}
}

// TestQuotaOfADay: an authority that issues more than it may has the devices keep the
// latest, the same on all, and what is Severe.
func TestQuotaOfADay(t *testing.T) {
	text := strings.Replace(strings.Replace(crowded, ", store: 10kB", "", 1), "alerts:\n", "authorities: [{path: station, drills: 15}]\nalerts:\n", 1)
	res := play(t, text, 1)
	for i, a := range res.Alerts[:40] {
		if late := i >= 25; a.Reached != 40 || late && a.GivenUp > 0 || !late && a.GivenUp < 40 {
			t.Errorf("exercise %d: %d of 40 reached, %d gave it up", i, a.Reached, a.GivenUp)
		}
	}
	if a := res.Alerts[40]; a.Reached != 40 || a.GivenUp != 0 {
		t.Errorf("the warning: %+v", a)
	}
	if _, err := scenario.Parse([]byte(text)); err != nil {
		t.Error(err)
	}
}
