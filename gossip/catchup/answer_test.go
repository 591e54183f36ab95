package catchup

import (
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/meter"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// What an asking neighbour may not do to whoever answers: the session ends with an
// error, before anything else it says is read.
func TestClientIsHeldToTheProtocol(t *testing.T) {
	for _, test := range []struct {
		name string
		say  []stream.Frame
	}{
		{"no hello", []stream.Frame{{Kind: stream.Get}}},
		{"an unknown kind", []stream.Frame{{Kind: stream.Hello}, {Kind: 99}}},
		{"a comparison of nothing", []stream.Frame{{Kind: stream.Hello}, {Kind: stream.Recon}}},
		{"a comparison of a foreign domain", []stream.Frame{{Kind: stream.Hello}, stream.About(wire.Place{Domain: wire.ID{1, 8}, Lane: wire.LaneLive}, stream.Frame{Kind: stream.Recon})}},
		{"a comparison of a foreign lane", []stream.Frame{{Kind: stream.Hello}, stream.About(wire.Place{Domain: domain, Lane: 200}, stream.Frame{Kind: stream.Recon})}},
		{"a comparison of garbage", []stream.Frame{{Kind: stream.Hello}, stream.About(live, stream.Frame{Kind: stream.Recon, Raw: []byte("garbage, of any length")})}},
		{"next of what was not compared", []stream.Frame{{Kind: stream.Hello}, stream.About(live, stream.Frame{Kind: stream.Next})}},
		{"a crooked offer", []stream.Frame{{Kind: stream.Hello}, stream.About(live, stream.Frame{Kind: stream.Offer, Items: make([]byte, 34)})}},
		{"a huge offer", []stream.Frame{{Kind: stream.Hello}, stream.About(live, stream.Frame{Kind: stream.Offer, Items: make([]byte, 35*(stream.MaxOffer+1))})}},
		{"a crooked request", []stream.Frame{{Kind: stream.Hello}, {Kind: stream.Get, Items: make([]byte, 32)}}},
		{"a huge request", []stream.Frame{{Kind: stream.Hello}, {Kind: stream.Get, Items: make([]byte, wire.IDSize*(stream.MaxGet+1))}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			st := script(t, append(test.say, stream.Frame{Kind: stream.End})...)
			if err := sessions(&blank{}).Answer(t.Context(), "p", st); err == nil || errors.Is(err, io.EOF) {
				t.Errorf("%v, want it refused", err)
			}
			if n := len(st.heard(t)); n > 1 {
				t.Errorf("%d answers, want a hello at most", n)
			}
		})
	}
}

// Offers and requests for what is not here cost their sender time.
func TestIdleQuestionsAreRationed(t *testing.T) {
	var offers, gets []stream.Frame
	var items []stream.Offered
	for i := range stream.MaxGet {
		items = append(items, stream.Offered{ID: wire.ID{1, byte(i)}, Grade: 5, Size: 1})
	}
	for range 2 * meter.RoundBurst {
		offers = append(offers, stream.About(live, stream.Frame{Kind: stream.Offer, Items: stream.PackOffer(items)}))
	}
	for range meter.GiveBurst / 4 * 5 / stream.SizeUnit / stream.MaxGet {
		gets = append(gets, stream.About(live, stream.Frame{Kind: stream.Get, Items: stream.PackGet(items)}))
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
				st := script(t, slices.Concat([]stream.Frame{{Kind: stream.Hello}}, test.frames, []stream.Frame{{Kind: stream.End}})...)
				begun := time.Now()
				if err := sessions(&blank{}).Answer(t.Context(), "idle", st); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begun); took < test.least*9/10 || took > 2*test.least {
					t.Errorf("%d frames in %s, want about %s", len(test.frames), took, test.least)
				}
			})
		})
	}
}
