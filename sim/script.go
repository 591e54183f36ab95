package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
)

// Sleep lets virtual time pass.
func (w *World) Sleep(d time.Duration) { time.Sleep(d) }

// Publish has the authority warn on a device and returns the alert's ID.
func (w *World) Publish(device int) (wire.ID, error) {
	e, err := Warning(w.tree, w.author, trueTime(w.Now()), fmt.Sprintf("warning-%d", w.checker.count()), 0)
	if err != nil {
		return wire.ID{}, err
	}
	w.checker.published(e, device)
	w.changed()
	if _, err := w.devices[device].Submit(w.ctx, e.EncodeFull()); err != nil {
		return e.ID(), fmt.Errorf("publish on device %d: %w", device, err)
	}
	return e.ID(), nil
}

// MustPublish is Publish; an error ends the test.
func (w *World) MustPublish(device int) wire.ID {
	w.t.Helper()
	id, err := w.Publish(device)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// SetNetwork replaces the model: a partition, a heal, weather.
func (w *World) SetNetwork(m netmodel.Model) {
	w.air.model.Store(&m)
	w.changed()
}

// Split cuts the world in two from now on, on top of the configured network: the
// devices below the border, and the others.
func (w *World) Split(border int) {
	w.SetNetwork(netmodel.All{w.cfg.Network, netmodel.Partition{Group: func(n int) int {
		if n < border {
			return 0
		}
		return 1
	}}})
}

// Heal returns to the configured network.
func (w *World) Heal() { w.SetNetwork(w.cfg.Network) }

// Crash ends a device without a word to anybody; its store is kept.
func (w *World) Crash(device int) error {
	d := w.devices[device]
	w.air.silence(device)
	w.changed()
	return d.halt()
}

// Start runs a device again that has crashed.
func (w *World) Start(device int) error {
	w.changed()
	return w.devices[device].start(w.ctx)
}

// Warning is a genuine Severe alert of a unit of the tree by all its officers, with
// so many bytes of text beside its headline.
func Warning(tree *trusttest.Tree, unit *trusttest.Unit, now time.Time, identifier string, text int) (*wire.Envelope, error) {
	c := &cap.Alert{
		Version: cap.V12, Identifier: identifier, Sender: "lst.07131.rp", Sent: cap.MakeTime(now.Unix(), 60),
		Status: cap.Actual, MsgType: cap.MsgAlert, Scope: cap.Public,
		Info: []cap.Info{{
			Language: "de", Category: []cap.Category{cap.Met}, Event: "Hochwasser", Urgency: cap.Immediate, Severity: cap.Severe,
			Certainty: cap.Observed, Expires: cap.MakeTime(now.Add(6*time.Hour).Unix(), 60), Headline: "Hochwasser an der Ahr",
			Instruction: "Gehen Sie in obere Stockwerke." + strings.Repeat(" Hilfe kommt.", text/13),
			Area:        []cap.Area{{AreaDesc: "Kreis Ahrweiler", Geocode: []cap.NamedValue{{ValueName: "ARS", Value: "071310000000"}}}},
		}},
	}
	h, err := alert.Header(c)
	if err != nil {
		return nil, err
	}
	payload, parts, err := alert.Payload(c, compact.Extras{})
	if err != nil {
		return nil, err
	}
	return tree.Sign(unit, h, payload, parts, unit.Persons...)
}
