package catchup

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Run holds sessions with neighbours whenever something is due with one: on
// meeting, when there is news that gossip does not bring it, when it offers something,
// and with one in turn. It returns after they have ended when ctx does.
func (s *Sessions) Run(ctx context.Context) {
	events, err := s.cfg.Host.EventBus().Subscribe([]any{new(event.EvtPeerIdentificationCompleted),
		new(event.EvtPeerIdentificationFailed), new(event.EvtPeerProtocolsUpdated), new(event.EvtPeerConnectednessChanged)}, eventbus.BufSize(256))
	if err != nil {
		s.cfg.Log.Error("subscribe to connections", "err", err)
		return
	}
	defer events.Close()
	var running sync.WaitGroup
	defer running.Wait()
	s.meetAll()
	turn, look := time.NewTimer(Jitter(Every)), time.NewTimer(0)
	defer turn.Stop()
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-events.Out():
			s.neighbourChanged(e)
			continue
		case <-s.refreshed:
			s.cfg.Near.Everybody(time.Now()) // a domain was pinned: its warnings in force are next door
			continue
		case <-turn.C:
			if peers := s.cfg.Host.Network().Peers(); len(peers) > 0 {
				s.cfg.Near.InTurn(peers[rand.IntN(len(peers))], time.Now())
			}
			turn.Reset(Jitter(Every))
			continue
		case <-s.cfg.Near.Wake():
		case <-look.C:
		}
		begin, next := s.cfg.Near.Due(time.Now())
		for _, p := range begin {
			session, stop := context.WithCancel(ctx)
			s.cfg.Near.Begun(p, stop)
			running.Go(func() {
				defer stop()
				s.cfg.Near.Ended(p, s.attend(session, p), time.Now())
			})
		}
		look.Reset(time.Until(next))
	}
}

// meetAll meets those that were there before. Who has not said what it speaks is asked all
// the same: it may have failed to do so before anybody listened.
func (s *Sessions) meetAll() {
	for _, p := range s.cfg.Host.Network().Peers() {
		s.meet(p)
	}
}

func (s *Sessions) neighbourChanged(e any) {
	switch e := e.(type) {
	case event.EvtPeerIdentificationCompleted:
		s.meet(e.Peer)
		// One that is back before libp2p has told that it left is never told to have left.
		isNew := s.cfg.Near.Since(e.Peer).Before(e.Conn.Stat().Opened)
		if isNew || len(s.cfg.Host.Network().ConnsToPeer(e.Peer)) > 1 {
			s.cfg.Near.Renewed(e.Peer, s.turn(e.Peer), time.Now())
		}
	case event.EvtPeerIdentificationFailed: // within 5 s: it is busy, or far away
		s.meet(e.Peer)
	case event.EvtPeerProtocolsUpdated: // it was still starting
		if slices.Contains(e.Added, wire.ProtocolCatchUp) {
			s.meet(e.Peer)
			s.cfg.Near.Again(e.Peer, time.Now())
		}
	case event.EvtPeerConnectednessChanged:
		if e.Connectedness == network.NotConnected {
			s.cfg.Near.Part(e.Peer)
			s.meet(e.Peer) // it may be back, and that may have been told before
		}
	}
}

// meet compares with a new neighbour. One that has left by now is forgotten again: that may
// have been told before.
func (s *Sessions) meet(p peer.ID) {
	s.cfg.Near.Meet(p, s.turn(p), time.Now())
	if s.isHere(p) {
		return
	}
	if s.cfg.Near.Part(p); s.isHere(p) { // it came in between
		s.cfg.Near.Meet(p, s.turn(p), time.Now())
	}
}

func (s *Sessions) isHere(p peer.ID) bool {
	return s.cfg.Host.Network().Connectedness(p) != network.NotConnected
}

// turn is how long after connecting this device compares with a neighbour: the one
// with the lower peer ID begins at once, for both; the other one when gossip between
// them is sure to flow, because what either learned in between came by neither way.
func (s *Sessions) turn(p peer.ID) time.Duration {
	if s.cfg.Host.ID() < p {
		return 0
	}
	return Settles
}

// Jitter spreads d over 0.75 to 1.25 of it, so that devices that started
// together do not ask together.
func Jitter(d time.Duration) time.Duration {
	return d*3/4 + time.Duration(rand.Int64N(int64(d/2)))
}

// attend holds one session with a neighbour and does all that is due.
func (s *Sessions) attend(ctx context.Context, p peer.ID) error {
	if speaks, err := s.cfg.Host.Peerstore().GetProtocols(p); err == nil && len(speaks) > 0 && !slices.Contains(speaks, wire.ProtocolCatchUp) {
		s.cfg.Near.TakeCompare(p, time.Now())
		s.cfg.Near.TakeFresh(p, time.Now())
		s.cfg.Near.DropOffers(p)
		return nil // it tells when it does; who has said nothing yet is asked
	}
	compare, begun := s.cfg.Near.TakeCompare(p, time.Now()), time.Now()
	got, err := s.open(ctx, p, func(c *session) error { return c.run(ctx, compare) })
	if compare && got == 0 && err == nil {
		s.cfg.Near.Costs(p, time.Since(begun))
	}
	if err != nil && ctx.Err() == nil {
		s.cfg.Log.Debug("catch up", "peer", p, "got", got, "err", err)
	} else if got > 0 {
		s.cfg.Log.Info("caught up", "peer", p, "envelopes", got)
	}
	return err
}
