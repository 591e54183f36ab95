package persisttest

import (
	"fmt"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

const (
	benchRows = 100_000
	benchText = 350 // bytes; makes an envelope of some 600
)

// Benchmark measures a backend: durable puts of one and of a hundred envelopes,
// and the reading of all index rows at the start of a device that knows 100,000.
func Benchmark(b *testing.B, backend Backend) {
	for _, size := range []int{1, 100} {
		b.Run(fmt.Sprintf("put/%d", size), func(b *testing.B) { benchPut(b, backend, size) })
	}
	dir := b.TempDir()
	b.Run("start", func(b *testing.B) { benchStart(b, backend, dir) })
}

func benchEntries(from, n int) (entries []persist.Entry) {
	for i := range n {
		entries = append(entries, Sample{Key: byte(i), Text: Noise(uint64(from+i), benchText)}.Entry(1))
	}
	return entries
}

func benchPut(b *testing.B, backend Backend, size int) {
	s, err := openStore(b.Context(), backend, b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		entries := benchEntries(i*size, size)
		b.StartTimer()
		if _, err := s.Put(b.Context(), persist.Batch{Entries: entries, Events: [][]byte{[]byte("event")}}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size)*float64(b.N)/b.Elapsed().Seconds(), "envelopes/s")
}

func benchStart(b *testing.B, backend Backend, dir string) {
	s, err := openStore(b.Context(), backend, dir)
	if err != nil {
		b.Fatal(err)
	}
	for i := int(s.Usage()[wire.LaneLive].Count); i < benchRows; i += 500 {
		if _, err := s.Put(b.Context(), persist.Batch{Entries: benchEntries(i, 500)}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if !backend.Volatile {
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			if s, err = openStore(b.Context(), backend, dir); err != nil {
				b.Fatal(err)
			}
		}
		n := 0
		for _, err := range s.Rows(b.Context()) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != benchRows {
			b.Fatalf("%d rows, want %d", n, benchRows)
		}
	}
	b.Logf("%s: memory at most %s", backend.Name, peakMemory())
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
