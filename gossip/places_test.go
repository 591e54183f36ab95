package gossip

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/meter"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
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
	id peer.ID
}

func (c callerConn) RemotePeer() peer.ID { return c.id }

// Neighbours who hold all places, and take each that becomes free, do not keep it from
// who had none.
func TestServingTakesTurns(t *testing.T) {
	s := newStation(t, newTree(t).Pinned(), newMemory())
	synctest.Test(t, func(t *testing.T) {
		held := map[*caller]*served{}
		begin := func(id peer.ID) (*caller, bool) {
			for c, v := range held {
				if c.ended {
					s.doneServing(v)
					delete(held, c)
				}
			}
			c := &caller{id: id}
			v, ok := s.admitServing(c)
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
			s.doneServing(held[c])
			delete(held, c)
		}
		if len(s.serving) > serveTotal {
			t.Errorf("%d sessions at once", len(s.serving))
		}
	})
}

// Offers and requests for what is not here cost their sender time.
func TestIdleQuestionsAreRationed(t *testing.T) {
	tree := newTree(t)
	s := newStation(t, tree.Pinned(), newMemory())
	var offers, gets []stream.Frame
	place := wire.Place{Domain: tree.Root.ID(), Lane: wire.LaneLive}
	var items []stream.Offered
	for i := range stream.MaxGet {
		items = append(items, stream.Offered{ID: testID(i), Grade: 5, Size: 1})
	}
	for range 2 * meter.RoundBurst {
		offers = append(offers, stream.About(place, stream.Frame{Kind: stream.Offer, Items: stream.PackOffer(items)}))
	}
	for range meter.GiveBurst / 4 * 5 / stream.SizeUnit / stream.MaxGet {
		gets = append(gets, stream.About(place, stream.Frame{Kind: stream.Get, Items: stream.PackGet(items)}))
	}
	for _, test := range []struct {
		name   string
		frames []stream.Frame
		least  time.Duration
	}{
		{"offers", offers, meter.RoundBurst / meter.RoundRate * time.Second},
		{"requests", gets, meter.GiveBurst / 4 / meter.GiveRate * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hello := stream.Frame{Kind: stream.Hello, Domains: []wire.ID{place.Domain}}
				in := script(t, append([]stream.Frame{hello}, append(test.frames, stream.Frame{Kind: stream.End})...)...)
				a := &answering{r: s.Router, p: "idle", f: stream.New(&scripted{bytes.NewReader(in), io.Discard}, syncFrame)}
				begun := time.Now()
				if err := a.run(t.Context()); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begun); took < test.least*9/10 || took > 2*test.least {
					t.Errorf("%d frames in %s, want about %s", len(test.frames), took, test.least)
				}
			})
		})
	}
}
