package node

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	nodehost "github.com/kreidfeuer/kreidfeuer/node/host"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// device is a running node over loopback, with a store in memory.
type device struct {
	*Node
	done chan error
	stop context.CancelFunc
}

func (d *device) info() peer.AddrInfo {
	return peer.AddrInfo{ID: d.ID(), Addrs: d.deps.Host.Addrs()}
}

// start runs a device that trusts the tree's root and dials the others.
func start(t *testing.T, tree *trusttest.Tree, others ...*device) *device {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := nodehost.New(nodehost.Config{Key: key, Listen: []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.1/udp/0/quic-v1")}})
	if err != nil {
		t.Fatal(err)
	}
	ds, err := persist.NewMemory()
	if err != nil {
		t.Fatal(err)
	}
	st, err := persist.Open(ctx, ds, persist.Options{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{}
	for _, o := range others {
		cfg.Static = append(cfg.Static, o.info())
	}
	now := func() time.Time { return time.Unix(trusttest.Epoch+3600, 0).Add(time.Since(begun)) }
	n, err := New(ctx, cfg, Deps{Host: h, Store: st, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	d := &device{Node: n, done: make(chan error, 1), stop: stop}
	go func() { d.done <- n.Run(ctx) }()
	if err := n.Pin(ctx, tree.Root.Encode(), tree.Root.ID().String(), nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := <-d.done; err != nil {
			t.Errorf("run: %v", err)
		}
		h.Close()
		st.Close()
	})
	return d
}

var begun = time.Now()

// testAlert is a warning for one district.
func testAlert(identifier string, severity cap.Severity, age time.Duration) *cap.Alert {
	sent := time.Unix(trusttest.Epoch+3600, 0).Add(-age)
	at := func(t time.Time) cap.Time { return cap.Time(t.UTC().Format("2006-01-02T15:04:05-07:00")) }
	return &cap.Alert{
		Identifier: identifier, Sender: "lst.07131.rp", Sent: at(sent), Status: cap.Actual, MsgType: cap.MsgAlert, Scope: "Public",
		Info: []cap.Info{{
			Language: "de", Category: []cap.Category{"Met"}, Event: "Hochwasser", Urgency: "Immediate", Severity: severity,
			Certainty: "Observed", Expires: at(sent.Add(6 * time.Hour)), Headline: "Hochwasser an der Ahr",
			Instruction: "Gehen Sie in obere Stockwerke.",
			Area:        []cap.Area{{AreaDesc: "Kreis Ahrweiler", Geocode: []cap.NamedValue{{ValueName: "ARS", Value: "071310000000"}}}},
		}},
	}
}

func signed(t *testing.T, tree *trusttest.Tree, u *trusttest.Unit, c *cap.Alert, persons ...trusttest.Person) *wire.Envelope {
	t.Helper()
	h, err := alert.Header(c)
	if err != nil {
		t.Fatal(err)
	}
	payload, parts, err := alert.Payload(c, compact.Extras{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := tree.Sign(u, h, payload, parts, persons...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// arrives waits until the device tells of an alert.
func arrives(t *testing.T, d *device, id wire.ID, effect string) apitype.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var got apitype.Event
	err := d.Events(ctx, 0, func(e apitype.Event) bool {
		if e.Alert != nil && e.Alert.ID == id.String() && e.Effect == effect {
			got = e
			return false
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Alert == nil {
		t.Fatalf("no event %q of %s within 20 s", effect, id.Short())
	}
	return got
}

func TestWarningCrossesALineOfDevices(t *testing.T) {
	tree, err := trusttest.NewTree(1, 2)
	if err != nil {
		t.Fatal(err)
	}
	a := start(t, tree)
	b := start(t, tree, a)
	c := start(t, tree, b)
	e := signed(t, tree, tree.Leitstelle, testAlert("one", cap.Severe, 0), tree.Leitstelle.Persons...)
	if _, err := a.Submit(t.Context(), e.EncodeFull()); err != nil {
		t.Fatal(err)
	}
	for i, d := range []*device{a, b, c} {
		got := arrives(t, d, e.ID(), "alarm")
		t.Logf("device %d: %s", i, fmt.Sprint(got.Alert.VerifiedBy, got.Alert.Signers, got.Alert.State))
		if got.Alert.Level != 2 || got.Alert.State != "in force" {
			t.Errorf("device %d shows %+v", i, got.Alert)
		}
	}
	late := start(t, tree, c)
	arrives(t, late, e.ID(), "alarm")
}
