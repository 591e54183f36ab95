package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/discovery"
	"github.com/kreidfeuer/kreidfeuer/node/radio"
	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
)

// Config describes a world. Devices is needed, the rest works at zero.
type Config struct {
	Devices int
	Seed    uint64 // of keys, the mesh, the network's chance and the messages
	// Mesh says who can dial whom; nil: [Random] of degree 8.
	Mesh Mesh
	// Network is what happens to packets; nil: 25 ms from each to each.
	Network netmodel.Model
	// Clock is each device's own clock; nil: all are right.
	Clock func(device int) netmodel.Clock
	// Bound is how long after the last change every connected device must have
	// every live alert; 0: [DefaultBound].
	Bound time.Duration
	// Quota bounds the warnings of the authority that a device keeps; then what is
	// kept must not depend on the order of arrival. 0: far more than are published.
	Quota uint64
	// Room is how many bytes of warnings a device's store has place for; nil, or 0: as
	// many as the program takes.
	Room func(device int) uint64
	// Scarce says that devices may give up what they have for want of room.
	Scarce bool
	// Tree makes the trust domain, whose Leitstelle warns; nil: [trusttest.NewTree] with
	// two persons for everything.
	Tree func(seed uint64) (*trusttest.Tree, error)
	// Boot is the time over which the devices, which all listen at once, begin to
	// run: after a power cut each has its store to read first. 0: at once.
	Boot time.Duration
	// Target is how many neighbours a device wants; 0: node's default.
	Target int
	// Sources are a device's means of finding others, beside the mesh; nil: none.
	Sources func(device int) []discovery.Source
	// Radio is a device's radio; nil, or a nil one: it has none. Who has one knows
	// the whole trust domain, as one that was in use before: certificates that
	// nobody has take radios hours.
	Radio func(device int) *radio.Config
	Log   *slog.Logger // of all devices; nil: none
}

// DefaultBound covers a dial's longest pause after a heal and a catch-up in each
// of a few hops.
const DefaultBound = 90 * time.Second

// storeEnds is how long a closed store's database keeps a goroutine.
const storeEnds = 2 * time.Second

// World is a number of devices on one network, in virtual time.
type World struct {
	cfg     Config
	t       *testing.T
	ctx     context.Context
	tree    *trusttest.Tree
	author  *trusttest.Unit // who warns
	air     *air
	dials   [][]int
	devices []*Device
	sieges  []*Siege

	watching sync.WaitGroup
	checker  checker
}

// Run builds a world, lets the script play in it, and checks the invariants: at
// every change, and at the end. Virtual time passes while the script sleeps.
func Run(t *testing.T, cfg Config, script func(*World)) {
	t.Helper()
	for _, v := range play(t, cfg, script) {
		t.Error(v)
	}
}

// play is Run, and returns what did not hold.
func play(t *testing.T, cfg Config, script func(*World)) (violations []Violation) {
	t.Helper()
	cfg.fill()
	if err := warm(); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w, err := newWorld(ctx, t, cfg)
		if err != nil {
			t.Fatal(err)
		}
		var carrying sync.WaitGroup
		flying, land := context.WithCancel(context.WithoutCancel(ctx))
		carrying.Go(func() { w.air.run(flying) })
		defer func() {
			if err := w.close(); err != nil {
				t.Error(err)
			}
			land()
			carrying.Wait()
			time.Sleep(storeEnds)
		}()
		if err := w.startAll(); err != nil {
			t.Fatal(err)
		}
		script(w)
		w.Check()
		violations = w.Violations()
	})
	return violations
}

// warm packs and unpacks an alert outside any bubble: the compressor of the process
// makes its channels when it is first used, and a channel stays in its bubble.
var warm = sync.OnceValue(func() error {
	tree, err := trusttest.NewTree(0, 2)
	if err != nil {
		return err
	}
	e, err := Message{Identifier: "warm", Now: trueTime(0)}.Sign(tree, tree.Leitstelle)
	if err != nil {
		return err
	}
	_, err = alert.OpenFull(e)
	return err
})

func (c *Config) fill() {
	if c.Mesh == nil {
		c.Mesh = Random(8)
	}
	if c.Network == nil {
		c.Network = netmodel.Link{Latency: 25 * time.Millisecond}
	}
	if c.Bound == 0 {
		c.Bound = DefaultBound
	}
	if c.Sources == nil {
		c.Sources = func(int) []discovery.Source { return nil }
	}
	if c.Radio == nil {
		c.Radio = func(int) *radio.Config { return nil }
	}
	if c.Room == nil {
		c.Room = func(int) uint64 { return 0 }
	}
	if c.Tree == nil {
		c.Tree = func(seed uint64) (*trusttest.Tree, error) { return trusttest.NewTree(seed, 2) }
	}
	if c.Clock == nil {
		c.Clock = func(int) netmodel.Clock { return netmodel.Clock{} }
	}
}

func newWorld(ctx context.Context, t *testing.T, cfg Config) (*World, error) {
	tree, err := cfg.Tree(cfg.Seed)
	if err != nil {
		return nil, err
	}
	author, err := cfg.author(tree)
	if err != nil {
		return nil, err
	}
	w := &World{cfg: cfg, t: t, ctx: ctx, tree: tree, author: author, air: newAir(cfg.Seed, cfg.Network), dials: cfg.Mesh(cfg.Devices, cfg.Seed)}
	w.checker.world = w
	for i := range cfg.Devices {
		st, err := openStore(ctx, cfg.Room(i))
		if err != nil {
			return nil, err
		}
		w.devices = append(w.devices, &Device{world: w, number: i, key: keyOf(cfg.Seed, i), store: st, clock: cfg.Clock(i)})
	}
	return w, nil
}

// author is the Leitstelle, or an authority below it with the quota.
func (c *Config) author(tree *trusttest.Tree) (*trusttest.Unit, error) {
	if c.Quota == 0 {
		return tree.Leitstelle, nil
	}
	scope := trusttest.Scope(2, 1, "ARS 07131")
	for i := range scope.Quotas {
		if scope.Quotas[i].Lane == wire.LaneLive {
			scope.Quotas[i].Count = c.Quota
		}
	}
	return tree.AddUnit(tree.Kreis, "rp/07131/wehr", scope, "a", "b")
}

func (w *World) startAll() error {
	for _, d := range w.devices {
		if err := d.open(w.ctx); err != nil {
			return fmt.Errorf("open device %d: %w", d.number, err)
		}
	}
	for _, d := range w.devices {
		d.run(w.ctx)
		time.Sleep(w.cfg.Boot / time.Duration(len(w.devices)))
	}
	w.changed()
	return nil
}

// close ends every Sybil and device, then the stores.
func (w *World) close() error {
	var errs []error
	for _, s := range w.sieges {
		errs = append(errs, s.lift())
	}
	for _, d := range w.devices {
		if d.up {
			errs = append(errs, d.halt())
		}
	}
	w.watching.Wait()
	for _, d := range w.devices {
		errs = append(errs, d.store.Close())
	}
	return errors.Join(errs...)
}

// Now is the time since the world began.
func (w *World) Now() time.Duration { return w.air.now() }

// Devices is the number of devices.
func (w *World) Devices() int { return len(w.devices) }

// Device returns a device by its number.
func (w *World) Device(i int) *Device { return w.devices[i] }

// Traffic counts what the network has carried so far.
func (w *World) Traffic() Traffic { return w.air.counts() }

func idOf(key []byte) (peer.ID, error) {
	k, err := crypto.UnmarshalEd25519PrivateKey(key)
	if err != nil {
		return "", err
	}
	return peer.IDFromPrivateKey(k)
}
