package internet

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	corehost "github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	nodehost "github.com/kreidfeuer/kreidfeuer/node/host"
)

func newHost(t *testing.T, options []libp2p.Option) corehost.Host {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h, err := nodehost.New(nodehost.Config{Key: key, Listen: []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.1/udp/0/quic-v1")}, Options: options})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// TestFindByTheThird: two devices know a third alone, which serves the DHT; those
// of one domain find each other by it, and not one of another domain.
func TestFindByTheThird(t *testing.T) {
	domain, other := wire.ID{1, 1}, wire.ID{1, 2}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 4)
	running := 0
	start := func(h corehost.Host, d wire.ID, serve bool, bootstrap ...peer.AddrInfo) <-chan peer.AddrInfo {
		t.Helper()
		f, err := New(Config{Host: h, Bootstrap: bootstrap, Domains: func() []wire.ID { return []wire.ID{d} }, Serve: serve})
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range bootstrap { // as the connector does with static peers
			if err := h.Connect(ctx, b); err != nil {
				t.Fatal(err)
			}
		}
		found := make(chan peer.AddrInfo, 64)
		running++
		go func() { done <- f.Run(ctx, func(info peer.AddrInfo) { found <- info }) }()
		return found
	}
	third := newHost(t, Options(nil, true))
	start(third, other, true)
	known := peer.AddrInfo{ID: third.ID(), Addrs: third.Addrs()}
	a := newHost(t, Options([]peer.AddrInfo{known}, false))
	b := newHost(t, Options([]peer.AddrInfo{known}, false))
	stranger := newHost(t, Options([]peer.AddrInfo{known}, false))
	foundByA, foundByB := start(a, domain, false, known), start(b, domain, false, known)
	start(stranger, other, false, known)

	began := time.Now()
	timeout := time.After(30 * time.Second)
	for foundByA != nil || foundByB != nil {
		var info peer.AddrInfo
		select {
		case info = <-foundByA:
			if info.ID == b.ID() {
				foundByA = nil
				if err := a.Connect(ctx, info); err != nil {
					t.Errorf("connect to what was found: %v", err)
				}
			}
		case info = <-foundByB:
			if info.ID == a.ID() {
				foundByB = nil
			}
		case <-timeout:
			t.Fatal("two devices did not find each other by the third within 30 s")
		}
		if info.ID == stranger.ID() || info.ID == third.ID() {
			t.Error("found a device of another domain")
		}
	}
	t.Logf("found each other after %s", time.Since(began).Round(time.Millisecond))
	cancel()
	for range running {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestRendezvous(t *testing.T) {
	// The name is part of the protocol: devices of all versions meet under it.
	const want = "bafkreihdycj6z7xxmnfso4mgwhsyzd7kbmeqiqzkmftvhdsduzz74lv2x4"
	if got := Rendezvous(wire.ID{1, 2, 3}).String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if Rendezvous(wire.ID{1}) == Rendezvous(wire.ID{2}) {
		t.Error("two domains meet under one name")
	}
}
