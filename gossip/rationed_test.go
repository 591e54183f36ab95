package gossip

import (
	"bytes"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/meter"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

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
				begun := time.Now()
				if err := s.sessions.Answer(t.Context(), "idle", &scripted{bytes.NewReader(in), io.Discard}); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begun); took < test.least*9/10 || took > 2*test.least {
					t.Errorf("%d frames in %s, want about %s", len(test.frames), took, test.least)
				}
			})
		})
	}
}
