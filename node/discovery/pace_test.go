package discovery

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"
)

// TestSlowLinkIsLeftAlone: on a slow link beacons are rare, and a newcomer is
// heard at once all the same.
func TestSlowLinkIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &ground{}
		for i := range 3 {
			d := g.add(t, byte(i+1), fmt.Sprintf("10.0.0.%d/24", i+1))
			d.slow = func(link) bool { return true }
			d.refresh(func() ([]link, error) { return []link{d.links[2].link}, nil })
		}
		g.pass(2 * time.Minute)
		g.packets = 0
		g.pass(20 * time.Minute)
		if perMinute := float64(g.packets) / 20; perMinute < 2 || perMinute > 4 {
			t.Errorf("%.1f beacons a minute of three devices, want 3", perMinute)
		}
		late := g.add(t, 200, "10.0.0.200/24")
		g.pass(time.Second)
		for _, d := range g.devices[:3] {
			if len(d.found[late.self]) == 0 {
				t.Error("a newcomer is not heard at once")
			}
		}
	})
}

func TestSlowLinkIsAskedSeldom(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for slow, every := range map[bool]time.Duration{false: queryEvery, true: querySeldom} {
		s := linkState{slow: slow}
		if got := s.nextAsk(now).Sub(now); got < every || got > every*3/2 {
			t.Errorf("slow %t: asked after %s", slow, got)
		}
	}
}

func TestProbeTime(t *testing.T) {
	for exchange, want := range map[time.Duration]time.Duration{
		0: probeTimeout, 20 * time.Millisecond: probeTimeout, 4 * time.Second: 16 * time.Second, time.Hour: slowestProbe,
	} {
		if got := probeTime(exchange); got != want {
			t.Errorf("after an exchange of %s: %s, want %s", exchange, got, want)
		}
	}
}

// openedConn is a connection of which only its age is known.
type openedConn struct {
	network.Conn
	at time.Time
}

func (c openedConn) RemoteMultiaddr() ma.Multiaddr { return info(1).Addrs[0] }
func (c openedConn) Stat() network.ConnStats {
	return network.ConnStats{Stats: network.Stats{Opened: c.at}}
}

// TestExchangeIsNotTheAgeOfTheConnection: a neighbour tells of itself again whenever its
// addresses or protocols change, on whichever connection, which says nothing of the link.
func TestExchangeIsNotTheAgeOfTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		early := openedConn{at: time.Now().Add(-time.Second)} // identified before anybody listened
		m.connected = append(m.connected, testID(1))
		c := run(t, Config{}, m)
		tell := func(conn openedConn) {
			m.events <- event.EvtPeerIdentificationCompleted{Peer: testID(1), Conn: conn}
			synctest.Wait()
		}
		tell(early)
		time.Sleep(time.Second)
		first, second := openedConn{at: time.Now()}, openedConn{at: time.Now().Add(time.Millisecond)}
		time.Sleep(21 * time.Millisecond)
		tell(first)
		time.Sleep(10 * time.Millisecond)
		tell(second)
		for range 3 {
			time.Sleep(time.Hour)
			tell(first)
			tell(second)
			tell(early)
		}
		late := openedConn{at: time.Now()}
		time.Sleep(dialTimeout + 1) // its first word was lost
		tell(late)
		want := []time.Duration{21 * time.Millisecond, 30 * time.Millisecond}
		if got := m.noted[testID(1)]; !slices.Equal(got, want) {
			t.Errorf("exchanges of %v are noted, want %v", got, want)
		}
		if got := c.Known()[0].Exchange; got != want[1] {
			t.Errorf("exchange of %s, want %s", got, want[1])
		}
	})
}
