package catchup

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
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
	read, held int
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.scripted.Read(b)
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
// sizes may be lies. No more is held than was to come; all of it is taken.
func TestAnswerIsLargerThanOffered(t *testing.T) {
	items, frames := answers(64, wire.MaxTransmission)
	for _, test := range []struct {
		name  string
		given []stream.Frame
		want  int // taken
		err   error
	}{
		{"to its end", append(slices.Clone(frames), stream.Frame{Kind: stream.End}), len(frames), nil},
		{"as far as it came", frames[:20], 20, io.EOF},
		{"and one more", slices.Concat(frames, frames[:1]), len(frames), ErrUnasked},
	} {
		for _, chains := range []bool{false, true} {
			stock := &keeper{kept: map[wire.ID]bool{}}
			s, rw := sessions(stock), &watched{scripted: script(t, test.given...), stock: stock}
			c := s.session("p", rw)
			c.window = 64 << 10 // the link has shown that it is that fast
			if err := c.pull(t.Context(), live, items, chains); !errors.Is(err, test.err) {
				t.Fatalf("%s: %v, want %v", test.name, err, test.err)
			}
			if n := len(stock.kept); n != test.want {
				t.Errorf("%s: %d were taken, want %d", test.name, n, test.want)
			}
			if most := 64<<10 + maxFrame + 64<<10; rw.held > most { // and what the framer has read ahead
				t.Errorf("%s: %d bytes were held at once, want %d at most", test.name, rw.held, most)
			}
			if gets := len(rw.heard(t)); gets != 1 {
				t.Errorf("%s: %d requests, want one", test.name, gets)
			}
			s.cfg.Near.Meet("another", time.Hour, time.Now())
			for i := range items {
				if _, wait := s.cfg.Near.Claim("another", &items[i], 0, false, time.Now()); wait {
					t.Fatalf("%s: item %d stays claimed", test.name, i)
				}
			}
		}
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
		g := &get{promised: test.promised, bytes: test.bytes, took: test.took}
		if got := g.window(8 << 10); got != test.want {
			t.Errorf("%s: %d bytes, want %d", test.name, got, test.want)
		}
	}
	if got := (&get{promised: 1, bytes: 1}).window(batchBytes); got != batchBytes {
		t.Errorf("%d bytes, want %d at most", got, batchBytes)
	}
}
