package discovery

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/node/vigil"
)

// onInternet is a peer that only QUIC reaches, or TCP as well.
func onInternet(n int, tcp bool) peer.AddrInfo {
	texts := []string{fmt.Sprintf("/ip4/192.0.2.%d/udp/7131/quic-v1", n)}
	if tcp {
		texts = append(texts, fmt.Sprintf("/ip4/192.0.2.%d/tcp/7131", n))
	}
	return peer.AddrInfo{ID: testID(n), Addrs: addrs(texts...)}
}

const neighbours = 24

// outage lets all neighbours be lost one after another and stay away for a time, and returns
// the dials of its last hour with QUIC and without.
func (m *fakeMesh) outage(d time.Duration) (quic, tcp int) {
	for n := range neighbours {
		m.set(testID(n), false)
		time.Sleep(500 * time.Millisecond)
	}
	time.Sleep(d - time.Hour)
	synctest.Wait()
	m.mu.Lock()
	before := [2]int{m.whole, m.streams}
	m.mu.Unlock()
	time.Sleep(time.Hour)
	synctest.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.whole - before[0], m.streams - before[1]
}

// TestReturnWithoutBeacon: a device with neighbours on the internet alone costs little while
// all of them are away, is back after half a minute on average, and then meets all at once.
func TestReturnWithoutBeacon(t *testing.T) {
	for _, tcp := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			m := newFakeMesh()
			var static []peer.AddrInfo
			for n := range neighbours {
				m.set(testID(n), true)
				static = append(static, onInternet(n, tcp))
			}
			run(t, Config{Static: static}, m)
			time.Sleep(time.Minute)
			const returns = 12
			var sum time.Duration
			for i := range returns {
				quic, streams := m.outage(2*time.Hour + time.Duration(i)*17*time.Second)
				if cost := quic * (5*vigil.BriefBytes + vigil.DialBytes) / 6 / 3600; cost > 100 {
					t.Errorf("TCP %t: %d dials by QUIC in an hour are %d bytes a second", tcp, quic, cost)
				}
				if streams > neighbours*65 {
					t.Errorf("%d dials by TCP in an hour", streams)
				}
				began := time.Now()
				m.mu.Lock()
				for n := range neighbours {
					m.up[testID(n)] = true
				}
				m.mu.Unlock()
				for len(m.Peers()) == 0 {
					time.Sleep(100 * time.Millisecond)
				}
				sum += time.Since(began)
				time.Sleep(time.Second)
				synctest.Wait()
				if got := len(m.Peers()); got < neighbours {
					t.Errorf("TCP %t: %d neighbours a second after the first", tcp, got)
				}
				time.Sleep(time.Minute)
			}
			t.Logf("TCP %t: back after %s on average", tcp, sum/returns)
			if sum/returns > 40*time.Second {
				t.Errorf("TCP %t: back after %s on average", tcp, sum/returns)
			}
		})
	}
}

// TestWordEndsTheVigil: whoever is heard after a silence, all are dialed at once.
func TestWordEndsTheVigil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		var static []peer.AddrInfo
		for n := range neighbours {
			static = append(static, onInternet(n, false))
		}
		c := run(t, Config{Static: static}, m)
		time.Sleep(time.Hour)
		synctest.Wait()
		m.mu.Lock()
		for n := range neighbours {
			m.up[testID(n)] = true
		}
		m.up[testID(100)] = false // who is heard does not answer itself
		m.mu.Unlock()
		c.Found(info(100))
		time.Sleep(time.Second)
		synctest.Wait()
		if got := len(m.Peers()); got < neighbours {
			t.Errorf("%d neighbours a second after a beacon", got)
		}
	})
}

// TestFallingLinkIsNotDialed: while neighbours are lost one after another nobody is dialed
// again and again, though some connections seem to stand.
func TestFallingLinkIsNotDialed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		var static []peer.AddrInfo
		for n := range neighbours {
			m.set(testID(n), true)
			static = append(static, onInternet(n, false))
		}
		run(t, Config{Static: static}, m)
		time.Sleep(time.Minute)
		synctest.Wait()
		m.mu.Lock()
		before := m.whole
		for n := range neighbours {
			m.up[testID(n)] = false
		}
		m.mu.Unlock()
		for n := range neighbours - 1 {
			m.set(testID(n), false)
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if got := m.whole - before; got > neighbours+12 {
			t.Errorf("%d dials while %d neighbours are lost", got, neighbours-1)
		}
		// One in four that are away, with the link as it was, does not begin a vigil.
		for n := range neighbours {
			m.set(testID(n), true)
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		m.set(testID(0), false)
		time.Sleep(time.Minute)
		m.mu.Lock()
		m.up[testID(0)] = true
		m.mu.Unlock()
		time.Sleep(staticPause * 5 / 4)
		synctest.Wait()
		if !m.isConnected(testID(0)) {
			t.Error("a neighbour that is back is not dialed while others are there")
		}
	})
}

// TestPatience: a dial waits no longer than an answer would take only for who was there
// before and is not heard now.
func TestPatience(t *testing.T) {
	for _, c := range []struct {
		name  string
		entry entry
		want  time.Duration
	}{
		{"never met", entry{}, dialTimeout},
		{"met", entry{exchange: 100 * time.Millisecond}, vigil.Brief},
		{"met over a slow link", entry{exchange: 2 * time.Second}, 8 * time.Second},
		{"met over a link that hardly carries", entry{exchange: time.Minute}, dialTimeout},
		{"did not answer twice", entry{exchange: 100 * time.Millisecond, fails: briefDials}, dialTimeout},
		{"heard now", entry{exchange: 100 * time.Millisecond, heard: start.Add(-heardNow)}, dialTimeout},
		{"heard a while ago", entry{exchange: 100 * time.Millisecond, heard: start.Add(-heardNow - 1)}, vigil.Brief},
	} {
		b := newBook(lowID, func() float64 { return 0.5 })
		c.entry.addrs = onInternet(1, true).Addrs
		if _, within := b.begin(&c.entry, start); within != c.want {
			t.Errorf("%s: a dial may take %s, want %s", c.name, within, c.want)
		}
	}
}
