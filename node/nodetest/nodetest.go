// Package nodetest runs devices for tests: a [Device] is a whole node over
// loopback, with its store in memory, that trusts a test domain.
package nodetest

import (
	"context"
	"crypto/ed25519"
	"errors"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	nodehost "github.com/kreidfeuer/kreidfeuer/node/host"
	"github.com/kreidfeuer/kreidfeuer/node/radio"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// Device is a running node.
type Device struct {
	*node.Node
	Host host.Host
	// Stop ends the device before the test does.
	Stop func()
}

// Info is where the device can be reached.
func (d *Device) Info() peer.AddrInfo { return peer.AddrInfo{ID: d.ID(), Addrs: d.Host.Addrs()} }

// Now is the devices' clock: it runs from an hour after the test domains began.
func Now() time.Time { return time.Unix(trusttest.Epoch+3600, 0).Add(time.Since(begun)) }

var begun = time.Now()

// Options are what differs between devices. The zero value works.
type Options struct {
	Peers    []*Device        // dialled for ever
	Offset   time.Duration    // of its clock from Now
	Clock    func() time.Time // its clock; nil: Now and Offset
	Places   []apitype.Place
	Store    *persist.Store     // closed by Stop; nil: one in memory
	Key      ed25519.PrivateKey // nil: a new one
	Stranger bool               // trusts nobody, not even the tree's root
	Radio    *radio.Config      // nil: none
}

// Start runs a device until the test ends. It trusts the tree's root and
// nothing else.
func Start(t testing.TB, tree *trusttest.Tree, o Options) *Device {
	t.Helper()
	o.fill(t)
	bans := nodehost.NewBans()
	h, err := nodehost.New(nodehost.Config{Key: o.Key, Bans: bans, Listen: []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.1/udp/0/quic-v1")}})
	if err != nil {
		t.Fatal(err)
	}
	cfg := node.Config{Places: o.Places}
	for _, p := range o.Peers {
		cfg.Static = append(cfg.Static, p.Info())
	}
	n, err := node.New(t.Context(), cfg, node.Deps{Host: h, Store: o.Store, Bans: bans, Now: o.Clock, Radio: o.Radio})
	if err != nil {
		t.Fatal(err)
	}
	d := &Device{Node: n, Host: h}
	if !o.Stranger {
		if err := n.Trust(t.Context(), tree.Root, nil); err != nil {
			t.Fatal(err)
		}
	}
	d.run(t, o.Store)
	return d
}

func (o *Options) fill(t testing.TB) {
	t.Helper()
	if o.Key == nil {
		_, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		o.Key = key
	}
	if o.Clock == nil {
		o.Clock = func() time.Time { return Now().Add(o.Offset) }
	}
	if o.Store == nil {
		st, err := persist.OpenPath(t.Context(), "", persist.Memory, persist.Options{})
		if err != nil {
			t.Fatal(err)
		}
		o.Store = st
	}
}

func (d *Device) run(t testing.TB, st *persist.Store) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	stopped := false
	d.Stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		if err := d.Host.Close(); err != nil {
			t.Errorf("close host: %v", err)
		}
		if err := st.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	}
	t.Cleanup(d.Stop)
}

// Warning is a CAP alert for Kreis Ahrweiler, sent age ago, for six hours.
func Warning(identifier string, severity cap.Severity, age time.Duration) *cap.Alert {
	sent := time.Unix(trusttest.Epoch+3600, 0).Add(-age)
	return &cap.Alert{
		Version: cap.V12, Identifier: identifier, Sender: "lst.07131.rp", Sent: cap.MakeTime(sent.Unix(), 60),
		Status: cap.Actual, MsgType: cap.MsgAlert, Scope: cap.Public,
		Info: []cap.Info{{
			Language: "de", Category: []cap.Category{cap.Met}, Event: "Hochwasser", Urgency: cap.Immediate, Severity: severity,
			Certainty: cap.Observed, Expires: cap.MakeTime(sent.Add(6*time.Hour).Unix(), 60), Headline: "Hochwasser an der Ahr",
			Instruction: "Gehen Sie in obere Stockwerke.",
			Area:        []cap.Area{Area("071310000000")},
		}},
	}
}

// Area is an area named by a German regional key.
func Area(ars string) cap.Area {
	return cap.Area{AreaDesc: "ARS " + ars, Geocode: []cap.NamedValue{{ValueName: "ARS", Value: ars}}}
}

// Sign makes the envelope of an alert, with its chain.
func Sign(t testing.TB, tree *trusttest.Tree, u *trusttest.Unit, c *cap.Alert, persons ...trusttest.Person) *wire.Envelope {
	t.Helper()
	return SignWith(t, tree, u, c, compact.Extras{}, persons...)
}

// SignWith is Sign for follow-ups and imports.
func SignWith(t testing.TB, tree *trusttest.Tree, u *trusttest.Unit, c *cap.Alert, x compact.Extras, persons ...trusttest.Person) *wire.Envelope {
	t.Helper()
	h, err := alert.Header(c)
	if err != nil {
		t.Fatal(err)
	}
	payload, parts, err := alert.Payload(c, x)
	if err != nil {
		t.Fatal(err)
	}
	e, err := tree.Sign(u, h, payload, parts, persons...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// patience bounds every wait, so that a test that cannot end fails.
const patience = 30 * time.Second

// Next returns the first event after since that meets the condition.
func (d *Device) Next(t testing.TB, since uint64, condition func(*apitype.Event) bool) *apitype.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var got *apitype.Event
	err := d.Events(ctx, since, func(e apitype.Event) bool {
		if condition(&e) {
			got = &e
		}
		return got == nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got == nil {
		t.Fatalf("device %s: no such event after number %d within %s", d.ID(), since, patience)
	}
	return got
}

// Await waits until the device tells of an alert what the condition asks for.
func (d *Device) Await(t testing.TB, id wire.ID, condition func(*apitype.AlertEvent) bool) *apitype.AlertEvent {
	t.Helper()
	return d.Next(t, 0, func(e *apitype.Event) bool {
		return e.Alert != nil && e.Alert.ID == id.String() && condition(e.Alert)
	}).Alert
}

// Told returns the alert events so far.
func (d *Device) Told(t testing.TB) []*apitype.AlertEvent {
	t.Helper()
	events, err := d.Control().Events(t.Context(), 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	var list []*apitype.AlertEvent
	for i := range events {
		if events[i].Alert != nil {
			list = append(list, events[i].Alert)
		}
	}
	return list
}

// Alarmed is a condition for Await: the device alarms.
func Alarmed(e *apitype.AlertEvent) bool { return e.Alarm }

// Silenced is a condition for Await: the alarm is over.
func Silenced(e *apitype.AlertEvent) bool { return e.Silence }

// Has reports whether the device holds an alert.
func (d *Device) Has(t testing.TB, id wire.ID) bool {
	t.Helper()
	_, err := d.Alert(t.Context(), id)
	if err != nil && !errors.Is(err, apitype.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}
