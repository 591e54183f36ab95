package airtime

import (
	"slices"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// The certificates that a warning rests on, as real ones are: each takes three frames.
const certificates = 9

func certificate(n int) pieces { return pieces{Key{200, byte(n)}, 3, 6, 191} }

// warn has a radio say a warning in two frames, and prove it.
func (a *simRadio) warn(key Key, severity cap.Severity, proven bool, now time.Time) {
	a.schedule.Add(key, pieces{key, 2, 4, 136}, severity, now.Add(24*time.Hour), now)
	for n := range certificates {
		if c := certificate(n); proven {
			a.schedule.AddProof(c.key, c, severity, now.Add(24*time.Hour), now)
		}
	}
	_, a.next = a.schedule.Next(now, true)
}

// valley is a channel on which radios say what they have, with what proves it, as soon as
// they can verify it.
type valley struct {
	*channel
	warnings map[Key]cap.Severity
	proven   bool // else warnings need no proof
	lacks    map[*simRadio]bool
}

func newValley(t *testing.T, n int, side float64, seed uint64) *valley {
	return &valley{channel: newChannel(t, n, side, 0.1, DefaultDuty, seed), warnings: map[Key]cap.Severity{}, lacks: map[*simRadio]bool{}, proven: true}
}

// verifies is whether a radio has all certificates.
func (v *valley) verifies(r *simRadio) bool {
	if !v.lacks[r] {
		return true
	}
	for n := range certificates {
		if len(r.have[certificate(n).key]) < certificate(n).needed {
			return false
		}
	}
	return true
}

// pass lets the time pass.
func (v *valley) pass(from time.Time, d time.Duration) {
	v.done = func(r *simRadio, now time.Time) {
		if !v.verifies(r) {
			return
		}
		for key, severity := range v.warnings {
			if _, known := r.complete[key]; !known && len(r.have[key]) >= 2 {
				r.complete[key] = now
				r.warn(key, severity, v.proven, now)
			}
		}
	}
	v.run(pieces{}, cap.Minor, from, from, d)
}

// after is when the share of the radios had a warning.
func (v *valley) after(key Key, issued time.Time, share float64) time.Duration {
	var all []time.Duration
	for _, r := range v.radios {
		if at, ok := r.complete[key]; ok {
			all = append(all, at.Sub(issued))
		}
	}
	slices.Sort(all)
	if n := int(share * float64(len(v.radios))); n < len(all) {
		return all[n].Round(time.Second)
	}
	return -1
}

func (v *valley) issue(key Key, severity cap.Severity, now time.Time) {
	v.warnings[key] = severity
	v.radios[0].warn(key, severity, v.proven, now)
	v.radios[0].complete[key] = now
}

// TestProofsWaitForWarnings: three hours after an Extreme warning a Moderate one takes about
// as long with the certificates of both on the air as without any.
func TestProofsWaitForWarnings(t *testing.T) {
	took := map[bool][2]time.Duration{}
	for _, proven := range []bool{false, true} {
		var sum [2]time.Duration
		const seeds = 2
		for seed := range uint64(seeds) {
			v := newValley(t, 40, 2.5, 20+seed)
			v.proven = proven
			v.issue(Key{1}, cap.Extreme, start)
			v.pass(start, 3*time.Hour)
			later := start.Add(3 * time.Hour)
			v.issue(Key{2}, cap.Moderate, later)
			v.pass(later, time.Hour)
			t.Logf("certificates %t, seed %d: Extreme p50 %s, p90 %s; Moderate p50 %s, p90 %s; %s on the air", proven, seed, v.after(Key{1}, start, 0.5),
				v.after(Key{1}, start, 0.9), v.after(Key{2}, later, 0.5), v.after(Key{2}, later, 0.9), v.onAir.Round(time.Second))
			sum[0], sum[1] = sum[0]+v.after(Key{1}, start, 0.5)/seeds, sum[1]+v.after(Key{2}, later, 0.5)/seeds
		}
		took[proven] = sum
	}
	t.Logf("p50, Extreme and Moderate: without %s, with certificates %s", took[false], took[true])
	for i, severity := range []cap.Severity{cap.Extreme, cap.Moderate} {
		if with, without := took[true][i], took[false][i]; with > without*3/2 {
			t.Errorf("%s: p50 %s with the certificates, %s without", severity, with, without)
		}
	}
}

// TestLateComerVerifies: who switches on hours after a warning, with the root alone, verifies
// it in a time that the channel bounds: nine certificates are 36 frames, of which a radio that
// is the only one to say them may send six an hour; who misses one waits for the next turn.
func TestLateComerVerifies(t *testing.T) {
	for _, c := range []struct {
		name   string
		radios int
		joins  time.Duration
		within time.Duration
	}{
		{"from the first, one other", 2, 0, 12 * time.Hour},
		{"late, one other", 2, 3 * time.Hour, 12 * time.Hour},
		{"from the first, a street", 12, 0, 2 * time.Hour},
		{"late, a street", 12, 3 * time.Hour, 2 * time.Hour},
		{"late, a hall", 40, 3 * time.Hour, 2 * time.Hour},
	} {
		var all []time.Duration
		for seed := range uint64(3) {
			v := newValley(t, c.radios, 0.5, 40+seed)
			late := v.radios[c.radios-1]
			v.lacks[late] = true
			v.issue(Key{1}, cap.Extreme, start)
			x := late.x
			late.x = 1000 // it is not there yet
			v.pass(start, c.joins)
			late.x = x
			v.pass(start.Add(c.joins), 15*time.Hour)
			at, ok := late.complete[Key{1}]
			if !ok {
				t.Errorf("%s: never", c.name)
				continue
			}
			all = append(all, at.Sub(start.Add(c.joins)).Round(time.Second))
		}
		slices.Sort(all)
		t.Logf("%s: %s", c.name, all)
		if len(all) > 0 && all[len(all)-1] > c.within {
			t.Errorf("%s: after %s, want %s", c.name, all[len(all)-1], c.within)
		}
	}
}

// TestOrderOfProofs: what is said first of what waits for its turn.
func TestOrderOfProofs(t *testing.T) {
	s := newSchedule(t, 30, 0)
	ends := start.Add(12 * time.Hour)
	one := func(n byte) (Key, pieces) { return Key{n}, pieces{Key{n}, 1, 1, 100} }
	add := func(n byte, severity cap.Severity) { k, p := one(n); s.Add(k, p, severity, ends, start) }
	prove := func(n byte, of cap.Severity, now time.Time) { k, p := one(n); s.AddProof(k, p, of, ends, now) }
	order := func(now time.Time) (list []byte) {
		for _, m := range s.order(now) {
			list = append(list, m.key[0])
		}
		return list
	}
	add(1, cap.Minor)
	prove(2, cap.Moderate, start)
	prove(3, cap.Extreme, start)
	add(4, cap.Moderate)
	add(5, cap.UnknownSeverity)
	add(6, cap.Extreme)
	prove(7, cap.Severe, start)
	for _, c := range []struct {
		name string
		do   func()
		now  time.Time
		want []byte
	}{
		{"fresh", func() {}, start, []byte{6, 4, 3, 7, 1, 5, 2}},
		{"another one has said it", func() { s.Heard(Key{3}, start) }, start, []byte{6, 4, 7, 1, 5, 3, 2}},
		{"and nobody for hours", func() {}, start.Add(recently), []byte{6, 4, 3, 7, 1, 5, 2}},
		{"it proves a more severe one", func() { prove(2, cap.Extreme, start) }, start.Add(time.Minute), []byte{6, 4, 2, 7, 1, 5, 3}},
		{"it is not begun anew", func() { s.Remove(Key{3}); prove(3, cap.Extreme, start) }, start.Add(time.Minute), []byte{6, 4, 2, 7, 1, 5, 3}},
	} {
		c.do()
		if got := order(c.now); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestProofsHaveTheirOwn: however many proofs wait, a new warning is said at once; and however
// many warnings are repeated, proofs are said.
func TestProofsHaveTheirOwn(t *testing.T) {
	s := newSchedule(t, 31, 0)
	ends := start.Add(24 * time.Hour)
	for n := range byte(60) {
		s.AddProof(Key{100, n}, pieces{Key{100, n}, 3, 6, 191}, cap.Extreme, ends, start)
	}
	run(s, start, 2*time.Hour)
	for i, severity := range []cap.Severity{cap.Minor, cap.Moderate, cap.Severe, cap.Extreme} {
		now := start.Add(2*time.Hour + time.Duration(i)*time.Minute)
		s.Add(Key{byte(i)}, pieces{Key{byte(i)}, 2, 4, 136}, severity, ends, now)
		if got := run(s, now, 30*time.Second); len(got) < 2 || got[0].key != (Key{byte(i)}) || got[0].after > 10*time.Second {
			t.Errorf("%s: sent %v", severity, got)
		}
	}
	for n := range byte(40) {
		s.Add(Key{10, n}, pieces{Key{10, n}, 2, 4, 136}, cap.Extreme, ends, start)
	}
	run(s, start.Add(3*time.Hour), 3*time.Hour)
	now, took := start.Add(6*time.Hour), time.Duration(0)
	for _, f := range run(s, now, time.Hour) {
		if f.key[0] == 100 {
			took += longFast.Airtime(191)
		}
	}
	_, limit := s.Spent(now)
	if took < limit/5 || took > limit*2/5 {
		t.Errorf("proofs were on the air for %s of %s", took, limit)
	}
}

// TestKnownLastsLonger: a message that is needed for longer is said for longer, and what is
// kept of proofs is bounded.
func TestKnownLastsLonger(t *testing.T) {
	s := newSchedule(t, 32, 0.1)
	p := pieces{Key{1}, 1, 1, 50}
	s.AddProof(Key{1}, p, cap.Severe, start.Add(time.Hour), start)
	s.AddProof(Key{1}, p, cap.Minor, start.Add(3*time.Hour), start)
	s.AddProof(Key{1}, p, cap.Minor, start.Add(2*time.Hour), start)
	got := run(s, start, 6*time.Hour)
	if last := got[len(got)-1].after; last < 90*time.Minute || last > 3*time.Hour {
		t.Errorf("said last after %s", last)
	}
	for n := range 2 * maxSpoken {
		k := Key{2, byte(n), byte(n >> 8)}
		s.AddProof(k, p, cap.Severe, start.Add(time.Hour), start)
		s.Heard(k, start.Add(time.Duration(n)))
		s.Remove(k)
	}
	if _, latest := s.spoken[Key{2, 255, 1}]; len(s.spoken) != maxSpoken || !latest {
		t.Errorf("%d proofs are remembered, the latest: %t", len(s.spoken), latest)
	}
}

// TestLessSevereIsHeardToo: a radio that is alone in repeating an Extreme warning says a
// Moderate one as well, and soon.
func TestLessSevereIsHeardToo(t *testing.T) {
	s := newSchedule(t, 33, 0)
	ends := start.Add(24 * time.Hour)
	for n := range certificates {
		s.AddProof(certificate(n).key, certificate(n), cap.Extreme, ends, start)
	}
	s.Add(Key{1}, pieces{Key{1}, 2, 4, 136}, cap.Extreme, ends, start)
	run(s, start, 3*time.Hour)
	now := start.Add(3 * time.Hour)
	s.Add(Key{2}, pieces{Key{2}, 2, 4, 136}, cap.Moderate, ends, now)
	var first []time.Duration
	for _, f := range run(s, now, 3*time.Hour) {
		if f.key == (Key{2}) {
			first = append(first, f.after)
		}
	}
	if len(first) < 6 || first[1] > 20*time.Minute {
		t.Errorf("said at %s", first)
	}
}

// TestSevereIsNotKeptBack: a radio that is alone in repeating many warnings says a Severe one
// more often than a Moderate one, and this one at all, whatever is less severe.
func TestSevereIsNotKeptBack(t *testing.T) {
	s := newSchedule(t, 33, 0)
	ends := start.Add(24 * time.Hour)
	for n := range certificates {
		s.AddProof(certificate(n).key, certificate(n), cap.Extreme, ends, start)
	}
	severities := []cap.Severity{cap.Extreme, cap.Extreme, cap.Extreme, cap.Extreme, cap.Extreme, cap.Severe, cap.Moderate, cap.Minor, cap.Minor}
	for i, severity := range severities {
		s.Add(Key{byte(i)}, pieces{Key{byte(i)}, 2, 4, 136}, severity, ends, start)
	}
	said := map[cap.Severity]int{}
	for _, f := range run(s, start, 12*time.Hour) {
		if n := int(f.key[0]); n < len(severities) && f.after > 2*time.Hour {
			said[severities[n]]++
		}
	}
	t.Logf("frames in ten hours: %v", said)
	if said[cap.Severe] <= said[cap.Moderate] || said[cap.Moderate] < 5 || said[cap.Moderate] <= said[cap.Minor] {
		t.Errorf("frames in ten hours: %v", said)
	}
}
