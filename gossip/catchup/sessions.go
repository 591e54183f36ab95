package catchup

import (
	"context"
	"errors"
	"io"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/meter"
	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// ErrUnasked is the error of what a neighbour sends that nobody asked for. It ends the session.
var ErrUnasked = errors.New("more answers than questions")

// Stock is what a device holds of envelopes, and its one way in. It must be safe for
// concurrent use.
type Stock interface {
	// Ask and Answer begin a comparison of a place, of what is held at a time.
	Ask(p wire.Place) (x *recon.Session, at time.Time)
	Answer(p wire.Place) (x *recon.Session, at time.Time)
	// Compared is told what a comparison of what was held at a time has found that a
	// neighbour lacks, if that is all that it lacks.
	Compared(p peer.ID, place wire.Place, at time.Time, lacks []wire.Item)
	// Known returns the entries of those envelopes that are held.
	Known(items []wire.Item) []*ledger.Entry
	// Lacks reports whether an offered item is worth having.
	Lacks(o *stream.Offered) bool
	// Give yields each envelope in its transmitted form, with its chain if asked to; nil
	// if it is not here. An error is the last that it yields.
	Give(ctx context.Context, ids []wire.ID, chains bool) iter.Seq2[[]byte, error]
	// Take judges what a neighbour gave, as of a place, and has it written. It returns once
	// that is under way; durable waits until it is on the disk, and is nil if nothing was
	// accepted. The error is this device's own trouble.
	Take(ctx context.Context, g Given) (results []Result, durable func(context.Context) error, err error)
}

// Given is what a neighbour gave when it was asked for some items.
type Given struct {
	By    peer.ID
	Place wire.Place
	Asked []stream.Offered
	Raws  [][]byte
}

// Result is what became of one envelope that was given.
type Result struct {
	ID  wire.ID // zero if it could not be read
	Err error   // ErrUnasked, or why it was refused; nil: it was accepted
}

// Config configures Sessions. All fields but the functions are needed.
type Config struct {
	Host  host.Host
	Stock Stock
	Pool  *identity.Pool              // whose domains are carried
	Near  *agenda.Neighbours[peer.ID] // what is due
	Peers *meter.Peers                // what is allowed
	Lanes []wire.Lane                 // that are carried, in the order in which they catch up: trust first
	Now   func() time.Time            // this device's clock, told to neighbours
	Log   *slog.Logger
	// OnHello is told a neighbour's clock. Must not block. Nil: nobody is.
	OnHello func(p peer.ID, theirs, ours time.Time)
	// OnCaller is told who begins a session. Must not block. Nil: nobody is.
	OnCaller func(p peer.ID)
}

// Sessions are the sessions of one device. Make them with [New]; nothing happens
// before [Sessions.Run].
type Sessions struct {
	cfg       Config
	refreshed chan struct{}

	mu      sync.Mutex // guards serving
	serving map[*served]struct{}
}

// New assembles Sessions. It starts nothing.
func New(c Config) *Sessions {
	return &Sessions{cfg: c, refreshed: make(chan struct{}, 1), serving: map[*served]struct{}{}}
}

// CatchUp compares every lane with a neighbour and fetches what this device
// lacks, trust first, then the lanes in their order, the most urgent first. What the
// neighbour lacks is offered to it. It returns how many envelopes were accepted.
func (s *Sessions) CatchUp(ctx context.Context, p peer.ID) (int, error) {
	return s.open(ctx, p, func(c *session) error { return c.run(ctx, true) })
}

// Fetch asks a neighbour for some envelopes of a place with their chains, by a session
// that does nothing else: another one may be busy for minutes. It does not wait for
// others who were asked for the same, and returns how many envelopes were accepted.
func (s *Sessions) Fetch(ctx context.Context, p peer.ID, place wire.Place, list []stream.Offered) (int, error) {
	return s.open(ctx, p, func(c *session) error {
		if err := c.f.Write(s.hello()); err != nil { // it leaves with the request
			return err
		}
		c.early, c.aside, c.hasty = true, true, true
		if err := c.pull(ctx, place, list, true); err != nil {
			return err
		}
		return errors.Join(c.durable(ctx), c.f.Send(stream.Frame{Kind: stream.End}))
	})
}

// Converse holds a session over rw, as the asking side: it offers news, takes up
// offers, and compares if asked to. It returns how many envelopes were accepted.
func (s *Sessions) Converse(ctx context.Context, p peer.ID, rw io.ReadWriter, compare bool) (int, error) {
	c := s.session(p, rw)
	err := c.run(ctx, compare)
	return c.got, err
}

// Answer answers a session over rw.
func (s *Sessions) Answer(ctx context.Context, p peer.ID, rw io.ReadWriter) error {
	a := &answering{s: s, p: p, f: stream.New(rw, maxFrame)}
	return a.run(ctx)
}

// Refresh has all neighbours compared with: a domain was added.
func (s *Sessions) Refresh() {
	select {
	case s.refreshed <- struct{}{}:
	default:
	}
}

func (s *Sessions) hello() stream.Frame {
	return stream.Frame{Kind: stream.Hello, Time: uint64(max(0, s.cfg.Now().Unix())), Domains: s.cfg.Pool.Domains()}
}
