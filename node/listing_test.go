package node_test

import (
	"fmt"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// BenchmarkListing lists 2,000 alerts in force, a national day's worth.
func BenchmarkListing(b *testing.B) {
	tree := newTree(b)
	d := nodetest.Start(b, tree, nodetest.Options{})
	for i := range 2000 {
		if _, err := d.Submit(b.Context(), warning(b, tree, fmt.Sprint(i)).EncodeFull()); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("alerts", func(b *testing.B) {
		for b.Loop() {
			if list, err := d.Alerts(b.Context(), apitype.AlertFilter{Active: true}, apitype.Page{}); err != nil || list.Next == "" {
				b.Fatal(list.Next, err)
			}
		}
	})
	b.Run("status", func(b *testing.B) {
		for b.Loop() {
			if _, err := d.Status(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("tick", func(b *testing.B) {
		for b.Loop() {
			d.Tick(b.Context())
		}
	})
	b.Run("submit", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := d.Submit(b.Context(), warning(b, tree, fmt.Sprint("more", i)).EncodeFull()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
