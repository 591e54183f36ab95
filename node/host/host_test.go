package host

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

func newTestHost(t *testing.T, c Config) host.Host {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.Key = key
	h, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func loopback(transport string) []ma.Multiaddr {
	return []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.1/" + transport)}
}

func TestHostsConnect(t *testing.T) {
	for _, transport := range []string{"udp/0/quic-v1", "tcp/0"} {
		t.Run(transport, func(t *testing.T) {
			a := newTestHost(t, Config{Listen: loopback(transport)})
			b := newTestHost(t, Config{Listen: loopback(transport)})
			if err := a.Connect(t.Context(), peer.AddrInfo{ID: b.ID(), Addrs: b.Network().ListenAddresses()}); err != nil {
				t.Fatal(err)
			}
			if a.ID() == b.ID() || a.Network().Connectedness(b.ID()) != network.Connected {
				t.Error("not connected to another device")
			}
		})
	}
}

func TestSecondDeviceGetsItsOwnPorts(t *testing.T) {
	ports := map[string]bool{}
	for range 2 { // the fixed port may be taken before the first, too
		h := newTestHost(t, Config{})
		if len(h.Network().ListenAddresses()) < 2 {
			t.Fatalf("listens on %v only", h.Network().ListenAddresses())
		}
		for _, a := range h.Network().ListenAddresses() {
			if ports[a.String()] {
				t.Errorf("two devices listen on %s", a)
			}
			ports[a.String()] = true
		}
	}
}

func TestChosenAddressMustSucceed(t *testing.T) {
	for _, transport := range []string{"tcp/0", "udp/0/quic-v1"} {
		taken := newTestHost(t, Config{Listen: loopback(transport)}).Network().ListenAddresses()
		_, key, _ := ed25519.GenerateKey(rand.Reader)
		if h, err := New(Config{Key: key, Listen: taken}); err == nil {
			h.Close()
			t.Errorf("listened on %s, which is taken", taken)
		}
	}
}

func TestBannedPeerIsRefused(t *testing.T) {
	bans := NewBans()
	a := newTestHost(t, Config{Listen: loopback("udp/0/quic-v1"), Bans: bans})
	b := newTestHost(t, Config{Listen: loopback("udp/0/quic-v1")})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	bans.Ban(b.ID(), nil, time.Now().Add(time.Hour))
	if err := a.Connect(ctx, peer.AddrInfo{ID: b.ID(), Addrs: b.Addrs()}); err == nil {
		t.Error("dialed a banned peer")
	}
	// QUIC's dialer may see the handshake succeed before the other side refuses.
	b.Connect(ctx, peer.AddrInfo{ID: a.ID(), Addrs: a.Addrs()})
	for bans.Counts().RefusedPeers < 2 && ctx.Err() == nil {
		if _, err := b.NewStream(ctx, a.ID(), "/ipfs/ping/1.0.0"); err == nil {
			t.Fatal("a banned peer opened a stream")
		}
	}
	if a.Network().Connectedness(b.ID()) == network.Connected {
		t.Error("accepted a banned peer")
	}
}

// TestLocalNetworkFits opens as many connections as a full meeting hall brings,
// all from one prefix, which libp2p's default limits cut off at 8.
func TestLocalNetworkFits(t *testing.T) {
	tests := []struct {
		name, format string
		opens, want  int
	}{
		{"ULA in one /64", "/ip6/fd00::%x/udp/7131/quic-v1", 500, 500},
		{"private IPv4", "/ip4/192.168.1.%d/udp/7131/quic-v1", 250, 250},
		{"one private IPv4", "/ip4/10.0.0.1/udp/%d/quic-v1", 200, 200},
		{"loopback", "/ip4/127.0.0.1/udp/%d/quic-v1", 500, 500},
		{"global IPv6 in one /64", "/ip6/2001:db8::%x/udp/7131/quic-v1", 200, maxPerPublicIP},
		{"one public IPv4", "/ip4/192.0.2.1/udp/%d/quic-v1", 200, maxPerPublicIP},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := newResourceManager()
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			opened := 0
			for i := range test.opens {
				c, err := m.OpenConnection(network.DirInbound, false, ma.StringCast(fmt.Sprintf(test.format, i+1)))
				if err != nil {
					continue
				}
				if err := c.SetPeer(peer.ID(fmt.Sprint("peer", i))); err != nil {
					t.Fatal(err)
				}
				opened++
			}
			if opened != test.want {
				t.Errorf("%d of %d connections, want %d", opened, test.opens, test.want)
			}
		})
	}
}
