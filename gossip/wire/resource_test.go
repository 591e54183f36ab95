package wire

import (
	"bytes"
	"runtime"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// allocated is how many bytes f takes from the heap.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestHostileHeadsCostNothing: a head that claims more than follows, or a
// thousand small items, must not make the reader take memory for them.
func TestHostileHeadsCostNothing(t *testing.T) {
	claim := unhex("9a000186a0") // an array of 100,000
	many := append(unhex("99fff0"), bytes.Repeat([]byte{0xf6}, 0xfff0)...)
	deep := bytes.Repeat([]byte{0x81}, 60000)
	good := sketchOf(TypeAlert, LaneLive)
	good.payload = make([]byte, 60000)
	alert := good.bytes()
	extension := sketchOf(TypeAlert, LaneLive)
	extension.set(16, claim)
	decode := func(b []byte) error { _, err := Decode(b); return err }
	parse := func(b []byte) error { _, err := ParsePayload(b); return err }
	parts := func(b []byte) error { var v []SignedPayload; return Unmarshal(b, &v) }
	value := func(b []byte) error { var v any; return Unmarshal(b, &v) }
	number := func(b []byte) error { var v uint64; return Unmarshal(b, &v) }
	table := func(b []byte) error { var v map[uint64]uint64; return Unmarshal(b, &v) }
	for _, tt := range []struct {
		name  string
		read  func([]byte) error
		input []byte
	}{
		{"signatures claimed", decode, append(append([]byte{0xd8, 98, 0x84}, bstr(good.protectedBytes())...), append(unhex("a040"), claim...)...)},
		{"extension claimed", decode, extension.bytes()},
		{"parts claimed", parse, append([]byte{0x82, 0}, claim...)},
		{"parts null", parse, append([]byte{0x82, 0}, many...)},
		{"core deep", parse, append([]byte{0x82}, deep...)},
		{"list claimed", parts, claim},
		{"value claimed", value, claim},
		{"value deep", value, deep},
		{"value after its end", number, append([]byte{1}, many...)},
		{"pairs claimed", table, unhex("b90101")},
	} {
		tt.read(tt.input) // the first call fills caches
		var err error
		if n := allocated(func() { err = tt.read(tt.input) }); n > 4<<10 || err == nil {
			t.Errorf("%s: %d bytes allocated, error %v", tt.name, n, err)
		}
	}
	if n := allocated(func() { must(Decode(alert)) }); n > 4<<10 {
		t.Errorf("an alert of 60 kB: %d bytes allocated, want it read in place", n)
	}
}

// TestBombsStaySmall: a part costs at most the size it was signed for, whatever
// the frame says or holds.
func TestBombsStaySmall(t *testing.T) {
	runs := make([]uint32, 512) // 64 MiB out of 2 kB
	for i := range runs {
		runs[i] = 1 << 17
	}
	content := []byte("zzzzzzzzzz")
	ref := NewPartRef(content)
	wide := append([]byte{partZstd}, unhex("28b52ffd 80 88 0a000000")...) // window of 128 MiB for 10 bytes
	must(ref.Open(PackPart(content)))
	for name, packed := range map[string][]byte{
		"announces 10, holds 64 MiB": append([]byte{partZstd}, zstdRuns(10, runs...)...),
		"announces 64 MiB":           append([]byte{partZstd}, zstdRuns(64<<20, runs...)...),
		"512 KiB in a second frame":  append(append([]byte{partZstd}, zstdRuns(10, 10)...), zstdRuns(512<<10, runs[:4]...)...),
		"64 MiB in a second frame":   append(append([]byte{partZstd}, zstdRuns(10, 10)...), zstdRuns(64<<20, runs...)...),
		"wide window":                append(wide, 0x53, 0, 0, 'z'),
	} {
		var err error
		if n := allocated(func() { _, err = ref.Open(packed) }); n > 256<<10 || err == nil {
			t.Errorf("%s: %d bytes allocated, error %v", name, n, err)
		}
	}
	huge := PartRef{Digest: ref.Digest, Size: 1 << 40}
	if n := allocated(func() { huge.Open(append([]byte{partZstd}, zstdRuns(10, 10)...)) }); n > 64<<10 {
		t.Errorf("a reference of 1 TiB: %d bytes allocated", n)
	}
	largest := bytes.Repeat([]byte{'z'}, MaxPartSize)
	ref, packed := NewPartRef(largest), PackPart(largest)
	if n := allocated(func() { must(ref.Open(packed)) }); n > 2*MaxPartSize {
		t.Errorf("the largest part: %d bytes allocated", n)
	}
}

// TestPartsConcurrently: one compressor and one decompressor serve all callers,
// and keep no goroutine.
func TestPartsConcurrently(t *testing.T) {
	defer goleak.VerifyNone(t)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			content := bytes.Repeat([]byte{byte(i), byte(i >> 1)}, 1000*(i+1))
			for range 20 {
				got, err := NewPartRef(content).Open(PackPart(content))
				if err != nil || !bytes.Equal(got, content) {
					t.Errorf("content %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
}

// TestDecodeAllocates holds the fast path: an envelope, its authority's text,
// its signers, and the hash's state.
func TestDecodeAllocates(t *testing.T) {
	raw := testEnvelope(t, alertHeader(), mustMarshal([]int{})).Encode()
	if n := testing.AllocsPerRun(100, func() { must(Decode(raw)) }); n > 4 {
		t.Errorf("%v allocations, at most 4", n)
	}
	e := must(Decode(raw))
	if n := testing.AllocsPerRun(100, func() { e.ToBeSigned(e.Author()) }); n > 1 {
		t.Errorf("ToBeSigned: %v allocations, at most 1", n)
	}
	if n := testing.AllocsPerRun(100, func() { e.Encode() }); n > 1 {
		t.Errorf("Encode: %v allocations, at most 1", n)
	}
}
