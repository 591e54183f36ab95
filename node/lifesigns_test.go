package node_test

import (
	"crypto/ed25519"
	"encoding/hex"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// beacon is the Leitstelle's sign of life, given age ago, that names alerts.
func beacon(t *testing.T, tree *trusttest.Tree, age time.Duration, named ...wire.ID) *wire.Envelope {
	t.Helper()
	return beaconWith(t, tree, age, nil, named...)
}

// beaconWith names ends of chains, too.
func beaconWith(t *testing.T, tree *trusttest.Tree, age time.Duration, heads map[wire.Lane]identity.Head, named ...wire.ID) *wire.Envelope {
	t.Helper()
	by := tree.Leitstelle.Persons[0]
	created := uint64(nodetest.Now().Add(-age).Unix())
	o := identity.Origin{Domain: tree.Root.ID(), Issuer: tree.Leitstelle.Cert.ID(), By: tree.Leitstelle.Path,
		Created: created, Expires: created + 30*24*3600}
	o.Sequence, o.Previous = tree.Next(by.Key.Public(), wire.LaneTrust)
	e, err := identity.NewBeacon(o, heads, named)
	if err != nil {
		t.Fatal(err)
	}
	e = by.Key.Sign(e, by.Ref(), wire.RoleAuthor)
	if err := tree.Add(by.Key.Public(), e); err != nil {
		t.Fatal(err)
	}
	e.Chain = tree.Pool.ChainFor(e)
	return e
}

// sign is the only sign of life that a device knows.
func sign(t *testing.T, d *nodetest.Device) apitype.Sign {
	t.Helper()
	s, err := d.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Signs) != 1 {
		t.Fatalf("signs of life: %+v", s.Signs)
	}
	return s.Signs[0]
}

func changed(change string) func(*apitype.Event) bool {
	return func(e *apitype.Event) bool { return e.Sign != nil && e.Sign.Change == change }
}

// changes lists what a device told of signs of life.
func changes(t *testing.T, d *nodetest.Device) (list []string) {
	t.Helper()
	for _, e := range events(t, d, 0) {
		if e.Sign != nil {
			list = append(list, e.Sign.Change)
		}
	}
	return list
}

func TestSignOverTheNetworkNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	d := line(t, tree, 2, nodetest.Options{})
	if s := sign(t, d[1]); s.State != apitype.SignNever || s.Name == "" || s.SilentS != -1 {
		t.Errorf("before: %+v", s)
	}
	one, two := warning(t, tree, "one"), warning(t, tree, "two")
	submit(t, d[0], one)
	d[1].Await(t, one.ID(), nodetest.Alarmed)
	heads := map[wire.Lane]identity.Head{wire.LaneLive: {Sequence: 2, ID: two.ID()}}
	submit(t, d[0], beaconWith(t, tree, time.Minute, heads, one.ID(), two.ID()))
	d[1].Next(t, 0, changed(apitype.SignChangeHeard))
	s, absent := sign(t, d[1]), two.ID().Prefix()
	if s.State != apitype.SignHeard || s.CutOff || s.From != d[0].ID().String() || s.Means == "" || s.Carried ||
		s.InForce != 2 || s.Complete || len(s.Missing) != 1 || s.Missing[0] != hex.EncodeToString(absent[:]) ||
		len(s.Unheard) != 1 || s.Unheard[0] != "live:2" || s.AgeS < 0 || s.AgeS > 30 || s.SilentS < 60 || s.SilentS > 120 || s.Received.IsZero() {
		t.Errorf("after: %+v", s)
	}
	submit(t, d[0], two)
	d[1].Await(t, two.ID(), nodetest.Alarmed)
	if s := sign(t, d[1]); !s.Complete || len(s.Missing) != 0 || len(s.Unheard) != 0 {
		t.Errorf("after all has come: %+v", s)
	}
}

func TestCutOffIsToldOnceAndEndsOnce(t *testing.T) {
	t.Parallel()
	tree, dir := newTree(t), t.TempDir()
	_, key, _ := ed25519.GenerateKey(nil)
	var ahead atomic.Int64
	o := nodetest.Options{Key: key, Clock: func() time.Time { return nodetest.Now().Add(time.Duration(ahead.Load())) }}
	o.Store = openStore(t, dir, persist.Options{})
	d := nodetest.Start(t, tree, o)
	submit(t, d, beacon(t, tree, 0))
	d.Tick(t.Context())
	ahead.Store(int64(3 * time.Hour))
	d.Tick(t.Context())
	d.Tick(t.Context())
	if s := sign(t, d); !s.CutOff || s.State != apitype.SignCutOff || s.SilentS < 3*3600 || s.Means != "local" {
		t.Errorf("after three hours: %+v", s)
	}
	// What a messenger brings is as old as it is, and does not end it.
	if err := d.Carry(t.Context(), beacon(t, tree, time.Hour).EncodeFull()); err != nil {
		t.Fatal(err)
	}
	if s := sign(t, d); !s.CutOff || !s.Carried || s.SilentS < 4*3600-60 {
		t.Errorf("after an old sign was carried here: %+v", s)
	}
	d.Stop()

	o.Store = openStore(t, dir, persist.Options{})
	d = nodetest.Start(t, tree, o)
	<-d.Loaded()
	d.Tick(t.Context())
	if s := sign(t, d); !s.CutOff || s.AgeS != -1 || !s.Carried {
		t.Errorf("after a restart: %+v", s)
	}
	submit(t, d, beacon(t, tree, -3*time.Hour))
	d.Tick(t.Context())
	if s := sign(t, d); s.CutOff || s.State != apitype.SignHeard {
		t.Errorf("after contact: %+v", s)
	}
	got := changes(t, d)
	want := []string{"heard", "cut-off", "heard", "restored"}
	if len(got) != len(want) {
		t.Fatalf("told %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("told %v, want %v", got, want)
		}
	}
}

// A clock in doubt neither hides a warning nor lets a sign look fresh.
func TestClockDoubtClaimsNothing(t *testing.T) {
	t.Parallel()
	for name, offset := range map[string]time.Duration{
		"1970":                   -nodetest.Now().Sub(time.Unix(3600, 0)),
		"more than ten years on": 11 * 365 * 24 * time.Hour,
	} {
		tree := newTree(t)
		d := nodetest.Start(t, tree, nodetest.Options{Offset: offset})
		one := warning(t, tree, "one")
		submit(t, d, one)
		submit(t, d, beacon(t, tree, 0, one.ID()))
		if s := sign(t, d); s.State != apitype.SignUnknown || s.CutOff || !s.Complete {
			t.Errorf("%s: %+v", name, s)
		}
		if got := state(t, d, one.ID()); got != apitype.StateUnknown {
			t.Errorf("%s: the alert is %s", name, got)
		}
		d.Await(t, one.ID(), nodetest.Alarmed)
		d.Stop()
	}
}

func TestPinningTheFirstRootEndsTheProblem(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	d := nodetest.Start(t, tree, nodetest.Options{Stranger: true})
	if err := d.Pin(t.Context(), tree.Root.EncodeFull(), tree.Root.ID().String(), nil); err != nil {
		t.Fatal(err)
	}
	noRoot := func(ended bool) func(*apitype.Event) bool {
		return func(e *apitype.Event) bool {
			return e.Health != nil && e.Health.Kind == "no-root" && e.Health.Ended == ended
		}
	}
	since := d.Next(t, 0, noRoot(true)).Seq
	if err := d.Unpin(t.Context(), tree.Root.ID()); err != nil {
		t.Fatal(err)
	}
	d.Next(t, since, noRoot(false))
}
