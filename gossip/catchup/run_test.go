package catchup

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/peerstore"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/host/peerstore/pstoremem"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// crowd is a host that knows some peers.
type crowd struct {
	host.Host
	peers []peer.ID
	conns []network.Conn // with each; nil: one
	known peerstore.Peerstore
}

func (c *crowd) ID() peer.ID                    { return "me" } // lower than "p"
func (c *crowd) Network() network.Network       { return crowdNet{c: c} }
func (c *crowd) Peerstore() peerstore.Peerstore { return c.known }

var errNoStream = errors.New("nobody answers")

func (c *crowd) NewStream(context.Context, peer.ID, ...protocol.ID) (network.Stream, error) {
	return nil, errNoStream
}

// crowdNet has connections with each of them.
type crowdNet struct {
	network.Network
	c *crowd
}

func (n crowdNet) Peers() []peer.ID { return n.c.peers }

func (n crowdNet) ConnsToPeer(p peer.ID) []network.Conn {
	if n.c.conns != nil {
		return n.c.conns
	}
	return []network.Conn{callerConn{id: p}}
}

func (n crowdNet) Connectedness(p peer.ID) network.Connectedness {
	if slices.Contains(n.c.peers, p) {
		return network.Connected
	}
	return network.NotConnected
}

func (c callerConn) Stat() network.ConnStats {
	return network.ConnStats{Stats: network.Stats{Opened: c.opened}}
}

func among(t *testing.T, peers ...peer.ID) (*Sessions, *crowd) {
	t.Helper()
	known, err := pstoremem.NewPeerstore()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = known.Close() })
	s, c := sessions(&blank{}), &crowd{peers: peers, known: known}
	s.cfg.Host, s.cfg.Log = c, slog.New(slog.DiscardHandler)
	return s, c
}

// A neighbour that restarts so quickly that nobody was told of its leaving is compared
// with again, once; one that says anew what it speaks is not.
func TestBackBeforeItsLeavingWasTold(t *testing.T) {
	s, _ := among(t, "p")
	met := s.cfg.Near.Since("p")
	if s.cfg.Near.TakeCompare("p", met.Add(2*time.Hour)); s.cfg.Near.TakeCompare("p", met.Add(3*time.Hour)) {
		t.Fatal("a comparison is due without a cause")
	}
	identified := func(opened time.Time) bool {
		s.neighbourChanged(event.EvtPeerIdentificationCompleted{Peer: "p", Conn: callerConn{id: "p", opened: opened}})
		return s.cfg.Near.TakeCompare("p", met.Add(4*time.Hour))
	}
	if identified(met.Add(-time.Second)) {
		t.Error("compared because the old connection said something")
	}
	now := time.Now()
	if !identified(now) {
		t.Error("not compared though the connection is new")
	}
	if identified(now) {
		t.Error("compared twice because of one connection")
	}
}

// Whoever is connected already is met, also who has not said what it speaks: it may have
// failed to do so in time, and nothing more comes.
func TestConnectedBeforeTheStart(t *testing.T) {
	s, c := among(t, "silent", "told")
	if err := c.known.AddProtocols("told", wire.ProtocolCatchUp); err != nil {
		t.Fatal(err)
	}
	s.meetAll()
	later := time.Now().Add(time.Minute)
	if !s.cfg.Near.TakeCompare("told", later) || !s.cfg.Near.TakeCompare("silent", later) {
		t.Error("somebody who is connected is not compared with")
	}
}

// Whoever does not say in time what it speaks, as on a slow link, is asked all the same,
// if it is still there.
func TestIdentificationFails(t *testing.T) {
	s, _ := among(t, "slow")
	s.neighbourChanged(event.EvtPeerIdentificationFailed{Peer: "slow"})
	s.neighbourChanged(event.EvtPeerIdentificationFailed{Peer: "gone"})
	if !s.cfg.Near.TakeCompare("slow", time.Now().Add(time.Minute)) {
		t.Error("no comparison is due")
	}
	if !s.cfg.Near.Since("gone").IsZero() {
		t.Error("who is not connected was met")
	}
}

// What is told of a leaving after the neighbour is back does not have it forgotten.
func TestLeavingToldAfterTheReturn(t *testing.T) {
	s, c := among(t, "p")
	leave := func() {
		s.neighbourChanged(event.EvtPeerConnectednessChanged{Peer: "p", Connectedness: network.NotConnected})
	}
	leave()
	if !s.cfg.Near.TakeCompare("p", time.Now().Add(time.Minute)) {
		t.Error("not compared with, though it is connected")
	}
	c.peers = nil
	leave()
	if !s.cfg.Near.Since("p").IsZero() {
		t.Error("it is remembered, though it is not connected")
	}
}

// Whoever has not said yet what it speaks, as a busy device may not have when the
// comparison is due, is asked all the same; who speaks something else is not.
func TestDueBeforeItIsKnownWhatItSpeaks(t *testing.T) {
	s, c := among(t, "p")
	if err := s.attend(t.Context(), "p"); !errors.Is(err, errNoStream) {
		t.Errorf("%v, want a stream to be tried", err)
	}
	if err := c.known.AddProtocols("p", "/something/else"); err != nil {
		t.Fatal(err)
	}
	if err := s.attend(t.Context(), "p"); err != nil {
		t.Errorf("%v, want nothing to be tried", err)
	}
}

// Whoever has left before its call is answered is not met: nobody would tell that it left.
func TestCallerHasLeft(t *testing.T) {
	s, _ := among(t, "here")
	s.meet("here")
	s.meet("gone")
	if s.cfg.Near.Since("here").IsZero() || !s.cfg.Near.Since("gone").IsZero() {
		t.Error("want who is here to be met, and nobody else")
	}
}
