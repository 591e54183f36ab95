package bundle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

var someHeader = Header{Created: 1793491200, Domains: []wire.ID{{1, 2, 3}}, Lanes: []wire.Lane{wire.LaneTrust, wire.LaneLive}}

// write makes a bundle. The envelopes need not be any: the format does not look
// into them.
func write(t testing.TB, envelopes ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, someHeader)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range envelopes {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.Size() != int64(b.Len()) || w.Count() != uint64(len(envelopes)) {
		t.Fatalf("size %d and count %d of %d bytes and %d envelopes", w.Size(), w.Count(), b.Len(), len(envelopes))
	}
	return b.Bytes()
}

// outcome is what reading a bundle gives.
type outcome struct {
	read   [][]byte
	at     []int64
	damage []*DamageError
	err    error // what ended it; nil: the end
}

func readAll(in io.Reader) (o outcome) {
	r := NewReader(in)
	for {
		e, err := r.Next()
		var d *DamageError
		switch {
		case err == nil:
			o.read, o.at = append(o.read, bytes.Clone(e)), append(o.at, r.Offset())
		case errors.As(err, &d):
			o.damage = append(o.damage, d)
		case err == io.EOF:
			return o
		default:
			o.err = err
			return o
		}
	}
}

func three() [][]byte {
	return [][]byte{[]byte("first"), bytes.Repeat([]byte("second "), 40), []byte("\xf1KFR\r\n\x1a\nthird: holds a marker")}
}

func TestRoundTrip(t *testing.T) {
	for n := range 4 {
		want := three()[:n]
		b := write(t, want...)
		for name, in := range map[string]io.Reader{"whole": bytes.NewReader(b), "byte by byte": iotest.OneByteReader(bytes.NewReader(b)), "error with data": iotest.DataErrReader(bytes.NewReader(b))} {
			r := NewReader(in)
			var got [][]byte
			for {
				e, err := r.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				got = append(got, bytes.Clone(e))
			}
			if diff := cmp.Diff(want, got); n > 0 && diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
			if h, ok := r.Header(); !ok || !cmp.Equal(h, someHeader) {
				t.Errorf("%s: header %+v, %v", name, h, ok)
			}
		}
	}
}

func TestAnyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 1, 300)).Draw(t, "envelopes")
		var b bytes.Buffer
		w, err := NewWriter(&b, Header{})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range want {
			if err := w.Write(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		o := readAll(&b)
		if o.err != nil || len(o.damage) > 0 || !slices.EqualFunc(want, o.read, bytes.Equal) {
			t.Fatalf("%d written, %d read, %v, %v", len(want), len(o.read), o.damage, o.err)
		}
	})
}

// extents are where the records of the three envelopes lie.
func extents(t *testing.T, b []byte) (list [][2]int64) {
	t.Helper()
	o := readAll(bytes.NewReader(b))
	if o.err != nil || len(o.damage) > 0 {
		t.Fatal(o.damage, o.err)
	}
	for i, at := range o.at {
		list = append(list, [2]int64{at, at + int64(headSize+len(o.read[i])+tailSize)})
	}
	return list
}

// TestCorruptionAtEveryByte: whichever byte is wrong, and however, the reader
// says where, and reads every envelope that does not hold the byte.
func TestCorruptionAtEveryByte(t *testing.T) {
	b := write(t, three()...)
	where := extents(t, b)
	for i := range b {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			broken := bytes.Clone(b)
			broken[i] ^= flip
			o := readAll(bytes.NewReader(broken))
			if o.err != nil || len(o.damage) == 0 {
				t.Fatalf("byte %d: damage %v, error %v", i, o.damage, o.err)
			}
			located := slices.ContainsFunc(o.damage, func(d *DamageError) bool { return d.From <= int64(i) && int64(i) < d.To })
			if !located {
				t.Errorf("byte %d ^ %#x: %v do not name it", i, flip, o.damage)
			}
			var want [][]byte
			for k, e := range three() {
				if int64(i) < where[k][0] || int64(i) >= where[k][1] {
					want = append(want, e)
				}
			}
			if !slices.EqualFunc(want, o.read, bytes.Equal) {
				t.Errorf("byte %d ^ %#x: read %q, want %q", i, flip, o.read, want)
			}
		}
	}
}

// TestTruncationAtEveryByte: everything before the cut is read, and the cut is told.
func TestTruncationAtEveryByte(t *testing.T) {
	b := write(t, three()...)
	where := extents(t, b)
	for n := range b {
		o := readAll(bytes.NewReader(b[:n]))
		if n < len(Magic) {
			if !errors.Is(o.err, ErrNotBundle) {
				t.Errorf("%d bytes: %v, want ErrNotBundle", n, o.err)
			}
			continue
		}
		var want [][]byte
		for k, e := range three() {
			if where[k][1] <= int64(n) {
				want = append(want, e)
			}
		}
		cut := slices.ContainsFunc(o.damage, func(d *DamageError) bool { return d.CutOff && d.To == int64(n) })
		if o.err != nil || !cut || !slices.EqualFunc(want, o.read, bytes.Equal) {
			t.Errorf("%d bytes: read %q, want %q; damage %v, error %v", n, o.read, want, o.damage, o.err)
		}
	}
}

// TestHoleAtEveryByte: bytes that are gone, as a broken transfer leaves it.
func TestHoleAtEveryByte(t *testing.T) {
	b := write(t, three()...)
	where := extents(t, b)
	for i := range b {
		o := readAll(bytes.NewReader(slices.Concat(b[:i], b[min(i+7, len(b)):])))
		if o.err != nil || len(o.damage) == 0 {
			t.Fatalf("hole at %d: %v, %v", i, o.damage, o.err)
		}
		for k, e := range three() {
			untouched := where[k][1] <= int64(i) || where[k][0] >= int64(i+7)
			if untouched && !slices.ContainsFunc(o.read, func(got []byte) bool { return bytes.Equal(got, e) }) {
				t.Errorf("hole at %d: envelope %d is lost", i, k)
			}
		}
	}
}

func TestWhatIsGoneWithoutTrace(t *testing.T) {
	b := write(t, three()...)
	where := extents(t, b)
	o := readAll(bytes.NewReader(slices.Concat(b[:where[1][0]], b[where[1][1]:])))
	if len(o.read) != 2 || len(o.damage) != 1 || !strings.Contains(o.damage[0].Reason, "2 of 3 envelopes were read") {
		t.Errorf("read %d, damage %v", len(o.read), o.damage)
	}
	swapped := slices.Concat(b[:where[0][0]], b[where[1][0]:where[1][1]], b[where[0][0]:where[0][1]], b[where[1][1]:])
	if o := readAll(bytes.NewReader(swapped)); len(o.read) != 3 || len(o.damage) != 1 {
		t.Errorf("another order: read %d, damage %v", len(o.read), o.damage)
	}
	if o := readAll(bytes.NewReader(append(bytes.Clone(b), make([]byte, 5000)...))); len(o.read) != 3 || len(o.damage) != 1 || o.damage[0].From != int64(len(b)) {
		t.Errorf("zeros behind the end: read %d, damage %v", len(o.read), o.damage)
	}
}

// TestSpares: what stands in the bundle twice is read once, and read although one of
// its copies is damaged, wherever.
func TestSpares(t *testing.T) {
	var buf bytes.Buffer
	w, err := NewWriter(&buf, someHeader)
	if err != nil {
		t.Fatal(err)
	}
	root, alert := []byte("what proves the rest"), []byte("alert")
	for _, step := range []func() error{
		func() error { return w.Write(root) }, func() error { return w.Write(alert) }, func() error { return w.Spare(root) }, w.Close,
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	b := buf.Bytes()
	if o := readAll(bytes.NewReader(b)); o.err != nil || len(o.damage) > 0 || !slices.EqualFunc(o.read, [][]byte{root, alert}, bytes.Equal) {
		t.Fatalf("sound: read %q, %v, %v", o.read, o.damage, o.err)
	}
	for i := range b {
		broken := bytes.Clone(b)
		broken[i] ^= 0x10
		o := readAll(bytes.NewReader(broken))
		if !slices.ContainsFunc(o.read, func(e []byte) bool { return bytes.Equal(e, root) }) {
			t.Fatalf("byte %d: read %q", i, o.read)
		}
	}
	first := extents(t, b)[0]
	o := readAll(bytes.NewReader(slices.Concat(b[:first[0]], b[first[1]:]))) // gone without trace
	if !slices.EqualFunc(o.read, [][]byte{alert, root}, bytes.Equal) || len(o.damage) != 1 {
		t.Errorf("record gone: read %q, %v", o.read, o.damage)
	}
}

func TestSomethingElse(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing": nil, "text": []byte("Dear all"), "zeros": make([]byte, 3*maxNoise), "picture": append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 500)...),
	} {
		in := bytes.NewReader(b)
		if o := readAll(in); !errors.Is(o.err, ErrNotBundle) || len(o.damage) > 0 {
			t.Errorf("%s: %v, %v", name, o.damage, o.err)
		}
		if read := len(b) - in.Len(); read > maxNoise+2*bufferSize {
			t.Errorf("%s: %d bytes read", name, read)
		}
	}
}

func TestOtherVersions(t *testing.T) {
	b := append([]byte(preamble), appendRecord(nil, kindHeader, []byte("Version: 2\r\nMood: fine\r\n"))...)
	var version *VersionError
	if o := readAll(bytes.NewReader(b)); !errors.As(o.err, &version) || version.Version != 2 {
		t.Errorf("version 2: %v", o.err)
	}
	b = append([]byte(preamble), appendRecord(nil, kindHeader, []byte("Version: 1\r\nMood: fine\r\n"))...)
	b = appendRecord(appendRecord(b, 77, []byte("of a later version")), kindEnvelope, []byte("e"))
	if o := readAll(bytes.NewReader(b)); o.err != nil || len(o.read) != 1 || len(o.damage) != 1 || !o.damage[0].CutOff {
		t.Errorf("unknown fields and kinds: read %q, %v, %v", o.read, o.damage, o.err)
	}
}

func TestReadErrorIsLocated(t *testing.T) {
	b := write(t, bytes.Repeat([]byte("x"), wire.MaxTransmission), bytes.Repeat([]byte("y"), wire.MaxTransmission))
	broken := errors.New("input/output error")
	o := readAll(io.MultiReader(bytes.NewReader(b[:wire.MaxTransmission+1000]), iotest.ErrReader(broken)))
	if len(o.read) != 1 || !errors.Is(o.err, broken) || !strings.Contains(o.err.Error(), "at byte ") {
		t.Errorf("read %d, %v", len(o.read), o.err)
	}
}

// TestNestedHeads: heads that promise long contents cost a bounded number of
// checks, whoever made them.
func TestNestedHeads(t *testing.T) {
	head := appendRecord(nil, kindEnvelope, make([]byte, maxContent))[:headSize]
	size := int64(8 << 20)
	in := &counted{r: io.LimitReader(&repeated{head}, size)}
	r := NewReader(io.MultiReader(strings.NewReader(preamble), in))
	for range 1000 {
		if _, err := r.Next(); !errors.As(err, new(*DamageError)) {
			break
		}
	}
	if limit := maxWaste + (wasteFactor+1)*size; r.waste > limit {
		t.Errorf("%d bytes were checked in vain, at most %d", r.waste, limit)
	}
	if r.fatal == nil || !strings.Contains(r.fatal.Error(), "gave up") {
		t.Errorf("ended with %v", r.fatal)
	}
}

type repeated struct{ b []byte }

func (r *repeated) Read(p []byte) (int, error) { return copy(p, r.b), nil }

type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// TestMemory: however large the bundle, reading holds its buffer and no more.
func TestMemory(t *testing.T) {
	b := write(t, bytes.Repeat([]byte("x"), wire.MaxTransmission))
	where := extents(t, b)[0]
	record := b[where[0]:where[1]]
	var parts []io.Reader
	parts = append(parts, bytes.NewReader(b[:where[0]]))
	for range 2000 { // 131 MB
		parts = append(parts, bytes.NewReader(record))
	}
	r := NewReader(io.MultiReader(parts...))
	read := 0
	perEnvelope := testing.AllocsPerRun(1500, func() {
		if _, err := r.Next(); err == nil {
			read++
		}
	})
	if read < 1500 || perEnvelope > 2 {
		t.Errorf("%d read with %v allocations each", read, perEnvelope)
	}
}

func TestWriterRefuses(t *testing.T) {
	w, err := NewWriter(io.Discard, Header{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, wire.MaxTransmission + 1} {
		if err := w.Write(make([]byte, n)); err == nil {
			t.Errorf("an envelope of %d bytes is written", n)
		}
	}
	w.size = int64(MaxSize - endRecord - headSize - tailSize - 9)
	if err := w.Write(make([]byte, 10)); !errors.Is(err, ErrFull) {
		t.Errorf("full: %v", err)
	}
	if err := w.Write(make([]byte, 9)); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil || w.Size() != MaxSize {
		t.Errorf("closed with %d bytes, %v", w.Size(), err)
	}
	if _, err := NewWriter(io.Discard, Header{Domains: make([]wire.ID, maxDomains+1)}); err == nil {
		t.Error("too many domains")
	}
	if _, err := NewWriter(failing{}, Header{}); err == nil {
		t.Error("a failing writer succeeds")
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestRank(t *testing.T) {
	var last int
	for i, p := range []struct {
		lane     wire.Lane
		priority wire.Priority
	}{{wire.LaneTrust, 0}, {wire.LaneLive, 4}, {wire.LaneLive, 0}, {wire.LaneDrill, 4}, {wire.LaneDrill, 1}, {wire.LaneMail, 3}, {wire.LaneMail, 0}} {
		rank := Rank(p.lane, p.priority)
		if i > 0 && rank <= last {
			t.Errorf("%s %d ranks before what comes before it", p.lane, p.priority)
		}
		last = rank
	}
}

func FuzzReader(f *testing.F) {
	f.Add(write(f, three()...))
	f.Add(write(f))
	b := write(f, three()...)
	f.Add(b[:len(b)/2])
	f.Add(slices.Concat(b[:100], b[130:]))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := readAll(bytes.NewReader(b))
		for i := range o.at {
			at, e := o.at[i], o.read[i]
			start := at + int64(headSize)
			if b[at+8] == kindSpare {
				start += countSize
			}
			if !bytes.Equal(b[start:start+int64(len(e))], e) || at+int64(headSize)+int64(binary.BigEndian.Uint32(b[at+9:])) != start+int64(len(e)) {
				t.Fatalf("envelope %d is not what stands at byte %d", i, at)
			}
			if i > 0 && at <= o.at[i-1] {
				t.Fatalf("envelope %d begins at %d, before the one before it", i, at)
			}
		}
		for _, d := range o.damage {
			if d.From > d.To || d.To > int64(len(b)) || d.Reason == "" {
				t.Fatalf("damage %+v of %d bytes", d, len(b))
			}
		}
		if len(o.damage) > len(b) {
			t.Fatalf("%d damages", len(o.damage))
		}
	})
}

func BenchmarkRead(b *testing.B) {
	envelopes := make([][]byte, 10000)
	for i := range envelopes {
		envelopes[i] = bytes.Repeat([]byte{byte(i)}, 1200)
	}
	file := write(b, envelopes...)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if o := readAll(bytes.NewReader(file)); len(o.read) != len(envelopes) {
			b.Fatal(fmt.Sprint(len(o.read)))
		}
	}
}
