package catchup

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/meter"
)

// caller is a neighbour's stream and connection.
type caller struct {
	network.Stream
	id    peer.ID
	ended bool
}

func (c *caller) Conn() network.Conn { return callerConn{id: c.id} }
func (c *caller) Reset() error       { c.ended = true; return nil }

type callerConn struct {
	network.Conn
	id     peer.ID
	opened time.Time
}

func (c callerConn) RemotePeer() peer.ID { return c.id }

// Neighbours who hold all places, and take each that becomes free, do not keep it from
// who had none.
func TestServingTakesTurns(t *testing.T) {
	s := New(Config{Peers: meter.New()})
	synctest.Test(t, func(t *testing.T) {
		held := map[*caller]*served{}
		begin := func(id peer.ID) (*caller, bool) {
			for c, v := range held {
				if c.ended {
					s.done(v)
					delete(held, c)
				}
			}
			c := &caller{id: id}
			v, ok := s.admit(c)
			if ok {
				held[c] = v
			}
			return c, ok
		}
		greedy := func(i int) peer.ID { return peer.ID(fmt.Sprint("greedy-", i)) }
		for i := range serveTotal {
			if _, ok := begin(greedy(i / servePeer)); !ok {
				t.Fatal("a free place was refused")
			}
		}
		if _, ok := begin("honest"); ok {
			t.Fatal("somebody lost the place at once")
		}
		for minute := range 3 {
			for i := range 600 {
				time.Sleep(100 * time.Millisecond)
				begin(greedy(i % serveTotal))
			}
			c, ok := begin("honest")
			if !ok {
				t.Fatalf("refused in minute %d", minute)
			}
			for i := range 30 {
				time.Sleep(100 * time.Millisecond)
				begin(greedy(i % serveTotal))
			}
			if c.ended {
				t.Fatal("the honest one lost the place to who had more")
			}
			s.done(held[c])
			delete(held, c)
		}
		if len(s.serving) > serveTotal {
			t.Errorf("%d sessions at once", len(s.serving))
		}
	})
}
