package airtime

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// channel is one frequency that radios share. A frame is lost where two overlap
// that are both in reach, where the receiver sends itself, and by chance.
type channel struct {
	modem  Modem
	radios []*simRadio
	loss   float64
	dice   *rand.Rand
	air    []*transmission            // not ended
	done   func(*simRadio, time.Time) // is told of what was heard; nil: one message is all there is

	sent, lost, collided int
	onAir                time.Duration
}

type simRadio struct {
	x, y     float64 // in units of reach
	schedule *Schedule
	next     time.Time // when to ask; zero: never
	have     map[Key]map[byte]bool
	complete map[Key]time.Time
}

type transmission struct {
	from     *simRadio
	frame    []byte
	start    time.Time
	end      time.Time
	collided map[*simRadio]bool
}

func (a *simRadio) reaches(b *simRadio) bool { return math.Hypot(a.x-b.x, a.y-b.y) <= 1 }

func newChannel(t testing.TB, n int, side, loss, duty float64, seed uint64) *channel {
	c := &channel{modem: longFast, loss: loss, dice: rand.New(chance(seed))}
	for i := range n {
		c.radios = append(c.radios, &simRadio{x: c.dice.Float64() * side, y: c.dice.Float64() * side, schedule: newSchedule(t, seed<<8+uint64(i), duty),
			have: map[Key]map[byte]bool{}, complete: map[Key]time.Time{}})
	}
	return c
}

// busy is whether a radio notices somebody: it takes half a preamble.
func (c *channel) busy(r *simRadio, now time.Time) bool {
	for _, t := range c.air {
		if t.from.reaches(r) && t.from != r && !t.start.Add(c.modem.slot()).After(now) {
			return true
		}
	}
	return false
}

// run lets the time pass.
func (c *channel) run(m pieces, severity cap.Severity, expires, from time.Time, d time.Duration) {
	end := from.Add(d)
	for {
		var asked *simRadio
		var ended *transmission
		now := end
		for _, r := range c.radios {
			if !r.next.IsZero() && r.next.Before(now) {
				now, asked = r.next, r
			}
		}
		for _, t := range c.air {
			if !t.end.After(now) {
				now, asked, ended = t.end, nil, t
			}
		}
		switch {
		case ended != nil:
			c.finish(ended, m, severity, expires, now)
		case asked != nil:
			frame, again := asked.schedule.Next(now, c.busy(asked, now))
			asked.next = again
			if frame != nil {
				c.begin(asked, frame, now)
			} else if !again.IsZero() && !again.After(now) {
				panic("a radio asks again at once")
			}
		default:
			return
		}
	}
}

func (c *channel) begin(r *simRadio, frame []byte, now time.Time) {
	took := c.modem.Airtime(len(frame))
	t := &transmission{from: r, frame: frame, start: now, end: now.Add(took), collided: map[*simRadio]bool{}}
	for _, other := range c.air {
		for _, at := range c.radios {
			if other.from.reaches(at) && r.reaches(at) {
				other.collided[at], t.collided[at] = true, true
			}
		}
		other.collided[r], t.collided[other.from] = true, true // who sends does not hear
	}
	c.air = append(c.air, t)
	c.sent++
	c.onAir += took
}

func (c *channel) finish(t *transmission, m pieces, severity cap.Severity, expires, now time.Time) {
	for i, other := range c.air {
		if other == t {
			c.air = append(c.air[:i], c.air[i+1:]...)
			break
		}
	}
	key := Key(t.frame)
	for _, r := range c.radios {
		if r == t.from || !t.from.reaches(r) {
			continue
		}
		if t.collided[r] {
			c.collided++
			continue
		}
		if c.dice.Float64() < c.loss {
			c.lost++
			continue
		}
		r.schedule.Heard(key, now)
		if r.have[key] == nil {
			r.have[key] = map[byte]bool{}
		}
		r.have[key][t.frame[4]] = true
		if c.done != nil {
			c.done(r, now)
			if _, again := r.schedule.Next(now, true); !again.IsZero() {
				r.next = again
			}
			continue
		}
		if _, done := r.complete[key]; !done && len(r.have[key]) >= m.needed {
			r.complete[key] = now
			r.schedule.Add(key, m, severity, expires, now)
			_, r.next = r.schedule.Next(now, true)
		}
	}
}

// connected are the radios that a chain of others joins to the first.
func (c *channel) connected() int {
	seen := map[*simRadio]bool{c.radios[0]: true}
	for queue := []*simRadio{c.radios[0]}; len(queue) > 0; queue = queue[1:] {
		for _, r := range c.radios {
			if !seen[r] && queue[0].reaches(r) {
				seen[r] = true
				queue = append(queue, r)
			}
		}
	}
	return len(seen)
}

// TestChannel: one radio has a warning; how many of those that can be reached at
// all hear it, when, and at what cost for the channel.
func TestChannel(t *testing.T) {
	for _, c := range []struct {
		name     string
		radios   int
		side     float64 // of the square they are in, in units of a radio's reach
		frames   int     // of the message
		loss     float64
		within   time.Duration // for all
		longest  float64       // share of the hour in which all radios together are on the air
		severity cap.Severity
	}{
		{"two", 2, 0.5, 1, 0.1, time.Minute, 0.02, cap.Extreme},
		{"a hall", 50, 0.5, 1, 0.1, time.Minute, 0.06, cap.Extreme},
		{"a hall, three frames", 50, 0.5, 3, 0.1, 3 * time.Minute, 0.16, cap.Extreme},
		{"a district", 60, 4, 1, 0.2, 10 * time.Minute, 0.4, cap.Extreme},
		{"a district, three frames", 60, 4, 3, 0.2, 15 * time.Minute, 0.8, cap.Extreme},
		{"a district, moderate", 60, 4, 1, 0.2, 40 * time.Minute, 0.2, cap.Moderate},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch := newChannel(t, c.radios, c.side, c.loss, DefaultDuty, 11)
			m := pieces{Key{7}, c.frames, 256, 233}
			if c.frames == 1 {
				m.count = 1
			}
			expires := start.Add(6 * time.Hour)
			first := ch.radios[0]
			first.schedule.Add(m.key, m, c.severity, expires, start)
			first.complete[m.key] = start
			first.next = start
			ch.run(m, c.severity, expires, start, time.Hour)

			reached, half, last := 0, 0, time.Duration(0)
			for _, r := range ch.radios {
				if at, ok := r.complete[m.key]; ok {
					reached++
					last = max(last, at.Sub(start))
					if at.Sub(start) < time.Minute {
						half++
					}
				}
				if spent, limit := r.schedule.Spent(start.Add(time.Hour)); spent > limit {
					t.Errorf("a radio was on the air for %s of %s", spent, limit)
				}
			}
			share := ch.onAir.Seconds() / 3600
			t.Logf("%d of %d radios reached (%d can be), %d in a minute, the last after %s; %d frames, %.1f %% of the hour, %d receptions lost to collisions, %d to noise",
				reached, c.radios, ch.connected(), half, last.Round(time.Second), ch.sent, 100*share, ch.collided, ch.lost)
			if reached < ch.connected() || last > c.within || share > c.longest {
				t.Errorf("want all within %s at %.0f %%", c.within, 100*c.longest)
			}
		})
	}
}
