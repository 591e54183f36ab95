package discovery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// fakeMesh is a network in which peers answer or not.
type fakeMesh struct {
	id     peer.ID
	events chan any

	mu        sync.Mutex
	up        map[peer.ID]bool // answers dials
	mute      map[peer.ID]bool // takes dials and says no more
	full      map[peer.ID]bool // takes dials and closes at once, so that no event tells
	connected []peer.ID
	dials     map[peer.ID][]time.Duration // since start
	cleared   int
	whole     int // dials with QUIC
	streams   int // dials without
	noted     map[peer.ID][]time.Duration
	late      time.Duration // of answers
	links     []link
	start     time.Time
}

func newFakeMesh() *fakeMesh {
	return &fakeMesh{id: lowID, events: make(chan any, 1024), up: map[peer.ID]bool{}, mute: map[peer.ID]bool{}, full: map[peer.ID]bool{}, dials: map[peer.ID][]time.Duration{}, noted: map[peer.ID][]time.Duration{}, start: time.Now()}
}

// lowID is lower than other test IDs, so that this device never yields.
const lowID = peer.ID("\x00")

func (m *fakeMesh) ID() peer.ID                            { return m.id }
func (m *fakeMesh) Subscribe() (event.Subscription, error) { return m, nil }
func (m *fakeMesh) Out() <-chan any                        { return m.events }
func (m *fakeMesh) Close() error                           { return nil }
func (m *fakeMesh) Name() string                           { return "fake" }
func (m *fakeMesh) Protect(peer.ID)                        {}

func (m *fakeMesh) Note(id peer.ID, exchange time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.noted[id] = append(m.noted[id], exchange)
}

// Probe finds out what connection events have not told.
func (m *fakeMesh) Probe(_ context.Context, id peer.ID) {
	m.mu.Lock()
	up := m.up[id]
	m.mu.Unlock()
	m.set(id, up)
}

func (m *fakeMesh) Forget(peer.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cleared++
}

func (m *fakeMesh) scan() ([]link, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.links), nil
}

func (m *fakeMesh) changeNetwork() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.links = append(m.links, testLink(len(m.links)+1, "10.0.0.1/24"))
}

func (m *fakeMesh) Peers() []peer.ID {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.connected)
}

func (m *fakeMesh) Connect(ctx context.Context, info peer.AddrInfo) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dials[info.ID] = append(m.dials[info.ID], time.Since(m.start))
	if slices.ContainsFunc(info.Addrs, isNotTCP) {
		m.whole++
	} else {
		m.streams++
	}
	if late := m.late; late > 0 {
		m.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(late):
		}
		m.mu.Lock()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if m.mute[info.ID] {
		m.mu.Unlock()
		<-ctx.Done()
		m.mu.Lock()
		return ctx.Err()
	}
	if !m.up[info.ID] {
		return errors.New("no answer")
	}
	if m.full[info.ID] {
		return nil
	}
	m.connected = append(m.connected, info.ID)
	m.events <- event.EvtPeerConnectednessChanged{Peer: info.ID, Connectedness: network.Connected}
	return nil
}

func (m *fakeMesh) set(id peer.ID, up bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.up[id] = up
	if i := slices.Index(m.connected, id); i >= 0 && !up {
		m.connected = slices.Delete(m.connected, i, i+1)
		m.events <- event.EvtPeerConnectednessChanged{Peer: id, Connectedness: network.NotConnected}
	}
}

func (m *fakeMesh) dialed(id peer.ID) []time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.dials[id])
}

func (m *fakeMesh) isConnected(id peer.ID) bool { return slices.Contains(m.Peers(), id) }

func info(n int) peer.AddrInfo {
	return peer.AddrInfo{ID: testID(n), Addrs: addrs(fmt.Sprintf("/ip4/10.0.%d.%d/tcp/1", n>>8, n&255))}
}

// run starts a connector in a bubble and stops it at the end of the test.
func run(t *testing.T, c Config, m *fakeMesh) *Connector {
	t.Helper()
	connector, err := newConnector(c, m)
	if err != nil {
		t.Fatal(err)
	}
	connector.book.jitter = func() float64 { return 0.5 }
	connector.scan = m.scan
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- connector.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return connector
}

func TestStaticPeerIsTriedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		run(t, Config{Static: []peer.AddrInfo{info(1), {ID: lowID, Addrs: info(9).Addrs}}}, m)
		time.Sleep(time.Hour)
		synctest.Wait()
		got := m.dialed(testID(1))
		want := []time.Duration{0, 1, 3, 7, 15, 31, 61, 91}
		for i := range want {
			if got[i] != want[i]*time.Second {
				t.Fatalf("dialed at %v, want seconds %v", got[:len(want)], want)
			}
		}
		if len(got) < 600/30+3000/60 {
			t.Errorf("%d dials in an hour, want one every 30 s, and when nobody has been there for long every 60 s", len(got))
		}
		if len(m.dialed(lowID)) > 0 {
			t.Error("dialed itself")
		}
		m.set(testID(1), true)
		time.Sleep(staticAlone)
		synctest.Wait()
		if !m.isConnected(testID(1)) {
			t.Error("not connected though the peer is back")
		}
	})
}

func TestFoundPeerIsDialedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		c := run(t, Config{}, m)
		synctest.Wait()
		m.set(testID(1), true)
		c.Found(info(1))
		synctest.Wait()
		if !m.isConnected(testID(1)) {
			t.Fatal("not connected at once")
		}

		// A drop after a good while is repaired at once, again and again if it must be.
		time.Sleep(time.Minute)
		m.set(testID(1), false)
		synctest.Wait()
		m.set(testID(1), true)
		time.Sleep(firstPause)
		synctest.Wait()
		if !m.isConnected(testID(1)) {
			t.Error("not connected again")
		}
	})
}

func TestReportsShortenThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		c := run(t, Config{}, m)
		for range 600 { // heard every second for ten minutes, never answers
			c.Found(info(1))
			time.Sleep(time.Second)
		}
		synctest.Wait()
		if n := len(m.dialed(testID(1))); n < 100 || n > 130 {
			t.Errorf("%d dials in ten minutes, want one every 5 s", n)
		}

		moved := peer.AddrInfo{ID: testID(1), Addrs: addrs("/ip4/10.7.7.7/tcp/1")}
		before := len(m.dialed(testID(1)))
		m.set(testID(1), true)
		c.Found(moved)
		synctest.Wait()
		if len(m.dialed(testID(1))) != before+1 {
			t.Error("a new address is not tried at once")
		}
	})
}

func TestNetworkChangeClearsPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		c := run(t, Config{}, m)
		c.Found(info(1))
		time.Sleep(time.Hour) // far into five-minute pauses
		synctest.Wait()
		m.set(testID(1), true)
		cleared := m.cleared
		m.changeNetwork()
		time.Sleep(pollEvery + yield)
		synctest.Wait()
		if !m.isConnected(testID(1)) || m.cleared <= cleared {
			t.Error("not dialed after the network changed")
		}
	})
}

func TestNetworkChangeFindsDeadConnections(t *testing.T) {
	for name, change := range map[string]func(*fakeMesh, *Connector){
		"seen": func(m *fakeMesh, _ *Connector) { m.changeNetwork() },
		"told": func(_ *fakeMesh, c *Connector) {
			c.NetworkChanged()
			c.NetworkChanged() // does not block
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := newFakeMesh()
			m.set(testID(1), true)
			c := run(t, Config{Static: []peer.AddrInfo{info(1)}}, m)
			time.Sleep(time.Minute)
			synctest.Wait()
			m.mu.Lock()
			m.up[testID(1)] = false // the cable is pulled: no event
			m.mu.Unlock()
			change(m, c)
			time.Sleep(pollEvery)
			synctest.Wait()
			if m.isConnected(testID(1)) || len(m.dialed(testID(1))) < 2 {
				t.Errorf("a change that was %s: a dead connection is believed in", name)
			}
		})
	}
}

// TestSleep: a machine whose clock went on while its timers stood still has slept. One whose
// clock was set back, or goes a little wrong, has not.
func TestSleep(t *testing.T) {
	for _, c := range []struct {
		clock, ran time.Duration
		slept      bool
	}{
		{pollEvery, pollEvery, false}, {pollEvery + asleep, pollEvery, false}, {pollEvery + asleep + 1, pollEvery, true},
		{8 * time.Hour, pollEvery, true}, {-time.Hour, pollEvery, false}, {time.Hour, time.Hour, false},
	} {
		if got := hasSlept(c.clock, c.ran); got != c.slept {
			t.Errorf("%s on the clock, timers ran for %s: slept: %t", c.clock, c.ran, got)
		}
	}
}

func TestTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		c := run(t, Config{Target: 4, Static: []peer.AddrInfo{info(100)}}, m)
		for n := range 20 {
			m.set(testID(n), true)
			c.Found(info(n))
		}
		synctest.Wait()
		if got := len(m.Peers()); got != 4 {
			t.Errorf("%d neighbours, want 4", got)
		}
		m.set(testID(100), true) // static: beyond the target too
		time.Sleep(staticPause)
		synctest.Wait()
		if !m.isConnected(testID(100)) {
			t.Error("the static peer is not connected")
		}
		for _, id := range m.Peers() {
			if id != testID(100) {
				m.set(id, false)
			}
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := len(m.Peers()); got != 4 {
			t.Errorf("%d neighbours after the others went, want 4", got)
		}
	})
}

// TestUnansweredDialsLeaveTheLinkAlone: who is heard and does not answer in time is
// behind a link that dials must not fill.
func TestUnansweredDialsLeaveTheLinkAlone(t *testing.T) {
	b := newBook(lowID, func() float64 { return 0.5 })
	b.hear(info(1), start)
	e, now, dials := b.entries[testID(1)], start, 0
	for end := start.Add(10 * time.Minute); now.Before(end); now = now.Add(time.Second) {
		if b.hear(info(1), now); !e.dialing && !e.due.After(now) {
			e.dialing, e.tried = true, now
			dials++
		}
		if e.dialing && now.Sub(e.tried) >= quickDial {
			e.dialing = false
			b.failed(e, now)
		}
	}
	if dials < 14 || dials > 18 {
		t.Errorf("%d dials in ten minutes, want one every 40 s", dials)
	}
	moved := peer.AddrInfo{ID: testID(1), Addrs: addrs("/ip4/10.7.7.7/tcp/1")}
	if b.hear(moved, now); e.due.After(now) {
		t.Error("a new address is not tried at once")
	}
}

// TestMutePeersHoldNobodyUp: dials that wait for a slow link, or for somebody who
// says no more, leave room for others, and are bounded.
func TestMutePeersHoldNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		c := run(t, Config{}, m)
		m.set(testID(20), true)
		for n := range 100 {
			m.mu.Lock()
			m.mute[testID(n)] = n != 20
			m.mu.Unlock()
			c.Found(info(n))
		}
		synctest.Wait()
		if got := m.busy(); got != maxDials {
			t.Errorf("%d dials at once, want %d", got, maxDials)
		}
		time.Sleep(dialTimeout - quickDial)
		synctest.Wait()
		if got := m.busy(); got != maxDials+maxWaiting {
			t.Errorf("%d dials under way, want %d", got, maxDials+maxWaiting)
		}
		time.Sleep(dialTimeout)
		synctest.Wait()
		if !m.isConnected(testID(20)) {
			t.Error("who answers waits for those who do not")
		}
	})
}

// busy counts the dials that were begun so far to who says no more.
func (m *fakeMesh) busy() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, mute := range m.mute {
		if mute {
			n += len(m.dials[id])
		}
	}
	return n
}

func TestFlapIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		c := run(t, Config{}, m)
		m.set(testID(1), true)
		c.Found(info(1))
		for range 600 { // lets us in and closes within the second
			time.Sleep(time.Second)
			synctest.Wait()
			m.set(testID(1), false)
			m.set(testID(1), true)
		}
		if n := len(m.dialed(testID(1))); n > 15 {
			t.Errorf("%d dials in ten minutes, want growing pauses", n)
		}
	})
}

func TestFoundNeverBlocks(t *testing.T) {
	c, err := newConnector(Config{}, newFakeMesh())
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 * reportQueue { // nobody runs the connector
		c.Found(info(n))
	}
}

func TestStaticPeerNeedsIDAndAddress(t *testing.T) {
	for _, bad := range []peer.AddrInfo{{}, {ID: testID(1)}, {Addrs: addrs("/ip4/10.0.0.1/tcp/1")}} {
		if _, err := newConnector(Config{Static: []peer.AddrInfo{bad}}, newFakeMesh()); err == nil {
			t.Errorf("%v: no error", bad)
		}
	}
}

// TestFullPeerIsTriedAgain: a peer that takes a connection and closes it at once,
// because it has all it can hold, is not taken for a neighbour.
func TestFullPeerIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		m.up[testID(1)], m.full[testID(1)] = true, true
		run(t, Config{Static: []peer.AddrInfo{info(1)}}, m)
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(m.dialed(testID(1))); n < 5 {
			t.Errorf("%d dials in a minute, want one after another", n)
		}
		m.mu.Lock()
		m.full[testID(1)] = false
		m.mu.Unlock()
		time.Sleep(2 * staticPause)
		synctest.Wait()
		if !m.isConnected(testID(1)) {
			t.Error("not connected though the peer has room")
		}
	})
}
