package discovery

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// ground is a simulated link for beacons: it carries packets and counts them.
type ground struct {
	devices  []*beaconDevice
	packets  int
	filtered bool // multicast does not get through
}

// beaconDevice is a device on the ground, whose packets are taken up at once: the
// test drives all devices from one goroutine.
type beaconDevice struct {
	*beaconer
	at    *ground
	ip    netip.Addr
	index int
	found map[peer.ID][]time.Time
	addrs map[peer.ID][]ma.Multiaddr
}

// groundSocket is a device's socket.
type groundSocket struct{ d *beaconDevice }

func (groundSocket) serves(link) bool               { return true }
func (groundSocket) join(link) error                { return nil }
func (groundSocket) receive([]byte) (packet, error) { return packet{}, net.ErrClosed }
func (groundSocket) Close() error                   { return nil }
func (s groundSocket) send(_ link, data []byte) error {
	g := s.d.at
	g.packets++
	for _, d := range g.devices {
		if !g.filtered {
			d.receive(packet{data, d.index, true, netip.AddrPortFrom(s.d.ip, beaconPort)}, time.Now())
		}
	}
	return nil
}

func (g *ground) add(t testing.TB, n byte, prefixes ...string) *beaconDevice {
	key, id := testKey(t, n)
	d := &beaconDevice{at: g, index: 2, found: map[peer.ID][]time.Time{}, addrs: map[peer.ID][]ma.Multiaddr{}}
	d.ip = netip.MustParsePrefix(prefixes[0]).Addr()
	listen := func() []ma.Multiaddr { return addrs("/ip4/0.0.0.0/udp/7131/quic-v1", "/ip6/::/udp/7131/quic-v1") }
	d.beaconer = newBeaconer(key, id, []multicast{groundSocket{d}}, listen, func(i peer.AddrInfo) {
		d.found[i.ID] = append(d.found[i.ID], time.Now())
		d.addrs[i.ID] = i.Addrs
	}, discard)
	g.devices = append(g.devices, d)
	d.refresh(func() ([]link, error) { return []link{testLink(d.index, prefixes...)}, nil })
	return d
}

// pass lets the time pass.
func (g *ground) pass(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		for _, d := range g.devices {
			d.work(time.Now())
		}
	}
}

func TestBeaconTellsWhatIsOnTheLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &ground{}
		a := g.add(t, 1, "10.0.0.1/24", "fe80::1/64")
		b := g.add(t, 2, "10.0.0.2/24")
		g.pass(time.Second)
		want := []string{"/ip4/10.0.0.1/udp/7131/quic-v1", "/ip6/fd9c:6e1b:0:2::1/udp/7131/quic-v1"}
		if got := texts(b.addrs[a.self]); !slices.Equal(got, want) {
			t.Fatalf("heard %v, want %v", got, want)
		}

		moved := testLink(2, "10.9.0.1/24")
		a.refresh(func() ([]link, error) { return []link{moved}, nil })
		g.pass(time.Second)
		if got := texts(b.addrs[a.self]); !slices.Equal(got, []string{"/ip4/10.9.0.1/udp/7131/quic-v1"}) {
			t.Errorf("after the move heard %v", got)
		}
	})
}

func TestBeaconsScaleWithNeighbours(t *testing.T) {
	for _, n := range []int{2, 20, 100} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &ground{}
				for i := range n {
					g.add(t, byte(i+1), fmt.Sprintf("10.0.0.%d/24", i+1))
				}
				g.pass(5 * time.Minute) // until all have counted each other
				g.packets = 0
				g.pass(10 * time.Minute)
				perSecond := float64(g.packets) / 600
				t.Logf("%d devices: %.2f packets a second on the link", n, perSecond)
				if least := max(1, float64(n)/60); perSecond > 1.3*least {
					t.Errorf("want at most %.1f", 1.3*least)
				}

				began := time.Now()
				late := g.add(t, 200, "10.0.0.200/24")
				g.pass(15 * time.Second)
				for _, d := range g.devices[:n] {
					if when := d.found[late.self]; len(when) == 0 || when[0].Sub(began) > 200*time.Millisecond {
						t.Fatal("a newcomer is not heard at once")
					}
				}
				if len(late.found) == 0 {
					t.Error("a newcomer hears nobody in 15 s")
				}
			})
		})
	}
}

func TestBeaconReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &ground{}
		a := g.add(t, 1, "10.0.0.1/24")
		key, id := testKey(t, 2)
		from := netip.MustParseAddrPort("10.0.0.2:7133")
		send := func(seq uint64, addr string) {
			data, err := newBeaconPacket(key, Record{ID: id, Addrs: addrs(addr), Seq: seq})
			if err != nil {
				t.Fatal(err)
			}
			a.receive(packet{data, 2, true, from}, time.Now())
		}
		send(100, "/ip4/10.0.0.2/tcp/1")
		send(99, "/ip4/10.0.0.3/tcp/1")
		if got := texts(a.addrs[id]); got[0] != "/ip4/10.0.0.2/tcp/1" || len(a.found[id]) != 1 {
			t.Errorf("a replay counts: %v", got)
		}
		time.Sleep(replayWindow)
		send(1, "/ip4/10.0.0.4/tcp/1") // its clock was set back
		if got := texts(a.addrs[id]); got[0] != "/ip4/10.0.0.4/tcp/1" {
			t.Errorf("a clock that was set back silences a neighbour: %v", got)
		}
	})
}

func TestBeaconIsCredible(t *testing.T) {
	l := testLink(2, "10.0.0.1/24", "203.0.113.1/28")
	said := addrs("/ip4/10.0.0.2/tcp/1", "/ip4/192.168.9.9/tcp/1", "/ip4/203.0.113.2/tcp/1", "/ip4/198.51.100.1/tcp/1",
		"/ip6/fe80::1/udp/1/quic-v1", "/ip6/2001:db8::1/tcp/1", "/ip6/2001:db8::2/tcp/1", "/ip4/169.254.1.1/tcp/1")
	got := texts(credible(said, l, netip.MustParseAddr("2001:db8::2")))
	want := []string{"/ip4/10.0.0.2/tcp/1", "/ip4/192.168.9.9/tcp/1", "/ip4/203.0.113.2/tcp/1",
		"/ip6/fe80::1/udp/1/quic-v1", "/ip6/2001:db8::2/tcp/1", "/ip4/169.254.1.1/tcp/1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBeaconFloodIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &ground{}
		a := g.add(t, 1, "10.0.0.1/24")
		from := netip.MustParseAddrPort("10.0.0.2:7133")
		for n := range 256 {
			key, id := testKey(t, byte(n))
			data, err := newBeaconPacket(key, Record{ID: id, Addrs: addrs("/ip4/10.0.0.2/tcp/1"), Seq: 1})
			if err != nil {
				t.Fatal(err)
			}
			a.receive(packet{data, 2, true, from}, time.Now())
			a.receive(packet{data, 3, true, from}, time.Now())                                       // another link's
			a.receive(packet{data, 2, false, netip.MustParseAddrPort("192.0.2.1:7133")}, time.Now()) // routed here
		}
		if len(a.found) > beaconCheckBurst {
			t.Errorf("%d signatures checked in no time, want at most %d", len(a.found), beaconCheckBurst)
		}
		s := a.links[2]
		for n := range 2 * maxHeard {
			s.heard[peer.ID(fmt.Sprint(n))] = &neighbor{heard: time.Now()}
		}
		if got := a.interval(s, time.Now()); got > beaconSeldom*5/4 {
			t.Errorf("liars stretch the interval to %s", got)
		}
	})
}

func TestBroadcastOf(t *testing.T) {
	for prefix, want := range map[string]string{
		"10.1.2.3/24": "10.1.2.255", "10.1.2.3/8": "10.255.255.255", "192.0.2.129/26": "192.0.2.191",
		"10.1.2.3/31": "", "10.1.2.3/32": "", "fe80::1/64": "",
	} {
		at, ok := broadcastOf(netip.MustParsePrefix(prefix))
		if ok != (want != "") || ok && at.String() != want {
			t.Errorf("%s: %s, %v; want %q", prefix, at, ok, want)
		}
	}
}

// TestBroadcastOnlyWhileNeeded: broadcast wakes every device of a link.
func TestBroadcastOnlyWhileNeeded(t *testing.T) {
	b := &beaconer{sockets: []multicast{groundSocket{}, broadcast{}}}
	l := testLink(2, "10.0.0.1/24")
	l.iface.Flags |= net.FlagBroadcast
	now := time.Unix(1_800_000_000, 0)
	s := &beaconLink{link: l}
	if got := len(b.inTurn(s, now)); got != 2 {
		t.Errorf("%d sockets, want broadcast too while nobody is heard", got)
	}
	s.grouped = now
	if got := len(b.inTurn(s, now)); got != 1 {
		t.Errorf("%d sockets, want the group alone", got)
	}
}
