package host

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

type endpoints struct{ remote ma.Multiaddr }

func (e endpoints) LocalMultiaddr() ma.Multiaddr  { return ma.StringCast("/ip4/0.0.0.0/tcp/1") }
func (e endpoints) RemoteMultiaddr() ma.Multiaddr { return e.remote }

func TestBanEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBans()
		b.Ban("junk", nil, time.Now().Add(time.Minute))
		if b.InterceptPeerDial("junk") || b.InterceptSecured(network.DirInbound, "junk", endpoints{}) {
			t.Error("a banned peer is let in")
		}
		if !b.InterceptPeerDial("other") {
			t.Error("another peer is refused")
		}
		time.Sleep(time.Minute)
		if !b.InterceptPeerDial("junk") {
			t.Error("refused after the ban ended")
		}
		if got, want := b.Counts(), (BanCounts{RefusedPeers: 2}); got != want {
			t.Errorf("counts %+v, want %+v", got, want)
		}
	})
}

func TestAddressRule(t *testing.T) {
	tests := []struct {
		name    string
		format  string // of the junk peers' remote addresses
		peers   int
		from    string
		refused bool
	}{
		{"one bad neighbour", "/ip4/203.0.113.5/tcp/%d", 1, "/ip4/203.0.113.5/tcp/9", false},
		{"one below the limit", "/ip4/203.0.113.5/tcp/%d", addressStrikes - 1, "/ip4/203.0.113.5/tcp/9", false},
		{"at the limit", "/ip4/203.0.113.5/tcp/%d", addressStrikes, "/ip4/203.0.113.5/tcp/9", true},
		{"other transport", "/ip4/203.0.113.5/udp/%d/quic-v1", addressStrikes, "/ip4/203.0.113.5/tcp/9", true},
		{"as IPv4 in IPv6", "/ip6/::ffff:203.0.113.5/tcp/%d", addressStrikes, "/ip4/203.0.113.5/tcp/9", true},
		{"neighbouring address", "/ip4/203.0.113.5/tcp/%d", addressStrikes, "/ip4/203.0.113.6/tcp/9", false},
		{"same /64", "/ip6/fd00::1/tcp/%d", addressStrikes, "/ip6/fd00::2/tcp/9", false},
		{"loopback never", "/ip4/127.0.0.1/tcp/%d", 1000, "/ip4/127.0.0.1/tcp/9", false},
		{"loopback in IPv6 never", "/ip6/::1/tcp/%d", 1000, "/ip6/::1/tcp/9", false},
		{"no address", "/dns4/example.org/tcp/%d", 1000, "/dns4/example.org/tcp/9", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := NewBans()
				for i := range test.peers {
					b.Ban(peer.ID(fmt.Sprint(i)), ma.StringCast(fmt.Sprintf(test.format, i+1)), time.Now().Add(time.Minute))
				}
				from := ma.StringCast(test.from)
				if got := !b.InterceptAccept(endpoints{from}); got != test.refused {
					t.Errorf("refused %v, want %v", got, test.refused)
				}
				if got := !b.InterceptAddrDial("honest", from); got != test.refused {
					t.Errorf("dial refused %v, want %v", got, test.refused)
				}
				time.Sleep(time.Minute)
				if !b.InterceptAccept(endpoints{from}) {
					t.Error("refused after the bans ended")
				}
			})
		})
	}
}

func TestBansAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBans()
		at := func(i int) ma.Multiaddr {
			return ma.StringCast(fmt.Sprintf("/ip4/10.0.%d.%d/tcp/1", i>>8&255, i&255))
		}
		for i := range maxBans + 100 {
			b.Ban(peer.ID(fmt.Sprint(i)), at(i), time.Now().Add(time.Hour+time.Duration(i)*time.Second))
		}
		if got := b.Counts(); got.Peers != maxBans || got.Addresses != maxBans {
			t.Errorf("%d peers and %d addresses, want %d", got.Peers, got.Addresses, maxBans)
		}
		if !b.InterceptPeerDial("0") || b.InterceptPeerDial(peer.ID(fmt.Sprint(maxBans+99))) {
			t.Error("want the ban that ends first to give way")
		}
		for i := range maxBans + 100 {
			b.Lift(peer.ID(fmt.Sprint(i)))
		}
		if len(b.peers) != 0 || len(b.byIP) != 0 {
			t.Errorf("%d peers and %d addresses left after lifting", len(b.peers), len(b.byIP))
		}
	})
}
