package sim

import (
	"fmt"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
)

// Sleep lets virtual time pass. When nothing has changed for the bound meanwhile,
// the world is checked at that moment.
func (w *World) Sleep(d time.Duration) {
	end := w.Now() + d
	if due, ok := w.checker.due(); ok && due <= end {
		time.Sleep(due - w.Now())
		w.Check()
	}
	time.Sleep(end - w.Now())
}

// Publish has the authority warn on a device and returns the alert's ID.
func (w *World) Publish(device int) (wire.ID, error) {
	return w.publish(device, Message{}, 0)
}

// AllClear has the authority end an alert, on a device. An end is good with one
// signature; with one alone it is raised by [World.Confirm].
func (w *World) AllClear(device int, of wire.ID, persons int) (wire.ID, error) {
	return w.publish(device, Message{Kind: alert.KindAllClear, Follows: []*wire.Envelope{w.checker.message(of)}}, persons)
}

// Confirm brings an alert again on a device, with all its signatures.
func (w *World) Confirm(device int, id wire.ID) error {
	w.changed()
	_, err := w.devices[device].Submit(w.ctx, w.checker.message(id).EncodeFull())
	return err
}

// publish signs a message and submits it with so many of its signatures; 0: all.
func (w *World) publish(device int, m Message, persons int) (wire.ID, error) {
	m.Identifier, m.Now = fmt.Sprintf("warning-%d", w.checker.count()), trueTime(w.Now())
	e, err := m.Sign(w.tree, w.author)
	if err != nil {
		return wire.ID{}, err
	}
	w.checker.published(e, device)
	w.changed()
	if persons > 0 {
		e = w.fewer(e, persons)
	}
	if _, err := w.devices[device].Submit(w.ctx, e.EncodeFull()); err != nil {
		return e.ID(), fmt.Errorf("publish on device %d: %w", device, err)
	}
	return e.ID(), nil
}

// fewer is an envelope with so many of its signatures.
func (w *World) fewer(e *wire.Envelope, persons int) *wire.Envelope {
	f := *e
	f.Signers = e.Signers[:persons]
	f.Chain = w.tree.Pool.ChainFor(&f)
	return &f
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
