package node_test

import (
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

func newTree(t testing.TB) *trusttest.Tree {
	t.Helper()
	tree, err := trusttest.NewTree(1, 2)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// line starts n devices, each connected to the one before.
func line(t *testing.T, tree *trusttest.Tree, n int, o nodetest.Options) []*nodetest.Device {
	t.Helper()
	var all []*nodetest.Device
	for range n {
		all = append(all, nodetest.Start(t, tree, o))
		o.Peers = all[len(all)-1:]
	}
	return all
}

func submit(t *testing.T, d *nodetest.Device, e *wire.Envelope) {
	t.Helper()
	if _, err := d.Submit(t.Context(), e.EncodeFull()); err != nil {
		t.Fatal(err)
	}
}

// warning is a Severe alert of the Leitstelle with all signatures.
func warning(t testing.TB, tree *trusttest.Tree, identifier string) *wire.Envelope {
	t.Helper()
	return nodetest.Sign(t, tree, tree.Leitstelle, nodetest.Warning(identifier, cap.Severe, 0), tree.Leitstelle.Persons...)
}

// follow is an alert of the Leitstelle that follows up another.
func follow(t testing.TB, tree *trusttest.Tree, identifier string, target *wire.Envelope, change func(*cap.Alert)) *wire.Envelope {
	t.Helper()
	c := nodetest.Warning(identifier, cap.Severe, -time.Minute)
	c.MsgType = cap.MsgUpdate
	c.References = c.Sender + ",one," + string(nodetest.Warning("one", cap.Severe, 0).Sent)
	change(c)
	return nodetest.SignWith(t, tree, tree.Leitstelle, c, compact.Extras{References: []wire.ID{target.ID()}}, tree.Leitstelle.Persons...)
}

func allClear(c *cap.Alert) { c.Info[0].ResponseType = []cap.ResponseType{cap.AllClear} }

// count counts what a device told of an alert.
func count(t *testing.T, d *nodetest.Device, id wire.ID, condition func(*apitype.AlertEvent) bool) (n int) {
	t.Helper()
	for _, e := range d.Told(t) {
		if e.ID == id.String() && condition(e) {
			n++
		}
	}
	return n
}

func state(t *testing.T, d *nodetest.Device, id wire.ID) apitype.AlertState {
	t.Helper()
	a, err := d.Alert(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return a.State
}

func TestUpdateAndAllClearReachEverybody(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	devices := line(t, tree, 3, nodetest.Options{})
	elsewhere := nodetest.Start(t, tree, nodetest.Options{Peers: devices[2:], Places: []apitype.Place{{Name: "Mainz", ARS: "073150000000"}}})
	one := warning(t, tree, "one")
	submit(t, devices[0], one)
	for i, d := range devices {
		if got := d.Await(t, one.ID(), nodetest.Alarmed); got.Level != 2 || got.State != apitype.StateInForce {
			t.Errorf("device %d shows %+v", i, got)
		}
	}
	two := follow(t, tree, "two", one, func(*cap.Alert) {})
	submit(t, devices[0], two)
	end := follow(t, tree, "end", two, allClear)
	submit(t, devices[2], end)
	for i, d := range devices {
		d.Await(t, end.ID(), nodetest.Silenced)
		if got := state(t, d, two.ID()); got != apitype.StateAllClear {
			t.Errorf("device %d: the update is %s after the all-clear", i, got)
		}
		if got := count(t, d, two.ID(), nodetest.Alarmed); got != 0 {
			t.Errorf("device %d: an update that is no more severe alarms %d times", i, got)
		}
	}
	elsewhere.Await(t, end.ID(), func(*apitype.AlertEvent) bool { return true })
	for _, e := range elsewhere.Told(t) {
		if e.Alarm || e.Silence {
			t.Errorf("a device that nothing concerns is told %s: alarm %v, silence %v", e.Headline, e.Alarm, e.Silence)
		}
	}
	late := nodetest.Start(t, tree, nodetest.Options{Peers: devices[1:2]})
	late.Await(t, end.ID(), func(*apitype.AlertEvent) bool { return true })
	late.Await(t, one.ID(), func(e *apitype.AlertEvent) bool { return true })
}

// A device that joins when all is over hears of it without a noise, whatever
// order the messages come in.
func TestLateJoinerDoesNotAlarmForWhatIsOver(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	a := nodetest.Start(t, tree, nodetest.Options{})
	one := warning(t, tree, "one")
	submit(t, a, one)
	end := follow(t, tree, "end", one, allClear)
	submit(t, a, end)
	holds := warning(t, tree, "holds")
	submit(t, a, holds)
	late := nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{a}})
	late.Await(t, holds.ID(), nodetest.Alarmed)
	for _, id := range []wire.ID{one.ID(), end.ID()} {
		late.Await(t, id, func(*apitype.AlertEvent) bool { return true })
		if got := state(t, late, id); got != apitype.StateAllClear {
			t.Errorf("alert %s is %s", id.Short(), got)
		}
		if n := count(t, late, id, nodetest.Alarmed); n > 0 {
			t.Errorf("alert %s alarms although its all-clear is known", id.Short())
		}
	}
}

// emergency is an alert that one officer signed alone, and the same with a second signature.
func emergency(t *testing.T, tree *trusttest.Tree, identifier string) (first, second *wire.Envelope) {
	t.Helper()
	p, bare := tree.Leitstelle.Persons, *warning(t, tree, identifier)
	bare.Signers = nil
	first = p[0].Key.Sign(&bare, p[0].Ref(), wire.RoleEmergency)
	first.Chain = tree.Pool.ChainFor(first)
	second = p[1].Key.Sign(first, p[1].Ref(), wire.RoleApprover)
	second.Chain = tree.Pool.ChainFor(second)
	return first, second
}

func TestSecondSignatureRaisesAnEmergencyAlert(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	devices := line(t, tree, 3, nodetest.Options{})
	first, second := emergency(t, tree, "one")
	submit(t, devices[0], first)
	for i, d := range devices {
		if e := d.Await(t, first.ID(), nodetest.Alarmed); e.Level != 1 || !e.Unconfirmed {
			t.Errorf("device %d shows level %d, unconfirmed %v", i, e.Level, e.Unconfirmed)
		}
	}
	submit(t, devices[0], second)
	for i, d := range devices {
		e := d.Await(t, first.ID(), func(e *apitype.AlertEvent) bool { return e.Level == 2 })
		if e.Unconfirmed || e.Alarm || len(e.Signers) != 2 {
			t.Errorf("device %d: the second signature gives unconfirmed %v, alarm %v, %d signers", i, e.Unconfirmed, e.Alarm, len(e.Signers))
		}
	}
}

func TestDrillNeverAlarms(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	devices := line(t, tree, 2, nodetest.Options{})
	c := nodetest.Warning("drill", cap.Extreme, 0)
	c.Status = cap.Exercise
	drill := nodetest.Sign(t, tree, tree.Leitstelle, c, tree.Leitstelle.Persons...)
	submit(t, devices[0], drill)
	real := warning(t, tree, "one")
	submit(t, devices[0], real)
	for i, d := range devices {
		e := d.Await(t, drill.ID(), func(*apitype.AlertEvent) bool { return true })
		if !e.Test || e.Lane != wire.LaneDrill.String() {
			t.Errorf("device %d shows the drill as %+v", i, e)
		}
		d.Await(t, real.ID(), nodetest.Alarmed)
		if count(t, d, drill.ID(), nodetest.Alarmed) > 0 {
			t.Errorf("device %d alarms for a drill", i)
		}
	}
}

// Whatever a device's clock says, its people see the warning, and that the clock
// is not to be trusted.
func TestWrongClocksShowTheWarning(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	now := nodetest.Now()
	first := nodetest.Start(t, tree, nodetest.Options{})
	second := nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{first}})
	var wrong []*nodetest.Device
	offsets := []time.Duration{-48 * time.Hour, -now.Sub(time.Unix(60, 0)), 10 * 365 * 24 * time.Hour, 3 * time.Hour}
	for _, o := range offsets {
		wrong = append(wrong, nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{first, second}, Offset: o}))
	}
	one := warning(t, tree, "one")
	submit(t, first, one)
	for i, d := range wrong {
		d.Await(t, one.ID(), nodetest.Alarmed)
		s, err := d.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !s.Clock.Doubt {
			t.Errorf("a clock off by %s is not in doubt", offsets[i])
		}
		active, err := d.Alerts(t.Context(), apitype.AlertFilter{Active: true}, apitype.Page{})
		if err != nil || len(active.Items) != 1 {
			t.Errorf("a device whose clock is off by %s shows %d alerts (%v)", offsets[i], len(active.Items), err)
		}
	}
}

func TestPlacesChangeConcern(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	d := nodetest.Start(t, tree, nodetest.Options{Places: []apitype.Place{{Name: "Mainz", ARS: "073150000000"}}})
	one := warning(t, tree, "one")
	submit(t, d, one)
	if e := d.Await(t, one.ID(), func(*apitype.AlertEvent) bool { return true }); e.Alarm || e.Concerns != apitype.ConcernsNo {
		t.Errorf("an alert for elsewhere: alarm %v, concerns %s", e.Alarm, e.Concerns)
	}
	if err := d.SetPlaces(t.Context(), []apitype.Place{{Name: "Ahrweiler", ARS: "071310007007"}}); err != nil {
		t.Fatal(err)
	}
	e := d.Await(t, one.ID(), nodetest.Alarmed)
	if e.Concerns != apitype.ConcernsYes || len(e.Places) != 1 || e.Places[0] != "Ahrweiler" {
		t.Errorf("after moving there: concerns %s, places %v", e.Concerns, e.Places)
	}
	if err := d.SetPlaces(t.Context(), []apitype.Place{{Name: "nowhere"}}); err == nil {
		t.Error("a place without key and position is accepted")
	}
}

// station binds a device to the Leitstelle and waits until others know of it.
func station(t *testing.T, tree *trusttest.Tree, d *nodetest.Device, by trusttest.Person, others ...*nodetest.Device) {
	t.Helper()
	id, err := d.ID().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	o := identity.Origin{Domain: tree.Root.ID(), Issuer: tree.Leitstelle.Cert.ID(), By: tree.Leitstelle.Path,
		Created: trusttest.Epoch + 3600, Expires: trusttest.Epoch + 30*24*3600}
	o.Sequence, o.Previous = tree.Next(by.Key.Public(), wire.LaneTrust)
	e, err := identity.NewStation(o, id, "desk")
	if err != nil {
		t.Fatal(err)
	}
	e = by.Key.Sign(e, by.Ref(), wire.RoleAuthor)
	if err := tree.Add(by.Key.Public(), e); err != nil {
		t.Fatal(err)
	}
	e.Chain = tree.Pool.ChainFor(e)
	submit(t, d, e)
	for _, other := range others {
		other.Next(t, 0, func(got *apitype.Event) bool { return got.Trust != nil && got.Trust.ID == e.ID().String() })
	}
}
