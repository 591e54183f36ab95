package discovery

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// segment is a simulated link: every packet reaches every device but for the
// sender's own sockets, and is counted.
type segment struct {
	mu      sync.Mutex
	devices []*linkDevice
	asked   int
	told    int
}

// linkDevice is one device with its responder on one or two segments.
type linkDevice struct {
	id       peer.ID
	segments map[int]*segment // by interface index

	mu       sync.Mutex
	links    []link
	scanErr  error
	found    map[peer.ID][]time.Duration
	addrs    map[peer.ID][]ma.Multiaddr
	start    time.Time
	received chan packet
	changes  chan any
	failed   chan error
}

func newLinkDevice(t *testing.T, n int, segments map[int]*segment, links ...link) *linkDevice {
	d := &linkDevice{id: testID(n), segments: segments, links: links, found: map[peer.ID][]time.Duration{}, addrs: map[peer.ID][]ma.Multiaddr{},
		start: time.Now(), received: make(chan packet, packetQueue), changes: make(chan any, 1), failed: make(chan error, 1)}
	for _, s := range segments {
		s.mu.Lock()
		s.devices = append(s.devices, d)
		s.mu.Unlock()
	}
	listening := func() []ma.Multiaddr { return addrs("/ip4/0.0.0.0/udp/7131/quic-v1", "/ip4/0.0.0.0/tcp/7131") }
	r := newResponder(d.id, newQuery(uint16(n)), []multicast{d}, listening, d.hear, discard)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- speak(ctx, r, d.scan, d.changes, d.received, d.failed) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *linkDevice) serves(link) bool { return true }
func (d *linkDevice) join(link) error  { return nil }
func (d *linkDevice) Close() error     { return nil }

func (d *linkDevice) receive([]byte) (packet, error) { return packet{}, net.ErrClosed }

func (d *linkDevice) send(l link, data []byte) error {
	s := d.segments[l.iface.Index]
	s.mu.Lock()
	defer s.mu.Unlock()
	if m, err := parseMessage(data); err != nil {
		return err
	} else if m.asked {
		s.asked++
	} else {
		s.told++
	}
	for _, o := range s.devices {
		for index, at := range o.segments {
			if at == s {
				select {
				case o.received <- packet{data, index, true, netip.AddrPortFrom(l.prefixes[0].Addr(), mdnsPort)}:
				default:
				}
			}
		}
	}
	return nil
}

func (d *linkDevice) scan() ([]link, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.links), d.scanErr
}

func (d *linkDevice) hear(info peer.AddrInfo) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.found[info.ID] = append(d.found[info.ID], time.Since(d.start))
	d.addrs[info.ID] = info.Addrs
}

func (d *linkDevice) set(links ...link) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.links = links
}

// heard returns when and where d heard of o.
func (d *linkDevice) heard(o *linkDevice) ([]time.Duration, []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.found[o.id], texts(d.addrs[o.id])
}

func testLink(index int, prefixes ...string) link {
	l := link{iface: net.Interface{Index: index, Name: "test", Flags: net.FlagUp | net.FlagMulticast}}
	for _, p := range prefixes {
		l.prefixes = append(l.prefixes, netip.MustParsePrefix(p))
	}
	return l
}

// TestLine places three devices in a line, each link with its own subnet: the
// middle one hears both, on each link with the address of that link.
func TestLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left, right := &segment{}, &segment{}
		a := newLinkDevice(t, 1, map[int]*segment{2: left}, testLink(2, "10.0.1.1/24"))
		b := newLinkDevice(t, 2, map[int]*segment{2: left, 3: right}, testLink(2, "10.0.1.2/24"), testLink(3, "10.0.2.1/24"))
		c := newLinkDevice(t, 3, map[int]*segment{7: right}, testLink(7, "10.0.2.2/24"))
		time.Sleep(time.Second)
		synctest.Wait()
		for _, test := range []struct {
			who, whom *linkDevice
			addrs     []string
		}{
			{a, b, []string{"/ip4/10.0.1.2/udp/7131/quic-v1", "/ip4/10.0.1.2/tcp/7131"}},
			{b, a, []string{"/ip4/10.0.1.1/udp/7131/quic-v1", "/ip4/10.0.1.1/tcp/7131"}},
			{b, c, []string{"/ip4/10.0.2.2/udp/7131/quic-v1", "/ip4/10.0.2.2/tcp/7131"}},
			{c, b, []string{"/ip4/10.0.2.1/udp/7131/quic-v1", "/ip4/10.0.2.1/tcp/7131"}},
			{a, c, []string{}},
			{a, a, []string{}},
		} {
			if _, got := test.who.heard(test.whom); !slices.Equal(got, test.addrs) {
				t.Errorf("%s heard of %s at %v, want %v", test.who.id, test.whom.id, got, test.addrs)
			}
		}
	})
}

func TestAddressThatAppearsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &segment{}
		a := newLinkDevice(t, 1, map[int]*segment{2: s})
		b := newLinkDevice(t, 2, map[int]*segment{2: s}, testLink(2, "10.0.0.2/24"))
		time.Sleep(time.Hour)
		appeared := time.Since(b.start)
		a.set(testLink(2, "10.0.0.1/24"))
		time.Sleep(pollEvery + answerGap + answerDelay) // b may have told of itself the moment before
		synctest.Wait()
		if times, _ := b.heard(a); len(times) == 0 || times[0] > appeared+pollEvery {
			t.Errorf("b heard of a at %v, want within %s of %s", times, pollEvery, appeared)
		}
		if times, _ := a.heard(b); len(times) == 0 {
			t.Error("a did not hear of b")
		}

		a.set(testLink(2, "10.0.0.9/24")) // reported by libp2p: no wait for the poll
		a.changes <- struct{}{}
		synctest.Wait()
		if _, at := b.heard(a); at[0] != "/ip4/10.0.0.9/udp/7131/quic-v1" {
			t.Errorf("b knows a at %v", at)
		}
	})
}

// TestReportsGoOn: a peer that was dropped is heard again within the interval.
func TestReportsGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &segment{}
		a := newLinkDevice(t, 1, map[int]*segment{2: s}, testLink(2, "10.0.0.1/24"))
		b := newLinkDevice(t, 2, map[int]*segment{2: s}, testLink(2, "10.0.0.2/24"))
		time.Sleep(time.Hour)
		synctest.Wait()
		times, _ := a.heard(b)
		for i := 1; i < len(times); i++ {
			if gap := times[i] - times[i-1]; gap > queryEvery*3/2+answerDelay {
				t.Fatalf("not heard for %s", gap)
			}
		}
		if last := times[len(times)-1]; time.Since(a.start)-last > queryEvery*3/2+answerDelay {
			t.Errorf("last heard at %s", last)
		}
	})
}

// TestTrafficIsShared: twenty devices on one link ask about as often as two.
func TestTrafficIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const devices, minutes = 20, 4
		s := &segment{}
		for n := range devices {
			newLinkDevice(t, n+1, map[int]*segment{2: s}, testLink(2, netip.AddrFrom4([4]byte{10, 0, 0, byte(n + 1)}).String()+"/24"))
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		s.mu.Lock()
		s.asked, s.told = 0, 0
		s.mu.Unlock()
		time.Sleep(minutes * time.Minute)
		synctest.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		most := int(minutes * time.Minute / queryEvery * 2)
		if s.asked == 0 || s.asked > most || s.told > most*devices {
			t.Errorf("%d questions, %d answers in %d minutes, want at most %d and %d", s.asked, s.told, minutes, most, most*devices)
		}
	})
}

func TestQuestionsDoNotMultiplyAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &segment{}
		d := newLinkDevice(t, 1, map[int]*segment{2: s}, testLink(2, "10.0.0.1/24"))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		s.mu.Lock()
		s.told = 0
		s.mu.Unlock()
		for range 10_000 { // a thousand questions a second for ten seconds
			select {
			case d.received <- packet{newQuery(999).packet, 2, true, netip.MustParseAddrPort("10.0.0.66:5353")}:
			default:
			}
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.told == 0 || s.told > 11 {
			t.Errorf("%d answers in ten seconds, want at most one a second", s.told)
		}
	})
}

func TestOnlyNeighboursCount(t *testing.T) {
	answer, err := newAnswer(testID(2), addrs("/ip4/10.0.0.2/tcp/1"))
	if err != nil {
		t.Fatal(err)
	}
	own, err := newAnswer(testID(1), addrs("/ip4/10.0.0.1/tcp/1"))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		p     packet
		heard bool
	}{
		{"on the link", packet{answer, 2, false, netip.MustParseAddrPort("10.0.0.2:5353")}, true},
		{"IPv6 link-local", packet{answer, 2, false, netip.MustParseAddrPort("[fe80::2%eth0]:5353")}, true},
		{"system does not tell the interface", packet{answer, 0, false, netip.MustParseAddrPort("10.0.0.2:5353")}, true},
		{"other subnet of the link", packet{answer, 2, true, netip.MustParseAddrPort("192.0.2.2:5353")}, true},
		{"routed from elsewhere", packet{answer, 2, false, netip.MustParseAddrPort("192.0.2.2:5353")}, false},
		{"other port", packet{answer, 2, false, netip.MustParseAddrPort("10.0.0.2:40000")}, false},
		{"other interface", packet{answer, 9, false, netip.MustParseAddrPort("10.0.0.2:5353")}, false},
		{"ourselves", packet{own, 2, false, netip.MustParseAddrPort("10.0.0.1:5353")}, false},
		{"no DNS", packet{[]byte("junk"), 2, false, netip.MustParseAddrPort("10.0.0.2:5353")}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			heard := false
			r := newResponder(testID(1), query{}, nil, nil, func(peer.AddrInfo) { heard = true }, discard)
			r.links[2] = &linkState{link: testLink(2, "10.0.0.1/24")}
			r.receive(test.p, start)
			if heard != test.heard {
				t.Errorf("heard %v, want %v", heard, test.heard)
			}
		})
	}
}

// TestClaimsOfTheLinkOnly: nobody on the link makes all others on it call somebody elsewhere.
func TestClaimsOfTheLinkOnly(t *testing.T) {
	for _, c := range []struct{ from, at, want string }{
		{"10.0.0.2", "/ip4/10.0.0.2/tcp/1", "/ip4/10.0.0.2/tcp/1"},
		{"10.0.0.2", "/ip4/192.168.7.7/tcp/1", "/ip4/192.168.7.7/tcp/1"}, // another subnet of the link
		{"10.0.0.2", "/ip6/2001:db8:1::2/tcp/1", "/ip6/2001:db8:1::2/tcp/1"},
		{"10.0.0.2", "/ip6/fe80::2/udp/1/quic-v1", "/ip6/fd9c:6e1b:0:2::2/udp/1/quic-v1"},
		{"fe80::2", "/ip4/198.51.100.9/tcp/1", "/ip4/198.51.100.9/tcp/1"}, // public, on the link
		{"2001:db8:2::2", "/ip6/2001:db8:2::2/tcp/1", "/ip6/2001:db8:2::2/tcp/1"},
		{"203.0.113.2", "/ip4/203.0.113.2/tcp/1", "/ip4/203.0.113.2/tcp/1"},
		{"10.0.0.2", "/ip4/203.0.113.2/tcp/1", ""},
		{"10.0.0.2", "/ip6/2001:db8:2::2/udp/1/quic-v1", ""},
	} {
		answer, err := newAnswer(testID(2), addrs(c.at, "/ip4/203.0.113.80/tcp/443"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		r := newResponder(testID(1), query{}, nil, nil, func(info peer.AddrInfo) { got = append(got, texts(info.Addrs)...) }, discard)
		r.links[2] = &linkState{link: testLink(2, "10.0.0.1/24", "198.51.100.1/24", "2001:db8:1::1/64")}
		r.receive(packet{answer, 2, true, netip.AddrPortFrom(netip.MustParseAddr(c.from), mdnsPort)}, start)
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s says %s: %v is taken, want %q", c.from, c.at, got, c.want)
		}
	}
}

// TestFloodOfClaims: of what is claimed on a link a device takes up a bounded part, and of one
// who claims much too little to keep others from being heard.
func TestFloodOfClaims(t *testing.T) {
	taken, heard := 0, 0
	honest := testID(1 << 20)
	r := newResponder(testID(1), query{}, nil, nil, func(info peer.AddrInfo) {
		if taken++; info.ID == honest {
			heard++
		}
	}, discard)
	r.links[2] = &linkState{link: testLink(2, "10.0.0.1/24")}
	n := 1
	claim := func(from string, id peer.ID, now time.Time) {
		answer, err := newAnswer(id, addrs("/ip4/10.0.0.66/tcp/1"))
		if err != nil {
			t.Fatal(err)
		}
		r.receive(packet{answer, 2, true, netip.AddrPortFrom(netip.MustParseAddr(from), mdnsPort)}, now)
	}
	now := start
	for ; now.Before(start.Add(time.Minute)); now = now.Add(10 * time.Millisecond) {
		n++
		claim("10.0.0.66", testID(n), now)
		if now.Sub(start)%(10*time.Second) == 0 {
			claim("10.0.0.2", honest, now)
		}
	}
	if heard != 6 {
		t.Errorf("one of few words is heard %d times, want 6", heard)
	}
	if most := 6*senderClaims + heard; taken > most {
		t.Errorf("%d claims are taken up in a minute, want %d", taken, most)
	}
	taken = 0
	for until := now.Add(10 * time.Second); now.Before(until); now = now.Add(4 * time.Millisecond) {
		n++
		claim(netip.AddrFrom4([4]byte{10, 1, byte(n >> 8), byte(n)}).String(), testID(n), now) // each under another address
	}
	if most := claimBurst + 10*mostClaims; taken > most || taken < most/2 {
		t.Errorf("%d claims of many are taken up in 10 s, want %d", taken, most)
	}
	if len(r.senders) > maxHeard {
		t.Errorf("%d senders are counted", len(r.senders))
	}
}

func TestScanFailureKeepsLinks(t *testing.T) {
	r := &responder{links: map[int]*linkState{2: {}}, log: discard}
	r.refresh(func() ([]link, error) { return nil, errors.New("no permission") })
	if len(r.links) != 1 {
		t.Error("links are lost")
	}
}
