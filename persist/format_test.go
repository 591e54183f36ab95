package persist_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ipfs/go-datastore/query"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/persisttest"
)

// TestFormatRows keeps the example in FORMAT.md true. KREIDFEUER_UPDATE=1 writes
// it anew, for when the envelope's format has changed.
func TestFormatRows(t *testing.T) {
	ds, err := persist.NewMemory()
	if err != nil {
		t.Fatal(err)
	}
	s, err := persist.Open(t.Context(), ds, persist.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	alert := persisttest.Sample{Key: 1, Text: "flood", Parts: []string{"leave"}}
	beacon := persisttest.Sample{Key: 2, Type: wire.TypeBeacon, Sequence: 3}
	if _, err := s.Put(t.Context(), persist.Batch{
		Entries: []persist.Entry{alert.Entry(2), beacon.Entry(1)},
		Events:  [][]byte{[]byte("event")}, Local: map[string][]byte{"pin/home": []byte("x")},
	}); err != nil {
		t.Fatal(err)
	}
	results, err := ds.Query(t.Context(), query.Query{Orders: []query.Order{query.OrderByKey{}}})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := results.Rest()
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, r := range rows {
		fmt.Fprintln(&got, r.Key)
		for text := fmt.Sprintf("%x", r.Value); text != ""; {
			n := min(len(text), 100)
			fmt.Fprintln(&got, "   ", text[:n])
			text = text[n:]
		}
	}
	doc, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(doc), "## Example\n\n```\n")
	example, after, closed := strings.Cut(after, "```\n")
	if !found || !closed {
		t.Fatal("FORMAT.md has no example")
	}
	if os.Getenv("KREIDFEUER_UPDATE") != "" {
		write(t, "FORMAT.md", []byte(before+"## Example\n\n```\n"+got.String()+"```\n"+after))
		return
	}
	if diff := cmp.Diff(example, got.String()); diff != "" {
		t.Errorf("the example in FORMAT.md is not what is stored (-want +got):\n%s\nIf that is meant, KREIDFEUER_UPDATE=1 writes it anew.", diff)
	}
}
