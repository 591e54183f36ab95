package gossip

import (
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

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

// Neighbour is what is known of catching up with one.
type Neighbour = agenda.Neighbour[peer.ID]

// Neighbours lists the connected neighbours. Times are of the monotonic clock's
// process, not of Config.Now.
func (r *Router) Neighbours() []Neighbour { return r.near.List() }
