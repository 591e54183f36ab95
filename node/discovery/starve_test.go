package discovery

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/node/vigil"
)

// comes is a connection that the peer opens.
func (m *fakeMesh) comes(id peer.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.connected = append(m.connected, id)
	m.events <- event.EvtPeerConnectednessChanged{Peer: id, Connectedness: network.Connected}
}

// answer lets peers answer dials from now on, each so late.
func (m *fakeMesh) answer(late time.Duration, ids ...peer.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.late = late
	for _, id := range ids {
		m.up[id] = true
	}
}

// within waits until the peer is connected.
func (m *fakeMesh) within(limit time.Duration, id peer.ID) (time.Duration, bool) {
	for began := time.Now(); time.Since(began) <= limit; time.Sleep(100 * time.Millisecond) {
		synctest.Wait()
		if m.isConnected(id) {
			return time.Since(began), true
		}
	}
	return limit, false
}

// TestWhoStandsIsNotDialedForAll: when most neighbours are lost one after another and some
// stay, the others are dialed all the same.
func TestWhoStandsIsNotDialedForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		const all, stay = neighbours + 6, 3
		var static []peer.AddrInfo
		for n := range all {
			m.set(testID(n), true)
			static = append(static, onInternet(n, false))
		}
		run(t, Config{Static: static}, m)
		time.Sleep(time.Minute)
		for n := stay; n < all; n++ {
			m.set(testID(n), false)
			time.Sleep(500 * time.Millisecond)
		}
		time.Sleep(2 * time.Minute)
		for n := stay; n < all; n++ {
			m.answer(0, testID(n))
		}
		time.Sleep(2 * staticPause)
		synctest.Wait()
		if got := len(m.Peers()); got < all {
			t.Errorf("%d of %d neighbours are connected a minute after they are back", got, all)
		}
	})
}

// TestEachIsWaitedFor: whoever of a few neighbours is back behind a slower link is reached.
func TestEachIsWaitedFor(t *testing.T) {
	for _, few := range []int{1, 2, 3, 4, 6, 12} {
		for back := range few {
			synctest.Test(t, func(t *testing.T) {
				m := newFakeMesh()
				var static []peer.AddrInfo
				for n := range few {
					static = append(static, onInternet(n, false))
				}
				run(t, Config{Static: static}, m)
				time.Sleep(time.Hour)
				m.answer(time.Second, testID(back))
				most := vigil.Longest * vigil.Whole * time.Duration(few+1)
				if took, ok := m.within(most, testID(back)); !ok {
					t.Errorf("neighbour %d of %d is not reached in %s", back, few, took)
				}
			})
		}
	}
}

// TestStaticPeerAmongStrangers: who was only claimed to exist does not keep a static peer
// from being dialed.
func TestStaticPeerAmongStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		c := run(t, Config{Static: []peer.AddrInfo{onInternet(0, false)}}, m)
		for n := 1; n < maxEntries; n++ {
			c.Found(peer.AddrInfo{ID: testID(n), Addrs: onInternet(n&255, false).Addrs})
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Hour)
		m.answer(0, testID(0))
		if took, ok := m.within(2*vigil.Longest, testID(0)); !ok {
			t.Errorf("a static peer is not reached in %s", took)
		}
	})
}

// TestComingAndGoing: who connects and leaves again and again does not make the device dial
// all others each time.
func TestComingAndGoing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		var static []peer.AddrInfo
		for n := range neighbours {
			static = append(static, onInternet(n, false))
		}
		run(t, Config{Static: static}, m)
		time.Sleep(time.Hour)
		m.mu.Lock()
		before := m.whole
		m.mu.Unlock()
		for range 600 {
			m.comes(testID(100))
			time.Sleep(500 * time.Millisecond)
			m.set(testID(100), false)
			time.Sleep(500 * time.Millisecond)
		}
		synctest.Wait()
		const doublings = 6 // of a pause, from a second to half a minute
		if got := m.whole - before; got > 10*neighbours*(doublings+1) {
			t.Errorf("%d dials in ten minutes", got)
		}
	})
}

// TestFallEnds: a few who come, leave and do not answer do not keep others from being
// dialed while somebody is connected.
func TestFallEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		m.set(testID(0), true)
		m.set(testID(1), true)
		c := run(t, Config{Static: []peer.AddrInfo{onInternet(0, false), onInternet(1, false)}}, m)
		time.Sleep(time.Minute)
		const strangers = 200
		for n := 10; n < 10+strangers; n++ {
			c.Found(onInternet(n, false))
		}
		m.set(testID(1), false)
		until := time.Now().Add(20 * time.Minute)
		for n := 0; time.Now().Before(until); n++ {
			id := testID(10 + n%strangers)
			m.comes(id)
			time.Sleep(4 * time.Second)
			m.set(id, false)
			if time.Until(until) < 5*time.Minute {
				m.answer(0, testID(1))
			}
		}
		synctest.Wait()
		if !m.isConnected(testID(1)) {
			t.Error("a static peer is not dialed in five minutes")
		}
	})
}

// TestNewNetworkMayBeSlower: after a change of the network nobody is dialed in the time
// that an answer took before.
func TestNewNetworkMayBeSlower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		m.set(testID(0), true)
		c := run(t, Config{Static: []peer.AddrInfo{onInternet(0, false)}}, m)
		time.Sleep(time.Minute)
		c.update(func(b *book, _ time.Time) { b.entries[testID(0)].exchange = 50 * time.Millisecond })
		m.set(testID(0), false)
		time.Sleep(11 * time.Second) // not in the instant of a dial for all
		m.answer(time.Second, testID(0))
		m.changeNetwork()
		if took, ok := m.within(5*time.Second, testID(0)); !ok {
			t.Errorf("not connected %s after the network has changed", took)
		}
	})
}

// TestNextDialIsTrue: nobody is told of a dial that does not come.
func TestNextDialIsTrue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		c := run(t, Config{Static: []peer.AddrInfo{onInternet(0, false), onInternet(1, true)}}, m)
		time.Sleep(time.Hour)
		synctest.Wait()
		for _, k := range c.Known() {
			if isByTCP := k.ID == testID(1); k.NextDial.IsZero() == isByTCP || isByTCP && k.NextDial.Before(time.Now()) {
				t.Errorf("%s: next dial at %s", k.ID, k.NextDial)
			}
		}
	})
}
