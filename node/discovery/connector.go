package discovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

const (
	// DefaultTarget is the number of neighbours up to which the connector dials
	// peers that are not static. Gossip needs a dozen; the rest is reserve.
	DefaultTarget = 24

	// reportQueue bounds reports that wait for the connector. A report that
	// finds it full is dropped: the source reports again.
	reportQueue = 256

	// saveEvery is the interval of saving what is remembered.
	saveEvery = time.Minute

	// sourcePause is the pause before a failed source is started again.
	sourcePause = 10 * time.Second
)

// Config says how to connect. Only Host is required.
type Config struct {
	Host    host.Host
	Sources []Source
	// Static peers are dialed again and again, whatever the number of
	// neighbours, and the connection manager never closes their connections.
	Static []peer.AddrInfo
	// Target is the number of neighbours wanted. Zero: DefaultTarget.
	Target int
	// WatchInterfaces looks at this machine's interfaces every two seconds, and at whether
	// it slept: either is what [Connector.NetworkChanged] tells. libp2p tells
	// of such changes late or, in a minute of cached addresses, not at all. Leave
	// it off in a simulated network.
	WatchInterfaces bool
	// Memory remembers peers over restarts. Nil: none are remembered.
	Memory Memory
	// Log gets what an operator wants to know. Nil: nothing is logged.
	Log *slog.Logger
}

// Connector keeps a device connected to its neighbours. Make one with [New].
type Connector struct {
	host    mesh
	sources []Source
	static  []peer.AddrInfo
	target  int
	memory  Memory
	log     *slog.Logger

	// scan lists the interfaces; nil: they are not watched.
	scan func() ([]link, error)

	reports chan peer.AddrInfo
	results chan result
	changes chan struct{} // the network has changed

	mu   sync.Mutex
	book *book
}

// mesh is what the connector uses of a libp2p host.
type mesh interface {
	ID() peer.ID
	Connect(context.Context, peer.AddrInfo) error
	Subscribe() (event.Subscription, error)
	Peers() []peer.ID
	// Forget drops what libp2p keeps of a peer that is not connected: its addresses,
	// and pauses after dials that failed.
	Forget(peer.ID)
	Protect(peer.ID)
	// Note keeps how long the exchange after connecting took.
	Note(id peer.ID, exchange time.Duration)
	// Probe closes the connections to a peer if it does not answer in time.
	Probe(context.Context, peer.ID)
}

// Known is what the connector knows of one peer.
type Known struct {
	ID        peer.ID
	Addrs     []ma.Multiaddr
	Static    bool
	Connected bool
	Met       time.Time // start of the last connection; zero: never
	Fails     int       // dials failed in a row
	NextDial  time.Time // zero while connected, or while one is dialed for all
	// Heard is when a source last reported it; zero: never.
	Heard time.Time
	// Exchange is how long the two needed to tell each other of themselves after they
	// had connected last; zero: unknown. See [SlowExchange].
	Exchange time.Duration
	// Failure is why the last dial failed; nil while connected.
	Failure error
}

// New makes a connector. It starts nothing and reads nothing.
func New(c Config) (*Connector, error) {
	if c.Host == nil {
		return nil, errors.New("new connector: no host")
	}
	return newConnector(c, libp2pMesh{c.Host})
}

func newConnector(c Config, m mesh) (*Connector, error) {
	for _, info := range c.Static {
		if info.ID == "" || len(info.Addrs) == 0 {
			return nil, fmt.Errorf("static peer %s: want a peer ID and an address, as in /ip4/192.0.2.1/udp/7131/quic-v1/p2p/12D3…", info)
		}
	}
	if c.Target == 0 {
		c.Target = DefaultTarget
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	connector := &Connector{
		host: m, sources: c.Sources, static: c.Static, target: c.Target, memory: c.Memory, log: c.Log,
		reports: make(chan peer.AddrInfo, reportQueue),
		results: make(chan result, maxDials),
		changes: make(chan struct{}, 1),
		book:    newBook(m.ID(), rand.Float64),
	}
	if c.WatchInterfaces {
		connector.scan = scanLinks
	}
	return connector, nil
}

// Found reports a peer, as a source does. It never blocks.
func (c *Connector) Found(info peer.AddrInfo) {
	select {
	case c.reports <- info:
	default:
	}
}

// NetworkChanged tells that this machine's links have changed, or that it slept: dead
// connections are found, and pauses forgotten. It never blocks.
func (c *Connector) NetworkChanged() {
	select {
	case c.changes <- struct{}{}:
	default:
	}
}

// Known lists the address book, ordered by peer ID.
func (c *Connector) Known() []Known {
	c.mu.Lock()
	defer c.mu.Unlock()
	list, now := make([]Known, 0, len(c.book.entries)), time.Now()
	for _, e := range c.book.entries {
		k := Known{ID: e.id, Addrs: e.all(), Static: e.static, Connected: e.connected, Met: e.met, Fails: e.fails, Heard: e.heard, Exchange: e.exchange}
		if !e.connected {
			k.NextDial, k.Failure = e.ready(now), e.failure
		}
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b Known) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// Run connects until ctx ends. It returns after its sources and dials ended and
// the remembered peers are saved.
func (c *Connector) Run(ctx context.Context) error {
	began := time.Now()
	events, err := c.host.Subscribe()
	if err != nil {
		return fmt.Errorf("run connector: %w", err)
	}
	defer events.Close()
	c.open(began)
	var running sync.WaitGroup
	for _, s := range c.sources {
		running.Go(func() { c.runSource(ctx, s) })
	}
	running.Go(func() { c.saveRegularly(ctx) })
	running.Go(func() { c.watch(ctx) })
	c.loop(ctx, events, &running)
	running.Wait()
	return c.save()
}

// open fills the book with what is known before anything is heard; now is before events
// are followed.
func (c *Connector) open(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.memory != nil {
		saved, err := c.memory.Load()
		if err == nil && saved != nil {
			err = c.book.recall(saved, now)
		}
		if err != nil {
			c.log.Warn("remembered peers are lost", "err", err)
		}
	}
	for _, info := range c.static {
		if info.ID == c.host.ID() {
			continue // one list of static peers may serve a whole group
		}
		if e := c.book.get(info.ID, now); e != nil {
			e.static = true
			e.fix(info.Addrs)
			c.host.Protect(info.ID)
		}
	}
	for _, id := range c.host.Peers() {
		c.book.connect(id, now)
		if e := c.book.entries[id]; e != nil {
			e.measured = now // its exchange may have gone by unheard
		}
	}
}

func (c *Connector) runSource(ctx context.Context, s Source) {
	for {
		err := s.Run(ctx, c.Found)
		if ctx.Err() != nil {
			return
		}
		c.log.Warn("source of peers ended, starting it again", "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(sourcePause):
		}
	}
}

func (c *Connector) loop(ctx context.Context, events event.Subscription, running *sync.WaitGroup) {
	look := time.NewTimer(0)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case info := <-c.reports:
			c.update(func(b *book, now time.Time) { b.hear(info, now) })
		case e, ok := <-events.Out():
			if !ok {
				return
			}
			c.update(func(b *book, now time.Time) { c.follow(b, e, now) })
		case <-c.changes:
			c.log.Info("the network has changed or this device slept, asking neighbours and dialing known peers again")
			running.Go(func() { c.probe(ctx) })
			c.update((*book).networkChanged)
		case r := <-c.results:
			c.update(func(b *book, now time.Time) { c.settle(b, r, now) })
		case <-look.C:
		}
		if next := c.dial(ctx, running); !next.IsZero() {
			look.Reset(time.Until(next))
		}
	}
}

func (c *Connector) update(f func(*book, time.Time)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c.book, time.Now())
}

// follow takes up an event of the host.
func (c *Connector) follow(b *book, e any, now time.Time) {
	switch e := e.(type) {
	case event.EvtPeerConnectednessChanged:
		if e.Connectedness == network.Connected {
			b.connect(e.Peer, now)
		} else {
			b.disconnect(e.Peer, now)
		}
	case event.EvtPeerIdentificationCompleted:
		if known := b.entries[e.Peer]; known != nil && e.Conn != nil {
			known.prove(reachable(e.ListenAddrs, e.Conn.RemoteMultiaddr(), e.Conn.Stat().Direction))
			if known.measure(e.Conn.Stat().Opened, now) {
				c.host.Note(e.Peer, known.exchange)
			}
		}
	}
}

// saveRegularly runs beside the loop, which must not wait for a slow disk.
func (c *Connector) saveRegularly(ctx context.Context) {
	if c.memory == nil {
		return
	}
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := c.save(); err != nil {
				c.log.Warn("remembered peers are not saved", "err", err)
			}
		}
	}
}

// save hands the remembered peers to the memory.
func (c *Connector) save() error {
	if c.memory == nil {
		return nil
	}
	c.mu.Lock()
	saved, err := c.book.remember()
	c.mu.Unlock()
	if err != nil {
		return err
	}
	if err := c.memory.Save(saved); err != nil {
		return fmt.Errorf("save remembered peers: %w", err)
	}
	return nil
}
