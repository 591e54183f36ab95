package airtime

import (
	"bytes"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

var longFast, _ = Preset("longfast")

var start = time.Unix(1_800_000_000, 0)

// pieces are frames of a message of a test: key, index, filling.
type pieces struct {
	key    Key
	needed int
	count  int
	size   int
}

func (p pieces) Needed() int { return p.needed }
func (p pieces) Count() int  { return p.count }
func (p pieces) Frame(i int) []byte {
	return append(append(bytes.Clone(p.key[:]), byte(i%p.count)), make([]byte, p.size-5)...)
}

func newSchedule(t testing.TB, seed uint64, duty float64) *Schedule {
	t.Helper()
	s, err := New(Config{Modem: longFast, Duty: duty, Random: chance(seed)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sent is one frame that a schedule let out.
type sent struct {
	after time.Duration
	key   Key
	index byte
}

// run asks the schedule as a radio does, on a channel that nobody else uses.
func run(s *Schedule, from time.Time, d time.Duration) (all []sent) {
	for now := from; now.Before(from.Add(d)); {
		frame, again := s.Next(now, false)
		if frame != nil {
			all = append(all, sent{now.Sub(from), Key(frame), frame[4]})
		}
		if again.IsZero() {
			break
		}
		now = again
	}
	return all
}

func TestFirstIsSaidAtOnce(t *testing.T) {
	s := newSchedule(t, 1, 0)
	s.Add(Key{1}, pieces{Key{1}, 1, 1, 200}, cap.Severe, start.Add(time.Hour), start)
	got := run(s, start, 10*time.Second)
	if len(got) != 1 || got[0].after > time.Second {
		t.Errorf("sent %v, want one frame within a second", got)
	}
}

func TestRepetition(t *testing.T) {
	for severity, want := range map[cap.Severity][2]int{ // frames in three hours, at 10 %
		cap.Extreme: {18, 30}, cap.Severe: {10, 20}, cap.Moderate: {5, 12}, cap.Minor: {4, 9},
	} {
		s := newSchedule(t, 2, 0.1)
		s.Add(Key{1}, pieces{Key{1}, 1, 1, 200}, severity, start.Add(24*time.Hour), start)
		got := run(s, start, 3*time.Hour)
		if len(got) < want[0] || len(got) > want[1] {
			t.Errorf("%s: said %d times in 3 hours, want %d to %d", severity, len(got), want[0], want[1])
		}
	}
}

func TestEveryRoundHasOtherFrames(t *testing.T) {
	s := newSchedule(t, 3, 0.1)
	s.Add(Key{1}, pieces{Key{1}, 4, 256, 200}, cap.Extreme, start.Add(time.Hour), start)
	seen := map[byte]bool{}
	got := run(s, start, 10*time.Minute)
	for _, f := range got {
		if seen[f.index] {
			t.Errorf("frame %d came twice", f.index)
		}
		seen[f.index] = true
	}
	if len(got) < 10 {
		t.Errorf("%d frames, want two rounds of 5", len(got))
	}
}

func TestSilentWhereOthersSayIt(t *testing.T) {
	s := newSchedule(t, 4, 0.1)
	s.Heard(Key{1}, start)
	s.Heard(Key{1}, start)
	s.Add(Key{1}, pieces{Key{1}, 1, 1, 200}, cap.Severe, start.Add(24*time.Hour), start)
	now, own := start, 0
	for now.Before(start.Add(3 * time.Hour)) {
		frame, again := s.Next(now, false)
		if frame != nil {
			own++
		}
		now = again
		s.Heard(Key{1}, now)
		s.Heard(Key{1}, now)
	}
	if own > 0 {
		t.Errorf("said %d times though others say it in each interval", own)
	}
}

func TestMoreSevereGoesFirst(t *testing.T) {
	s := newSchedule(t, 5, 0)
	s.Add(Key{1}, pieces{Key{1}, 20, 256, 233}, cap.Minor, start.Add(time.Hour), start)
	early := run(s, start, 6*time.Second)
	now := start.Add(6 * time.Second)
	s.Add(Key{2}, pieces{Key{2}, 1, 1, 233}, cap.Extreme, now.Add(time.Hour), now)
	late := run(s, now, 10*time.Second)
	if len(early) == 0 || len(late) == 0 || late[0].key != (Key{2}) {
		t.Errorf("%v, then %v: want the extreme one next", early, late)
	}
}

// TestBudgetLeavesRoom: what is minor never uses up what an extreme warning needs.
func TestBudgetLeavesRoom(t *testing.T) {
	s := newSchedule(t, 6, 0)
	for n := byte(10); n < 60; n++ {
		s.Add(Key{n}, pieces{Key{n}, 4, 256, 233}, cap.Minor, start.Add(5*time.Hour), start)
	}
	run(s, start, time.Hour)
	now := start.Add(time.Hour)
	if spent, limit := s.Spent(now); spent > limit/4 || spent < limit/6 {
		t.Errorf("minor messages used %s of %s", spent, limit)
	}
	s.Add(Key{1}, pieces{Key{1}, 4, 256, 233}, cap.Extreme, now.Add(5*time.Hour), now)
	got := run(s, now, 40*time.Second)
	if n := len(got); n < 5 || got[0].key != (Key{1}) {
		t.Errorf("an extreme message is said in %d frames of 5 within 40 s: %v", n, got)
	}
	run(s, now.Add(40*time.Second), 5*time.Hour)
	if spent, limit := s.Spent(now.Add(2 * time.Hour)); spent > limit {
		t.Errorf("%s on the air in an hour, the law allows %s", spent, limit)
	}
}

func TestListensBeforeItTalks(t *testing.T) {
	s := newSchedule(t, 7, 0)
	s.Add(Key{1}, pieces{Key{1}, 1, 1, 200}, cap.Extreme, start.Add(time.Hour), start)
	now := start
	var waits []time.Duration
	for range 10 {
		frame, again := s.Next(now, true)
		if frame != nil {
			t.Fatal("talks while another one does")
		}
		waits = append(waits, again.Sub(now))
		now = again
	}
	if first, last := waits[1], waits[9]; last < 2*first || last > time.Duration(maxWindow+1)*longFast.slot() {
		t.Errorf("waits %v, want growing ones", waits)
	}
	if frame, _ := s.Next(now, false); frame == nil {
		t.Error("silent though the channel is free")
	}
}

func TestEnds(t *testing.T) {
	s := newSchedule(t, 8, 0)
	s.Add(Key{1}, pieces{Key{1}, 1, 1, 200}, cap.Extreme, start.Add(time.Minute), start)
	s.Add(Key{2}, pieces{Key{2}, 1, 1, 200}, cap.Extreme, start, start) // over already
	s.Add(Key{3}, pieces{Key{3}, 1, 1, 200}, cap.Extreme, start.Add(time.Hour), start)
	s.Remove(Key{3})
	for _, f := range run(s, start, time.Hour) {
		if f.key != (Key{1}) || f.after > time.Minute {
			t.Errorf("sent %v", f)
		}
	}
	if s.Len() != 0 {
		t.Errorf("%d messages are left", s.Len())
	}
}

func TestBounds(t *testing.T) {
	s := newSchedule(t, 9, 0)
	for n := range 1000 {
		s.Heard(Key{byte(n), byte(n >> 8), 9}, start)
		s.Add(Key{byte(n), byte(n >> 8)}, pieces{Key{}, 1, 1, 50}, cap.Minor, start.Add(time.Hour), start)
	}
	s.Add(Key{255, 255}, pieces{Key{}, 1, 1, 50}, cap.Severe, start.Add(time.Hour), start)
	if s.Len() != maxMessages || len(s.rumours) > maxRumours || s.messages[Key{255, 255}] == nil {
		t.Errorf("%d messages, %d rumours, severe one held: %v", s.Len(), len(s.rumours), s.messages[Key{255, 255}] != nil)
	}
	for _, bad := range []Config{{Modem: longFast}, {Random: chance(1)}, {Modem: longFast, Random: chance(1), Duty: 2}} {
		if _, err := New(bad); err == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
}
