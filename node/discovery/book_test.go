package discovery

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"pgregory.net/rapid"
)

var start = time.Unix(1_800_000_000, 0)

// bytesMemory remembers in a variable.
type bytesMemory struct {
	saved []byte
	err   error
}

func (m *bytesMemory) Load() ([]byte, error) { return m.saved, m.err }
func (m *bytesMemory) Save(b []byte) error   { m.saved = b; return nil }

func TestRememberedOverRestart(t *testing.T) {
	memory := &bytesMemory{}
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		c := run(t, Config{Memory: memory}, m)
		m.set(testID(1), true)
		c.Found(info(1))
		c.Found(info(2)) // never answers: not worth remembering
		time.Sleep(saveEvery)
	})
	synctest.Test(t, func(t *testing.T) {
		m := newFakeMesh()
		m.set(testID(1), true)
		run(t, Config{Memory: memory}, m)
		synctest.Wait()
		if !m.isConnected(testID(1)) || len(m.dialed(testID(2))) > 0 {
			t.Errorf("connected to %v, from %s", m.Peers(), memory.saved)
		}
	})
}

func TestDamagedMemoryIsNoFailure(t *testing.T) {
	for name, memory := range map[string]*bytesMemory{
		"unreadable": {err: errors.New("input/output error")},
		"no JSON":    {saved: []byte("\x00\x01")},
		"schema":     {saved: []byte(`{"schema":"kreidfeuer.neighbours/2","peers":[]}`)},
		"bad ID":     {saved: []byte(`{"schema":"kreidfeuer.neighbours/1","peers":[{"id":"x","addrs":["/ip4/10.0.0.1/tcp/1"]}]}`)},
		"bad addrs":  {saved: fmt.Appendf(nil, `{"schema":"kreidfeuer.neighbours/1","peers":[{"id":%q,"addrs":["","x"]}]}`, testID(1))},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newFakeMesh()
				m.set(testID(3), true)
				run(t, Config{Memory: memory, Static: []peer.AddrInfo{info(3)}}, m)
				synctest.Wait()
				if len(m.Peers()) != 1 {
					t.Error("the static peer is not connected")
				}
			})
		})
	}
}

// TestFloodDoesNotEmptyTheBook claims more peers than fit from the link.
func TestFloodDoesNotEmptyTheBook(t *testing.T) {
	b := newBook(lowID, func() float64 { return 0 })
	met := b.get(testID(1), start)
	met.add(info(1).Addrs)
	b.connect(testID(1), start)
	b.disconnect(testID(1), start.Add(time.Hour))
	static := b.get(testID(2), start)
	static.static = true
	for n := range 3 * maxEntries {
		b.hear(info(n+10), start.Add(time.Duration(n)*time.Millisecond))
	}
	if len(b.entries) > maxEntries || b.entries[testID(1)] == nil || b.entries[testID(2)] == nil {
		t.Errorf("%d entries; met kept %v, static kept %v", len(b.entries), b.entries[testID(1)] != nil, b.entries[testID(2)] != nil)
	}
}

// TestBookInvariants drives the book by random events: it stays bounded, never
// dials who is connected or being dialed, and no pause exceeds the longest.
func TestBookInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, now := newBook(lowID, func() float64 { return 0.99 }), start
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				if len(b.entries) > maxEntries {
					t.Fatalf("%d entries", len(b.entries))
				}
				list, next := b.dialable(now, 1)
				for _, e := range list {
					if e.connected || e.dialing || e.due.After(now) {
						t.Fatalf("dials %+v", e)
					}
				}
				if next.After(now.Add(longestPause * 5 / 4)) {
					t.Fatalf("pause of %s", next.Sub(now))
				}
				for _, e := range b.entries {
					if len(e.addrs) > maxAddresses {
						t.Fatalf("%d addresses", len(e.addrs))
					}
				}
			},
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "seconds")) * time.Second)
			},
			"hear": func(t *rapid.T) {
				id, host := rapid.IntRange(1, 8).Draw(t, "id"), rapid.IntRange(1, 20).Draw(t, "host")
				b.hear(peer.AddrInfo{ID: testID(id), Addrs: addrs(fmt.Sprintf("/ip4/10.0.0.%d/tcp/1", host))}, now)
			},
			"dial": func(t *rapid.T) {
				list, _ := b.dialable(now, 1)
				for _, e := range list {
					e.dialing, e.tried = true, now
				}
			},
			"settle": func(t *rapid.T) {
				for _, e := range b.entries {
					if e.dialing && rapid.Bool().Draw(t, "fails") {
						e.dialing = false
						b.failed(e, now)
					} else if e.dialing {
						e.dialing = false
						b.connect(e.id, now)
					}
				}
			},
			"drop":    func(t *rapid.T) { b.disconnect(testID(rapid.IntRange(1, 8).Draw(t, "id")), now) },
			"network": func(t *rapid.T) { b.networkChanged(now) },
		})
	})
}

func TestReachable(t *testing.T) {
	claimed := addrs("/ip4/10.0.0.5/udp/7131/quic-v1", "/ip4/10.0.0.5/tcp/7131", "/ip4/192.0.2.9/tcp/80", "/ip4/10.0.0.5/tcp/1/ws", "/dns4/x.example/tcp/1")
	tests := []struct {
		remote    string
		direction network.Direction
		want      []string
	}{
		{"/ip4/10.0.0.5/tcp/50000", network.DirInbound, []string{"/ip4/10.0.0.5/udp/7131/quic-v1", "/ip4/10.0.0.5/tcp/7131"}},
		{"/ip4/10.0.0.5/tcp/7131", network.DirOutbound, []string{"/ip4/10.0.0.5/tcp/7131", "/ip4/10.0.0.5/udp/7131/quic-v1"}},
		{"/ip4/10.0.0.6/tcp/50000", network.DirInbound, []string{}},
	}
	for _, test := range tests {
		if got := texts(reachable(claimed, addrs(test.remote)[0], test.direction)); !slices.Equal(got, test.want) {
			t.Errorf("%s %s: got %v, want %v", test.direction, test.remote, got, test.want)
		}
	}
}

// TestChanceBetweenEquals: two devices that hear of the same hundred dial others first.
func TestChanceBetweenEquals(t *testing.T) {
	first := func(seed uint64) (ids []peer.ID) {
		now := time.Unix(1_800_000_000, 0)
		b := newBook(testID(1000), rand.New(rand.NewPCG(seed, 0)).Float64)
		for n := range 100 {
			b.hear(info(n), now)
		}
		list, _ := b.dialable(now.Add(yield), DefaultTarget)
		for _, e := range list[:DefaultTarget] {
			ids = append(ids, e.id)
		}
		return ids
	}
	mine, same := first(1), 0
	for _, id := range first(2) {
		if slices.Contains(mine, id) {
			same++
		}
	}
	if same > DefaultTarget/2 {
		t.Errorf("%d of the first %d are the same", same, DefaultTarget)
	}
}
