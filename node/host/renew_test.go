package host

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// TestRenew: a device that comes back under the same identity again and again,
// while its neighbour holds its earlier connections for alive, is let in each time.
func TestRenew(t *testing.T) {
	listen := []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.1/udp/0/quic-v1")}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	stays, err := New(Config{Key: key, Listen: listen})
	if err != nil {
		t.Fatal(err)
	}
	defer stays.Close()
	var id peer.ID
	for life := range 20 {
		back, err := New(Config{Key: other, Listen: listen})
		if err != nil {
			t.Fatal(err)
		}
		id = back.ID()
		defer back.Close() // at the end: until then its neighbour believes in every life
		if err := back.Connect(t.Context(), peer.AddrInfo{ID: stays.ID(), Addrs: stays.Addrs()}); err != nil {
			t.Fatalf("life %d: %v", life+1, err)
		}
		if s, err := back.NewStream(t.Context(), stays.ID(), "/ipfs/ping/1.0.0"); err != nil {
			t.Fatalf("life %d: %v", life+1, err)
		} else {
			_ = s.Close()
		}
	}
	deadline := time.After(10 * time.Second)
	for len(stays.Network().ConnsToPeer(id)) > maxPerPeer {
		select {
		case <-deadline:
			t.Fatalf("%d connections stay, want at most %d", len(stays.Network().ConnsToPeer(id)), maxPerPeer)
		case <-time.After(2 * time.Millisecond):
		}
	}
}
