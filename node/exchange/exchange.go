package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/kreidfeuer/kreidfeuer/node/discovery"
)

// Protocol is the name of the exchange.
const Protocol protocol.ID = "/kreidfeuer/peers/1"

const (
	// enough is the number of neighbours from which on nobody is asked.
	enough = discovery.DefaultTarget / 2

	// answerGap is the least time between two answers to one neighbour.
	answerGap = time.Minute

	// maxAsked bounds the neighbours whose last answer is remembered.
	maxAsked = 1024

	// timeout bounds one exchange: a slow radio link.
	timeout = 15 * time.Second
)

// Exchange answers neighbours and asks new ones. Make one with [New].
type Exchange struct {
	host    host.Host
	log     *slog.Logger
	subnets func() []netip.Prefix

	mu       sync.Mutex
	answered map[peer.ID]time.Time
}

var _ discovery.Source = (*Exchange)(nil)

// New makes the exchange of a host. It starts nothing. A nil log discards.
func New(h host.Host, log *slog.Logger) *Exchange {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Exchange{host: h, log: log, subnets: ownSubnets, answered: map[peer.ID]time.Time{}}
}

func ownSubnets() (list []netip.Prefix) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil // then no private address is on a link of ours
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			if p, err := netip.ParsePrefix(n.String()); err == nil {
				list = append(list, p)
			}
		}
	}
	return list
}

// Run implements [discovery.Source].
func (x *Exchange) Run(ctx context.Context, found func(peer.AddrInfo)) error {
	met, err := x.host.EventBus().Subscribe(new(event.EvtPeerIdentificationCompleted), eventbus.Name("exchange"), eventbus.BufSize(256))
	if err != nil {
		return fmt.Errorf("run exchange: %w", err)
	}
	defer met.Close()
	var running sync.WaitGroup
	defer running.Wait()
	x.host.SetStreamHandler(Protocol, x.answer)
	defer x.host.RemoveStreamHandler(Protocol)
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-met.Out():
			if !ok {
				return errors.New("run exchange: the host is closed")
			}
			p := e.(event.EvtPeerIdentificationCompleted).Peer
			if len(x.host.Network().Peers()) <= enough {
				running.Go(func() { x.ask(ctx, p, found) })
			}
		}
	}
}

// ask asks one neighbour. A device that lacks the protocol refuses the stream.
func (x *Exchange) ask(ctx context.Context, p peer.ID, found func(peer.AddrInfo)) {
	ctx, cancel := context.WithTimeout(network.WithNoDial(ctx, "exchange"), timeout)
	defer cancel()
	s, err := x.host.NewStream(ctx, p, Protocol)
	if err != nil {
		return
	}
	defer s.Close()
	stop := context.AfterFunc(ctx, func() { s.Reset() })
	defer stop()
	s.CloseWrite()
	data, err := io.ReadAll(io.LimitReader(s, maxAnswer+1))
	if err != nil {
		return
	}
	peers, err := decodeAnswer(data)
	if err != nil {
		x.log.Debug("a neighbour's list of neighbours is not taken", "peer", p, "err", err)
		return
	}
	from := addrOf(s.Conn().RemoteMultiaddr())
	for _, info := range peers {
		var addrs []ma.Multiaddr
		for _, a := range info.Addrs {
			if a, ok := heard(a, from); ok {
				addrs = append(addrs, a)
			}
		}
		if info.ID != x.host.ID() && len(addrs) > 0 {
			found(peer.AddrInfo{ID: info.ID, Addrs: addrs})
		}
	}
}

// answer serves one stream.
func (x *Exchange) answer(s network.Stream) {
	defer s.Close()
	s.SetDeadline(time.Now().Add(timeout))
	var peers []peer.AddrInfo
	if x.allow(s.Conn().RemotePeer(), time.Now()) {
		peers = x.choose(s.Conn().RemotePeer(), addrOf(s.Conn().RemoteMultiaddr()))
	}
	data, err := encodeAnswer(peers)
	if err == nil {
		_, err = s.Write(data)
	}
	if err != nil {
		s.Reset()
	}
}

// allow lets each neighbour ask once in a while.
func (x *Exchange) allow(p peer.ID, now time.Time) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	for id, at := range x.answered {
		if now.Sub(at) >= answerGap {
			delete(x.answered, id)
		}
	}
	if _, ok := x.answered[p]; ok || len(x.answered) >= maxAsked {
		return false
	}
	x.answered[p] = now
	return true
}

// choose draws neighbours to tell to asker, who is at to.
func (x *Exchange) choose(asker peer.ID, to netip.Addr) (chosen []peer.AddrInfo) {
	subnets := x.subnets()
	all := x.host.Network().Peers()
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, p := range all {
		if len(chosen) == maxPeers {
			break
		}
		if p == asker {
			continue
		}
		if addrs := x.reached(p, to, subnets); len(addrs) > 0 {
			chosen = append(chosen, peer.AddrInfo{ID: p, Addrs: addrs})
		}
	}
	return chosen
}

// reached lists the addresses at which a neighbour listens and is connected to us
// now, as far as they may be told.
func (x *Exchange) reached(p peer.ID, to netip.Addr, subnets []netip.Prefix) (addrs []ma.Multiaddr) {
	for _, c := range x.host.Network().ConnsToPeer(p) {
		at := addrOf(c.RemoteMultiaddr())
		if !mayTell(at, to, subnets) {
			continue
		}
		claimed := x.host.Peerstore().Addrs(p)
		if c.Stat().Direction == network.DirOutbound {
			claimed = append([]ma.Multiaddr{c.RemoteMultiaddr()}, claimed...)
		}
		for _, a := range claimed {
			if a = told(a); len(addrs) < maxAddrs && isDialable(a) && addrOf(a) == addrOf(told(c.RemoteMultiaddr())) && !ma.Contains(addrs, a) {
				addrs = append(addrs, a)
			}
		}
	}
	return addrs
}
