package gossip

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

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// syncLoop holds sessions with neighbours whenever something is due with one: on
// meeting, when there is news that gossip does not bring it, when it offers something,
// and with one in turn every syncEvery.
func (r *Router) syncLoop(ctx context.Context) {
	events, err := r.host.EventBus().Subscribe([]any{new(event.EvtPeerIdentificationCompleted),
		new(event.EvtPeerProtocolsUpdated), new(event.EvtPeerConnectednessChanged)}, eventbus.BufSize(256))
	if err != nil {
		r.log.Error("subscribe to connections", "err", err)
		return
	}
	defer events.Close()
	var running sync.WaitGroup
	defer running.Wait()
	for _, p := range r.host.Network().Peers() {
		r.meet(p)
	}
	turn, look := time.NewTimer(jitter(syncEvery)), time.NewTimer(0)
	defer turn.Stop()
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-events.Out():
			r.neighbourChanged(e)
			continue
		case <-r.refreshed:
			r.near.Everybody(time.Now()) // a domain was pinned: its warnings in force are next door
			continue
		case <-turn.C:
			if peers := r.host.Network().Peers(); len(peers) > 0 {
				r.near.InTurn(peers[rand.IntN(len(peers))], time.Now())
			}
			turn.Reset(jitter(syncEvery))
			continue
		case <-r.near.Wake():
		case <-look.C:
		}
		begin, next := r.near.Due(time.Now())
		for _, p := range begin {
			session, stop := context.WithCancel(ctx)
			r.near.Begun(p, stop)
			running.Go(func() {
				defer stop()
				r.near.Ended(p, r.attend(session, p), time.Now())
			})
		}
		look.Reset(time.Until(next))
	}
}

func (r *Router) neighbourChanged(e any) {
	switch e := e.(type) {
	case event.EvtPeerIdentificationCompleted:
		r.meet(e.Peer)
		if len(r.host.Network().ConnsToPeer(e.Peer)) > 1 {
			r.near.Renewed(e.Peer, r.turn(e.Peer), time.Now())
		}
	case event.EvtPeerProtocolsUpdated: // it was still starting
		if slices.Contains(e.Added, wire.ProtocolCatchUp) {
			r.meet(e.Peer)
			r.near.Again(e.Peer, time.Now())
		}
	case event.EvtPeerConnectednessChanged:
		if e.Connectedness == network.NotConnected {
			r.near.Part(e.Peer)
		}
	}
}

// meet compares with a new neighbour.
func (r *Router) meet(p peer.ID) { r.near.Meet(p, r.turn(p), time.Now()) }

// turn is how long after connecting this device compares with a neighbour: the one
// with the lower peer ID begins at once, for both; the other one when gossip between
// them is sure to flow, because what either learned in between came by neither way.
func (r *Router) turn(p peer.ID) time.Duration {
	if r.host.ID() < p {
		return 0
	}
	return gossipSettles
}

// jitter spreads d over 0.75 to 1.25 of it, so that devices that started
// together do not ask together.
func jitter(d time.Duration) time.Duration {
	return d*3/4 + time.Duration(rand.Int64N(int64(d/2)))
}

// attend holds one session with a neighbour and does all that is due.
func (r *Router) attend(ctx context.Context, p peer.ID) error {
	if speaks, err := r.host.Peerstore().SupportsProtocols(p, wire.ProtocolCatchUp); err == nil && len(speaks) == 0 {
		r.near.TakeCompare(p, time.Now())
		r.near.TakeFresh(p, time.Now())
		r.near.DropOffers(p)
		return nil // it tells when it does
	}
	compare, begun := r.near.TakeCompare(p, time.Now()), time.Now()
	got, err := r.converse(ctx, p, compare)
	if compare && got == 0 && err == nil {
		r.near.Costs(p, time.Since(begun))
	}
	if err != nil && ctx.Err() == nil {
		r.log.Debug("catch up", "peer", p, "got", got, "err", err)
	} else if got > 0 {
		r.log.Info("caught up", "peer", p, "envelopes", got)
	}
	return err
}

// announce has news offered to the neighbours that gossip does not bring it to.
func (r *Router) announce(records []Record) {
	hear := r.gossipPeers(records)
	arrivals := make([]agenda.Arrival[peer.ID], 0, len(records))
	for i := range records {
		rec := &records[i]
		place := wire.Place{Domain: rec.Envelope.Domain(), Lane: rec.Envelope.Header.Lane}
		arrivals = append(arrivals, agenda.Arrival[peer.ID]{News: agenda.News{ID: rec.Envelope.ID(), Place: place},
			From: peer.ID(rec.From), Gossiped: r.isGossiped(rec), Hear: hear[place]})
	}
	r.near.Arrived(arrivals, time.Now())
}

func (r *Router) isGossiped(rec *Record) bool {
	return r.lanes[rec.Envelope.Header.Lane].Gossip && (rec.Means == MeansGossip || rec.Means == MeansLocal)
}

// gossipPeers are the neighbours that take part in the topics of what came by gossip. On a
// machine under load it takes some longer than a young link to say so.
func (r *Router) gossipPeers(records []Record) map[wire.Place]map[peer.ID]bool {
	hear := map[wire.Place]map[peer.ID]bool{}
	for i := range records {
		place := wire.Place{Domain: records[i].Envelope.Domain(), Lane: records[i].Envelope.Header.Lane}
		if hear[place] != nil || !r.isGossiped(&records[i]) {
			continue
		}
		hear[place] = map[peer.ID]bool{}
		r.topicMu.Lock()
		if t := r.topics[wire.Topic(place.Domain, place.Lane)]; t != nil {
			for _, p := range t.topic.ListPeers() {
				hear[place][p] = true
			}
		}
		r.topicMu.Unlock()
	}
	return hear
}

// laneOrder is trust, then the lanes as the node registered them.
func (r *Router) laneOrder() []wire.Lane {
	order := []wire.Lane{wire.LaneTrust}
	for _, l := range r.cfg.Lanes {
		if l.Lane != wire.LaneTrust {
			order = append(order, l.Lane)
		}
	}
	return order
}

// Neighbour is what is known of catching up with one.
type Neighbour = agenda.Neighbour[peer.ID]

// Neighbours lists the connected neighbours. Times are of the monotonic clock's
// process, not of Config.Now.
func (r *Router) Neighbours() []Neighbour { return r.near.List() }
