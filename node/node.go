package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/discovery"
	nodehost "github.com/kreidfeuer/kreidfeuer/node/host"
	"github.com/kreidfeuer/kreidfeuer/node/radio"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// Config configures a Node. The zero value works.
type Config struct {
	Name    string // of the device, for people
	Version string // of the program
	Dir     string // data folder, for status only
	Backend string // of the store, for status only
	// StoreProblem is why the device runs without its store, from memory. Nil: it
	// does not.
	StoreProblem *apitype.Problem
	// Problems were found before the device started, such as a lost configuration.
	// They are among its health for as long as it runs.
	Problems []apitype.Problem
	Places   []apitype.Place // watched places, until others are set over the API
	Static   []peer.AddrInfo // neighbours to dial whatever happens
	Target   int             // neighbours wanted; 0: discovery.DefaultTarget
	// WatchInterfaces looks every few seconds for what [Node.NetworkChanged] tells. The
	// simulator leaves it off: it has no interfaces.
	WatchInterfaces bool
}

// Deps are the parts a Node is made of. Host and Store are needed; the caller
// closes both after Run has returned.
type Deps struct {
	Host    host.Host
	Store   *persist.Store
	Bans    *nodehost.Bans     // nil: neighbours that are cut off may come back at once
	Sources []discovery.Source // beside static and remembered peers
	Radio   *radio.Config      // without Hear, Log and Memory; nil: there is no radio
	Log     *slog.Logger       // nil: none
	Now     func() time.Time   // this device's clock, for judging validity only; nil: time.Now
}

// Node is one device. Make one with [New]; nothing happens before [Node.Run].
type Node struct {
	cfg   Config
	deps  Deps
	log   *slog.Logger
	pool  *identity.Pool
	route *gossip.Router
	conns *discovery.Connector
	waves *airwaves // nil: there is no radio

	started time.Time
	loaded  chan struct{} // closed when what is stored is known
	journal *journal
	clocks  clocks
	drafts  drafts

	// telling is held from finding out what people have to be told until it is in
	// the journal, so that events keep their order. It is taken before mu; known
	// and places change under both.
	telling  sync.Mutex
	told     map[wire.ID]alert.Record // as stored; guarded by telling
	exported []byte                   // the pool's export, as stored; guarded by telling
	trusted  uint64                   // pool version the facts were judged under; guarded by telling

	mu      sync.Mutex // guards what follows
	alerts  *alert.State
	known   map[wire.ID]*known
	places  []apitype.Place
	full    error // why the store took nothing the last time
	signs   lifeSigns
	warned  map[wire.ID]time.Duration
	unsaved map[wire.ID]gossip.Record

	retained retained // what was removed from the store

	broken chan *persist.DamagedError // told that the store's database is damaged
}

// New assembles a Node and reads its local state. It starts nothing.
func New(ctx context.Context, cfg Config, deps Deps) (*Node, error) {
	if deps.Host == nil || deps.Store == nil {
		return nil, errors.New("node: host and store are needed")
	}
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	n := &Node{cfg: cfg, deps: deps, log: deps.Log.With("part", "node"), pool: identity.NewPool(), clocks: newClocks(),
		started: time.Now(), loaded: make(chan struct{}), journal: newJournal(deps.Store), told: map[wire.ID]alert.Record{},
		known: map[wire.ID]*known{}, signs: newLifeSigns(), warned: map[wire.ID]time.Duration{}, unsaved: map[wire.ID]gossip.Record{},
		broken: make(chan *persist.DamagedError, 1)}
	if err := n.loadLocal(ctx); err != nil {
		return nil, err
	}
	var err error
	n.route, err = gossip.New(deps.Host, keeper{n}, n.pool, gossip.Config{
		Lanes: []gossip.Lane{
			{Lane: wire.LaneLive, Check: checkAlert, Gossip: true},
			{Lane: wire.LaneDrill, Check: checkAlert, Gossip: true},
		},
		Now: deps.Now, Doubt: n.clockDoubted, Log: deps.Log,
		OnCutOff: n.onCutOff, OnHello: n.clocks.hear, OnDraft: n.onDraft,
	})
	if err != nil {
		return nil, err
	}
	n.conns, err = discovery.New(discovery.Config{Host: deps.Host, Sources: deps.Sources, Static: cfg.Static,
		Target: cfg.Target, WatchInterfaces: cfg.WatchInterfaces, Memory: memory{deps.Store.Local(), localNeighbours}, Log: deps.Log})
	if err == nil && deps.Radio != nil {
		n.waves, err = newAirwaves(n, *deps.Radio)
	}
	return n, err
}

// Run runs the device until ctx ends, and returns after everything it started
// has ended. An error means that the device cannot do its work; a
// [*persist.DamagedError], that it can again once its store is salvaged.
func (n *Node) Run(ctx context.Context) error {
	if err := n.load(ctx, wire.ID{}); err != nil && ctx.Err() == nil {
		return fmt.Errorf("load alerts: %w", err)
	}
	close(n.loaded)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	for name, run := range map[string]func(context.Context) error{
		"gossip": n.route.Run, "discovery": n.conns.Run, "clockwork": n.clockwork, "retention": n.retainLoop,
		"radio": n.waves.run,
	} {
		wg.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				stop(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	select {
	case <-ctx.Done():
	case damaged := <-n.broken:
		stop(fmt.Errorf("store: %w", damaged))
	}
	wg.Wait()
	n.journal.close()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// NetworkChanged tells that the device's links have changed, or that it slept: it asks its
// neighbours whether they are still there, and dials those that it knows again. Who runs a
// device where it cannot see that itself, as on a phone, says so here. It never blocks.
func (n *Node) NetworkChanged() { n.conns.NetworkChanged() }

// Loaded is closed when Run has read what is stored. Before, the device does not
// know the alerts that it holds, and answers for them would be wrong.
func (n *Node) Loaded() <-chan struct{} { return n.loaded }

// ID is the device's libp2p identity. It never signs anything people read.
func (n *Node) ID() peer.ID { return n.deps.Host.ID() }

// now is the device's clock in seconds UTC.
func (n *Node) now() uint64 { return uint64(max(0, n.deps.Now().Unix())) }

// clock is what the device knows of the time, for one domain.
func (n *Node) clock(domain wire.ID) identity.Clock {
	c := n.pool.Clock(n.now(), domain)
	c.Doubt = c.Doubt || n.clockDoubted()
	return c
}

// anyClock is the clock for what concerns all domains: the latest floor counts.
func (n *Node) anyClock() identity.Clock {
	c := identity.Clock{Now: n.now(), Doubt: n.clockDoubted()}
	for _, d := range n.pool.Domains() {
		c.Floor = max(c.Floor, n.pool.Floor(d))
	}
	return c
}

// tickEvery is how often time alone is asked for its effects.
const tickEvery = 5 * time.Second

// clockwork does what time brings: alerts that lapse, own alerts that are about
// to end, drafts that nobody answers.
func (n *Node) clockwork(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		n.tick(ctx)
	}
}

func (n *Node) onCutOff(p peer.ID, d time.Duration) {
	if n.deps.Bans != nil {
		for _, c := range n.deps.Host.Network().ConnsToPeer(p) {
			n.deps.Bans.Ban(p, c.RemoteMultiaddr(), time.Now().Add(d))
		}
	}
	n.announce(context.Background(), apitype.Event{Kind: apitype.EventHealth, Health: &apitype.HealthEvent{Problem: apitype.Problem{
		Kind:    "neighbour-cut-off",
		Message: fmt.Sprintf("neighbour %s sent what it should have known to be wrong and is cut off for %s", p, d),
	}}})
}
