// Package hostile is a peer that wants to do harm: it speaks libp2p and raw
// gossipsub like a genuine device and sends what a genuine device never would.
// Tests and the demonstration run it against real devices. The program that
// people install does not contain it.
package hostile

import (
	"context"
	"errors"
	"fmt"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Peer is one hostile peer. Close it.
type Peer struct {
	host   host.Host
	ps     *pubsub.PubSub
	topics map[string]*pubsub.Topic
	stop   context.CancelFunc
}

// New makes a peer that listens nowhere and relays nothing it is sent.
func New(ctx context.Context) (*Peer, error) {
	h, err := libp2p.New(libp2p.NoListenAddrs, libp2p.DisableRelay(), libp2p.DisableMetrics())
	if err != nil {
		return nil, fmt.Errorf("build host: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	ps, err := pubsub.NewGossipSub(ctx, h,
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign), pubsub.WithNoAuthor(),
		pubsub.WithMessageIdFn(func(m *pb.Message) string { return wire.MessageID(m.GetData()) }),
		pubsub.WithFloodPublish(true), pubsub.WithMaxMessageSize(8<<20), pubsub.WithPeerOutboundQueueSize(65536))
	if err != nil {
		stop()
		return nil, errors.Join(err, h.Close())
	}
	return &Peer{h, ps, map[string]*pubsub.Topic{}, stop}, nil
}

// NewBare makes a peer without gossipsub of its own, for [Peer.Flood] and
// [Peer.Announce].
func NewBare() (*Peer, error) {
	h, err := libp2p.New(libp2p.NoListenAddrs, libp2p.DisableRelay(), libp2p.DisableMetrics())
	if err != nil {
		return nil, fmt.Errorf("build host: %w", err)
	}
	return &Peer{host: h, stop: func() {}}, nil
}

// Close ends the peer.
func (p *Peer) Close() error {
	p.stop()
	return p.host.Close()
}

// ID is the peer's libp2p identity.
func (p *Peer) ID() peer.ID { return p.host.ID() }

// Connect dials a victim.
func (p *Peer) Connect(ctx context.Context, victim peer.AddrInfo) error {
	return p.host.Connect(ctx, victim)
}

// Connected reports whether the victim still talks to this peer.
func (p *Peer) Connected(victim peer.ID) bool { return len(p.host.Network().ConnsToPeer(victim)) > 0 }

// Host is the peer's libp2p host, for attacks on other protocols.
func (p *Peer) Host() host.Host { return p.host }

// Join takes part in the topic of a domain's lane.
func (p *Peer) Join(domain wire.ID, lane wire.Lane) error {
	name := wire.Topic(domain, lane)
	if p.topics[name] != nil {
		return nil
	}
	t, err := p.ps.Join(name)
	if err != nil {
		return err
	}
	if _, err := t.Relay(); err != nil {
		return err
	}
	p.topics[name] = t
	return nil
}

// Listeners are the peers that are known to take part in a joined topic.
func (p *Peer) Listeners(domain wire.ID, lane wire.Lane) []peer.ID {
	return p.topics[wire.Topic(domain, lane)].ListPeers()
}

// Send publishes raw bytes on a joined topic, whatever they are.
func (p *Peer) Send(ctx context.Context, domain wire.ID, lane wire.Lane, raw []byte) error {
	t := p.topics[wire.Topic(domain, lane)]
	if t == nil {
		return fmt.Errorf("lane %s was not joined", lane)
	}
	return t.Publish(ctx, raw)
}
