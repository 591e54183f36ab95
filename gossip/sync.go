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
			r.near.everybody() // a domain was pinned: its warnings in force are next door
			continue
		case <-turn.C:
			if peers := r.host.Network().Peers(); len(peers) > 0 {
				r.near.inTurn(peers[rand.IntN(len(peers))])
			}
			turn.Reset(jitter(syncEvery))
			continue
		case <-r.near.wake:
		case <-look.C:
		}
		begin, next := r.near.due(time.Now())
		for _, p := range begin {
			session, stop := context.WithCancel(ctx)
			r.near.began(p, stop)
			running.Go(func() {
				defer stop()
				r.near.ended(p, r.attend(session, p))
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
			r.near.renewed(e.Peer, r.turn(e.Peer))
		}
	case event.EvtPeerProtocolsUpdated: // it was still starting
		if slices.Contains(e.Added, wire.ProtocolCatchUp) {
			r.meet(e.Peer)
			r.near.again(e.Peer)
		}
	case event.EvtPeerConnectednessChanged:
		if e.Connectedness == network.NotConnected {
			r.near.part(e.Peer)
		}
	}
}

// meet compares with a new neighbour.
func (r *Router) meet(p peer.ID) { r.near.meet(p, r.turn(p)) }

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
		r.near.takeCompare(p)
		r.near.takeFresh(p)
		r.near.dropOffers(p)
		return nil // it tells when it does
	}
	compare, begun := r.near.takeCompare(p), time.Now()
	got, err := r.converse(ctx, p, compare)
	if compare && got == 0 && err == nil {
		r.near.costs(p, time.Since(begun))
	}
	if err != nil && ctx.Err() == nil {
		r.log.Debug("catch up", "peer", p, "got", got, "err", err)
	} else if got > 0 {
		r.log.Info("caught up", "peer", p, "envelopes", got)
	}
	return err
}

// announce has news offered to the neighbours that gossip does not bring it to:
// what came by gossip to those it may not flow to yet, or does not reach at all, everything else
// to all but its giver.
func (r *Router) announce(records []Record) {
	hear := r.gossipPeers(records) // before the lock, which gossipsub's loop takes
	now := time.Now()
	r.near.mu.Lock()
	for p, b := range r.near.all {
		young := now.Sub(b.since) < youngLink
		var list []news
		at := now.Add(offerDelay)
		for i := range records {
			rec := &records[i]
			h := &rec.Envelope.Header
			gossiped := r.isGossiped(rec)
			place := wire.Place{Domain: rec.Envelope.Domain(), Lane: h.Lane}
			if rec.From == string(p) || gossiped && !young && hear[place][p] || b.said && !slices.Contains(b.carries, place.Domain) {
				continue
			}
			if gossiped {
				at = now
			}
			list = append(list, news{rec.Envelope.ID(), place})
		}
		if len(list) > 0 {
			b.tell(list, at)
		}
	}
	r.near.mu.Unlock()
	r.near.poke()
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
type Neighbour struct {
	Peer    peer.ID
	Since   time.Time // connected
	Running bool      // a session that this device began is running
	// Complete says, for each lane, when this device last had all that the
	// neighbour had. A lane that is not in it was never compared to its end.
	Complete map[wire.Lane]time.Time
}

// Neighbours lists the connected neighbours. Times are of the monotonic clock's
// process, not of Config.Now.
func (r *Router) Neighbours() []Neighbour {
	r.near.mu.Lock()
	defer r.near.mu.Unlock()
	var list []Neighbour
	for p, b := range r.near.all {
		n := Neighbour{Peer: p, Since: b.since, Running: b.running, Complete: map[wire.Lane]time.Time{}}
		for lane, t := range b.complete {
			n.Complete[lane] = t
		}
		list = append(list, n)
	}
	slices.SortFunc(list, func(a, b Neighbour) int { return slices.Compare([]byte(a.Peer), []byte(b.Peer)) })
	return list
}
