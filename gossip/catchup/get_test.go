package catchup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// keeper is a stock that accepts what begins with the ID of what was asked for.
type keeper struct {
	blank
	kept  map[wire.ID]bool
	bytes int // taken
	takes int
}

func (k *keeper) Lacks(o *stream.Offered) bool { return !k.kept[o.ID] }

func (k *keeper) Take(_ context.Context, g Given) (results []Result, durable func(context.Context) error, err error) {
	k.takes++
	for _, raw := range g.Raws {
		id := wire.ID(raw[:wire.IDSize])
		if !slices.ContainsFunc(g.Asked, func(o stream.Offered) bool { return o.ID == id }) {
			return nil, nil, errors.New("it is told of something else than what was asked for")
		}
		k.kept[id], k.bytes = true, k.bytes+len(raw)
		results = append(results, Result{ID: id})
	}
	return results, nil, nil
}

// watched notes how much of what was read the stock has not been given yet.
type watched struct {
	*scripted
	stock      *keeper
	pace       int // bytes a second; 0: any
	read, held int
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.scripted.Read(b)
	if w.pace > 0 {
		time.Sleep(time.Duration(n) * time.Second / time.Duration(w.pace))
	}
	w.read += n
	w.held = max(w.held, w.read-w.stock.bytes)
	return n, err
}

// answers are n items that are offered as a few bytes, and the frames that give them, much larger.
func answers(n, size int) (items []stream.Offered, frames []stream.Frame) {
	for i := range n {
		id := wire.ID{1, byte(i >> 8), byte(i)}
		items = append(items, stream.Offered{ID: id, Grade: 5, Size: 1})
		raw := make([]byte, size)
		copy(raw, id[:])
		frames = append(frames, stream.Frame{Kind: stream.Envelope, Raw: raw})
	}
	return items, frames
}

// What a neighbour gives may be far more than it has offered: chains come unannounced, and
// sizes may be lies. No more is held than should arrive within a second; all of it is taken.
func TestAnswerIsLargerThanOffered(t *testing.T) {
	items, frames := answers(64, wire.MaxTransmission)
	for _, link := range []struct {
		name     string
		pace     int
		kept, of int // of what breaks off; the rest is not judged yet
		most     int // bytes to be held; beside it what the framer has read ahead
	}{
		{"as fast as it was", 170_000, 20, 20, 64<<10 + maxFrame},
		{"faster", 0, 19, 20, batchBytes + maxFrame},
	} {
		for _, test := range []struct {
			name  string
			given []stream.Frame
			want  int // taken
			err   error
		}{
			{"to its end", append(slices.Clone(frames), stream.Frame{Kind: stream.End}), len(frames), nil},
			{"as far as it came", frames[:link.of], link.kept, io.EOF},
			{"and one more", slices.Concat(frames, frames[:1]), len(frames), ErrUnasked},
		} {
			for _, chains := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %s, chains %t", test.name, link.name, chains), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						rw := &watched{scripted: script(t, test.given...), stock: &keeper{kept: map[wire.ID]bool{}}, pace: link.pace}
						if err := rw.pull(t, items, chains); !errors.Is(err, test.err) {
							t.Fatalf("%v, want %v", err, test.err)
						}
						if n := len(rw.stock.kept); n != test.want {
							t.Errorf("%d were taken, want %d", n, test.want)
						}
						if most := link.most + 64<<10; rw.held > most {
							t.Errorf("%d bytes were held at once, want %d at most", rw.held, most)
						}
					})
				})
			}
		}
	}
}

// pull asks for items with one request, over a link that has shown to bring 64 kB a second, and
// returns the error. No claim may be left.
func (w *watched) pull(t *testing.T, items []stream.Offered, chains bool) error {
	t.Helper()
	s := sessions(w.stock)
	c := s.session("p", w)
	c.window = 64 << 10
	err := c.pull(t.Context(), live, items, chains)
	if gets := len(w.heard(t)); gets != 1 {
		t.Errorf("%d requests, want one", gets)
	}
	s.cfg.Near.Meet("another", time.Hour, time.Now())
	for i := range items {
		if _, wait := s.cfg.Near.Claim("another", &items[i], 0, false, time.Now()); wait {
			t.Fatalf("item %d stays claimed", i)
		}
	}
	return err
}

// The parts of an answer follow the link: each is written for itself, so they are few on a
// fast one, and a slow one has what came first judged while the rest is coming.
func TestPartsFollowTheLink(t *testing.T) {
	for _, test := range []struct {
		name        string
		pace        int
		least, most int // parts
	}{{"fast", 0, 4, 7}, {"slow", 600, 16, 17}} {
		synctest.Test(t, func(t *testing.T) {
			items, frames := answers(32, 5000) // in 8 kB by the offer
			rw := &watched{scripted: script(t, append(frames, stream.Frame{Kind: stream.End})...), stock: &keeper{kept: map[wire.ID]bool{}}, pace: test.pace}
			rw.Reader = iotest.OneByteReader(rw.Reader) // as it comes
			if err := sessions(rw.stock).session("p", rw).pull(t.Context(), live, items, true); err != nil || len(rw.stock.kept) != len(items) {
				t.Errorf("%s: %d of %d, %v", test.name, len(rw.stock.kept), len(items), err)
			}
			if n := rw.stock.takes; n < test.least || n > test.most {
				t.Errorf("%s: %d parts, want %d to %d", test.name, n, test.least, test.most)
			}
		})
	}
}

// An answer as large as it was offered to be is judged at once: signatures are verified
// together, and of trust objects one may prove another.
func TestAnswerAsLargeAsOffered(t *testing.T) {
	items, frames := answers(32, stream.SizeUnit)
	stock := &keeper{kept: map[wire.ID]bool{}}
	c := sessions(stock).session("p", script(t, append(frames, stream.Frame{Kind: stream.End})...))
	if err := c.pull(t.Context(), live, items, false); err != nil || len(stock.kept) != len(items) || stock.takes != 1 {
		t.Errorf("%d of %d in %d parts, %v", len(stock.kept), len(items), stock.takes, err)
	}
}

// Who promises and gives nothing is not asked for more at once than before: it would
// be asked for what it may send in any size.
func TestNothingGivenShowsNothing(t *testing.T) {
	items, _ := answers(stream.MaxOffer, wire.IDSize)
	st := script(t, slices.Repeat([]stream.Frame{{Kind: stream.End}}, 100)...)
	c := sessions(&keeper{kept: map[wire.ID]bool{}}).session("p", st)
	if err := c.pull(t.Context(), live, items, false); err != nil {
		t.Fatal(err)
	}
	for i, fr := range st.heard(t) {
		if n := len(fr.Items) / wire.IDSize; n > windowFirst/stream.SizeUnit {
			t.Fatalf("request %d is for %d items, want %d at most", i, n, windowFirst/stream.SizeUnit)
		}
	}
}

// What is asked for at once is what should arrive within a second.
func TestWindow(t *testing.T) {
	for _, test := range []struct {
		name            string
		promised, bytes int
		took            time.Duration
		want            int
	}{
		{"all, quickly", 8 << 10, 8 << 10, 100 * time.Millisecond, 16 << 10},
		{"sizes that are rounded up most", 16 * 512, 16 * 257, 100 * time.Millisecond, 16 << 10},
		{"with chains, quickly", 8 << 10, 80 << 10, 400 * time.Millisecond, 16 << 10},
		{"the end of a list, quickly", 512, 400, time.Millisecond, 16 << 10},
		{"most of it is gone", 8 << 10, 3 << 10, time.Millisecond, 8 << 10},
		{"nothing", 8 << 10, 0, time.Millisecond, 8 << 10},
		{"all, in time", 8 << 10, 8 << 10, 700 * time.Millisecond, 8 << 10},
		{"all, late", 8 << 10, 8 << 10, 4 * time.Second, 2 << 10},
		{"all, a little late", 8 << 10, 8 << 10, 1100 * time.Millisecond, 4 << 10},
		{"with chains, late", 8 << 10, 80 << 10, 4 * time.Second, 4 << 10},
		{"nothing, late", 8 << 10, 0, 2 * time.Second, stream.SizeUnit},
	} {
		if got := window(8<<10, test.promised, test.bytes, test.took); got != test.want {
			t.Errorf("%s: %d bytes, want %d", test.name, got, test.want)
		}
	}
	if got := window(batchBytes, 1, 1, 0); got != batchBytes {
		t.Errorf("%d bytes, want %d at most", got, batchBytes)
	}
}
