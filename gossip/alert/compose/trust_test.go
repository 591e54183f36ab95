package compose

import (
	"errors"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// device is one that has pinned the root and knows nothing else.
type device struct {
	pool  *identity.Pool
	state *alert.State
}

// receive takes an envelope from the wire to the lifecycle, as every device does.
func (d *device) receive(t *testing.T, data []byte, now uint64) (*alert.Alert, []alert.Effect, error) {
	t.Helper()
	e, err := wire.Decode(data)
	if err != nil {
		return nil, nil, err
	}
	if _, err := d.pool.AddChain(e); err != nil {
		return nil, nil, err
	}
	v, err := d.pool.Verify(e)
	if err != nil {
		return nil, nil, err
	}
	parts, err := alert.OpenParts(e)
	if err != nil {
		return nil, nil, err
	}
	a, err := alert.Open(e, parts)
	if err != nil {
		return nil, nil, err
	}
	if err := alert.Check(&v, a); err != nil {
		return nil, nil, err
	}
	f := alert.FactOf(a, &v)
	f.Concern, _ = alert.NewTarget(a.CAP, v.Unit.Scope.Areas).Concerns(alert.Place{Keys: []string{"071310007007"}})
	return a, d.state.Add(d.pool.Clock(now, v.Domain), f), nil
}

// TestIncident is a warning from the composer through real signatures to a
// device that has pinned the root alone, up to its all-clear; with what a
// neighbour and a single officer try in between.
func TestIncident(t *testing.T) {
	tree := must[*trusttest.Tree](t)(trusttest.NewTree(1, 2))
	d := &device{tree.Pinned(), alert.New(nil)}
	clock := uint64(trusttest.Epoch + 30*24*3600)
	author := func(u *trusttest.Unit) Author {
		clock += 60
		return Author{Domain: tree.Root.ID(), Authority: u.Path, Name: u.Path, Now: clock, Offset: 60}
	}
	send := func(u *trusttest.Unit, m *Message, persons int) (*alert.Alert, []alert.Effect, error) {
		t.Helper()
		h := must[wire.Header](t)(alert.Header(m.CAP))
		payload, parts, err := alert.Payload(m.CAP, m.Extras)
		if err != nil {
			t.Fatal(err)
		}
		e := must[*wire.Envelope](t)(tree.Sign(u, h, payload, parts, u.Persons[:persons]...))
		return d.receive(t, e.EncodeFull(), clock)
	}
	refused := func(what string, err error, want wire.Reason) {
		t.Helper()
		if !errors.Is(err, &wire.Refusal{Reason: want}) {
			t.Errorf("%s: %v, want %s", what, err, want)
		}
	}
	told := func(what string, effects []alert.Effect, err error, kind alert.EffectKind, phase alert.Phase) {
		t.Helper()
		if err != nil || len(effects) != 1 || effects[0].Kind != kind || effects[0].Phase != phase {
			t.Errorf("%s: %+v, %v, want %s, %s", what, effects, err, kind, phase)
		}
	}
	warn := func(u *trusttest.Unit, key string) *Message {
		return must[*Message](t)(Compose(Draft{Author: author(u), Lane: wire.LaneLive, Template: "hochwasser", Areas: []Area{{Key: key}}}, zeros{}))
	}

	_, _, err := send(tree.Leitstelle, warn(tree.Leitstelle, "07131"), 1)
	refused("one officer", err, wire.ReasonBadQuorum)
	_, _, err = send(tree.Leitstelle, warn(tree.Leitstelle, "07138"), 2)
	refused("for the neighbouring district", err, wire.ReasonOutOfScope)
	_, _, err = send(tree.Neighbour, warn(tree.Neighbour, "07131"), 2)
	refused("by the neighbour", err, wire.ReasonOutOfScope)

	first, effects, err := send(tree.Leitstelle, warn(tree.Leitstelle, "07131"), 2)
	told("warning", effects, err, alert.EffectAlarm, alert.PhaseInForce)
	draft := DraftOf(first, author(tree.Leitstelle))
	second, effects, err := send(tree.Leitstelle, must[*Message](t)(Update([]*alert.Alert{first}, draft, zeros{})), 2)
	told("update", effects, err, alert.EffectUpdated, alert.PhaseInForce)

	// The neighbour's all-clear for its own district claims to end this incident.
	other := must[*Message](t)(AllClear([]*alert.Alert{first, second}, author(tree.Neighbour), zeros{}))
	for i := range other.CAP.Info {
		other.CAP.Info[i].Area = []cap.Area{{AreaDesc: "x", Geocode: []cap.NamedValue{{ValueName: cap.SHN, Value: "071380000000"}}}}
	}
	if _, effects, err := send(tree.Neighbour, other, 2); err != nil || len(effects) > 0 {
		t.Errorf("the neighbour's all-clear: %v, %v", effects, err)
	}
	if list := d.state.Incidents(identity.Clock{Now: clock}); list[0].Phase != alert.PhaseInForce {
		t.Errorf("after the neighbour's all-clear: %s", list[0].Phase)
	}

	end := must[*Message](t)(AllClear([]*alert.Alert{first, second}, author(tree.Leitstelle), zeros{}))
	_, effects, err = send(tree.Leitstelle, end, 1)
	told("all-clear by one", effects, err, alert.EffectEnded, alert.PhaseAllClearUnconfirmed)
	end = must[*Message](t)(AllClear([]*alert.Alert{first, second}, author(tree.Land), zeros{}))
	_, effects, err = send(tree.Land, end, 2)
	told("all-clear by the Land", effects, err, alert.EffectConfirmed, alert.PhaseAllClear)
}

// BenchmarkOpen is the share of reading and checking an alert in accepting it,
// signatures apart.
func BenchmarkOpen(b *testing.B) {
	tree := must[*trusttest.Tree](b)(trusttest.NewTree(1, 2))
	m := must[*Message](b)(Compose(Draft{Author: Author{Domain: tree.Root.ID(), Authority: "rp/07131/lst", Name: "Leitstelle", Now: trusttest.Epoch + 3600},
		Lane: wire.LaneLive, Template: "hochwasser", Areas: []Area{{Key: "07131"}}}, zeros{}))
	h := must[wire.Header](b)(alert.Header(m.CAP))
	payload, parts, err := alert.Payload(m.CAP, m.Extras)
	if err != nil {
		b.Fatal(err)
	}
	e := must[*wire.Envelope](b)(tree.Sign(tree.Leitstelle, h, payload, parts, tree.Leitstelle.Persons...))
	v, err := tree.Pool.Verify(e)
	if err != nil {
		b.Fatal(err)
	}
	contents, _ := alert.OpenParts(e)
	for b.Loop() {
		a, err := alert.Open(e, contents)
		if err != nil {
			b.Fatal(err)
		}
		if err := alert.Check(&v, a); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(e.Encode())), "core-bytes")
	b.ReportMetric(float64(len(e.EncodeFull())), "full-bytes")
}
