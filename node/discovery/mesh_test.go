package discovery

import (
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/kreidfeuer/kreidfeuer/node/host"
)

// newPair makes two hosts on this machine that are connected by a transport.
func newPair(t *testing.T, transport string) (a, b libp2pMesh) {
	t.Helper()
	var pair [2]libp2pMesh
	for i := range pair {
		_, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		h, err := host.New(host.Config{Key: key, Listen: []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.1/" + transport)}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { h.Close() })
		pair[i] = libp2pMesh{h}
	}
	a, b = pair[0], pair[1]
	if err := a.Connect(t.Context(), peer.AddrInfo{ID: b.ID(), Addrs: b.host.Network().ListenAddresses()}); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// TestProbeThatIsNotAsked: a neighbour that this device may not ask at the moment is not
// taken for dead.
func TestProbeThatIsNotAsked(t *testing.T) {
	for _, transport := range []string{"udp/0/quic-v1", "tcp/0"} {
		t.Run(transport, func(t *testing.T) {
			a, b := newPair(t, transport)
			for range 1000 {
				_, err := a.host.NewStream(t.Context(), b.ID(), ping.ID)
				if errors.Is(err, network.ErrResourceLimitExceeded) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
			if a.Probe(t.Context(), b.ID()); len(a.Peers()) == 0 {
				t.Error("a live neighbour is cut off")
			}
		})
	}
}

// TestProbeThatIsRefused: a neighbour that has no room for the question has answered it.
func TestProbeThatIsRefused(t *testing.T) {
	for _, transport := range []string{"udp/0/quic-v1", "tcp/0"} {
		t.Run(transport, func(t *testing.T) {
			a, b := newPair(t, transport)
			refused := false
			for range 16 {
				if answer := <-ping.Ping(t.Context(), a.host, b.ID()); answer.Error != nil {
					refused = true
					break
				}
			}
			if !refused {
				t.Fatal("the neighbour takes any number of pings")
			}
			if a.Probe(t.Context(), b.ID()); len(a.Peers()) == 0 {
				t.Error("a live neighbour is cut off")
			}
		})
	}
}
