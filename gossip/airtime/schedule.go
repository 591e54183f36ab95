package airtime

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// Defaults of [Config] and bounds of a [Schedule].
const (
	// DefaultDuty is what EU868 allows in its common band, g1 of 868.0 to 868.6 MHz: 1 %.
	DefaultDuty = 0.01

	// dutyWindow is over which regulators count.
	dutyWindow = time.Hour

	// maxMessages bounds the messages of a schedule: at 1 % nobody hears more of
	// them in a day. The least severe gives way.
	maxMessages = 128

	// maxRumours bounds the messages that were heard in part and are not known yet.
	maxRumours = 256

	// maxSpoken bounds the proofs of which it is kept when they were said.
	maxSpoken = 256
)

// Config configures a [Schedule].
type Config struct {
	Modem Modem
	// Duty is the part of any hour in which this radio may send. Zero: DefaultDuty.
	Duty float64
	// Random spreads radios in time. It is needed; two radios must not have the same.
	Random io.Reader
}

// Frames are the frames of one message, of which any Needed different ones give
// it back; gossip/frame's Pieces are such.
type Frames interface {
	Needed() int
	Count() int
	Frame(i int) []byte // of i modulo Count
}

// Key names a message on the air: what all its frames have in common.
type Key [4]byte

// Schedule holds what one radio has to say. Its methods take the time as seen by
// a clock that never jumps, and are not safe for concurrent use.
type Schedule struct {
	modem  Modem
	random io.Reader
	accounts
	messages map[Key]*message
	rumours  map[Key]rumour
	spoken   map[Key]time.Time // proofs that are not held now, and when they were said last
	quiet    time.Time         // do not send before
	window   int               // of the next wait for a busy channel, in slots
}

// rumour counts frames of a message that this radio does not hold yet.
type rumour struct {
	heard int
	last  time.Time
}

// New makes an empty schedule.
func New(c Config) (*Schedule, error) {
	c.Duty = cmp.Or(c.Duty, DefaultDuty)
	switch {
	case c.Random == nil:
		return nil, errors.New("new radio schedule: no randomness")
	case c.Duty < 0 || c.Duty > 1:
		return nil, fmt.Errorf("new radio schedule: duty cycle %v, want a part of 1", c.Duty)
	case c.Modem.Spreading < 5 || c.Modem.Spreading > 12 || c.Modem.Bandwidth <= 0 || c.Modem.Coding < 1 || c.Modem.Coding > 4:
		return nil, fmt.Errorf("new radio schedule: %+v is no LoRa modem", c.Modem)
	}
	account := duty{limit: time.Duration(c.Duty * float64(dutyWindow)), window: dutyWindow}
	return &Schedule{
		modem: c.Modem, random: c.Random, accounts: newAccounts(account),
		messages: map[Key]*message{}, rumours: map[Key]rumour{}, spoken: map[Key]time.Time{}, window: 1,
	}, nil
}

// Add takes up a message, to be said until it expires. One that is known is not begun
// anew; it may last longer.
func (s *Schedule) Add(key Key, f Frames, severity cap.Severity, expires, now time.Time) {
	m := &message{key: key, frames: f, rank: severity.Rank(), pace: paceOf(severity), expires: expires, added: now}
	if s.take(m, now) && m.heard == 0 {
		// Nobody has said it: at once, but not in the same instant as another
		// gateway that got it by other means.
		m.at = now.Add(s.spread(min(m.round, 4*s.modem.slot())))
	}
}

// AddProof takes up what others need to verify a message of the given severity, as a
// certificate. Warnings go before it, except that where nobody has said it of late it goes
// before Minor ones if what it proves is Severe or Extreme. One that is known counts from
// now on for the most severe message that it proves. It begins after a while: those who
// can verify the message pass that on first.
func (s *Schedule) AddProof(key Key, f Frames, of cap.Severity, expires, now time.Time) {
	s.take(&message{key: key, frames: f, rank: of.Rank(), proof: true, pace: proofs, expires: expires, spoken: s.spoken[key]}, now)
}

// take holds a message that is not known, if there is room for it, and begins its first
// interval.
func (s *Schedule) take(m *message, now time.Time) bool {
	if old := s.messages[m.key]; old != nil {
		old.rank, old.expires = max(old.rank, m.rank), later(old.expires, m.expires)
		return false
	}
	if !m.expires.After(now) || len(s.messages) >= maxMessages && !s.makeRoom(m, now) {
		return false
	}
	m.round = s.modem.Airtime(len(m.frames.Frame(0))) * time.Duration(m.perRound())
	s.messages[m.key] = m
	before := s.rumours[m.key]
	delete(s.rumours, m.key)
	m.begin(now, m.shortest())
	m.heard = before.heard
	m.at = now.Add(m.interval/2 + s.spread(m.interval/2))
	m.first = int(s.spread(time.Duration(m.frames.Count())))
	return true
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// Remove ends a message: it was taken back or superseded.
func (s *Schedule) Remove(key Key) {
	if m := s.messages[key]; m != nil {
		s.drop(m)
	}
}

// Holds reports whether a message is held: it was added, and has neither ended nor given way.
func (s *Schedule) Holds(key Key) bool { return s.messages[key] != nil }

// Len is how many messages are held.
func (s *Schedule) Len() int { return len(s.messages) }

// Heard counts a frame that another radio has sent.
func (s *Schedule) Heard(key Key, now time.Time) {
	if m := s.messages[key]; m != nil {
		m.hear(now)
		return
	}
	if _, known := s.rumours[key]; !known && len(s.rumours) >= maxRumours {
		oldest := key
		for k, r := range s.rumours {
			if oldest == key || r.last.Before(s.rumours[oldest].last) {
				oldest = k
			}
		}
		delete(s.rumours, oldest)
	}
	s.rumours[key] = rumour{s.rumours[key].heard + 1, now}
}

// Next decides. It returns a frame to send at once, or none, and when to ask
// again; the zero time is not before something is added. busy is whether somebody
// is heard sending now; a radio that cannot tell says no. The frame is accounted
// for as sent.
func (s *Schedule) Next(now time.Time, busy bool) (frame []byte, again time.Time) {
	for _, m := range s.messages {
		if !m.expires.After(now) {
			s.drop(m)
		}
	}
	sooner := func(t time.Time) {
		if again.IsZero() || t.Before(again) {
			again = t
		}
	}
	here := heldOf(s.messages)
	for _, m := range s.order(now) {
		m.turn(now, s.spread)
		if m.left == 0 {
			sooner(m.next())
			continue
		}
		if s.quiet.After(now) {
			sooner(s.quiet)
			continue
		}
		next := m.frames.Frame(m.first + m.sent)
		took := s.modem.Airtime(len(next))
		at := s.when(m, took, here, now)
		if at.IsZero() {
			s.drop(m) // no budget will ever hold it
			continue
		}
		if at.After(now) {
			sooner(at)
			continue
		}
		if busy {
			s.backOff(now)
			sooner(s.quiet)
			continue
		}
		m.send(now)
		s.accounts.spend(m, took, now)
		s.window = 1
		s.quiet = now.Add(took + s.modem.slot() + s.spread(gapSlots*s.modem.slot()))
		return next, s.quiet
	}
	return nil, again
}

const (
	// gapSlots is the longest gap after an own frame: others get a word in.
	gapSlots = 4

	// minWindow and maxWindow bound the wait for a busy channel, in slots.
	minWindow = 8
	maxWindow = 64
)

// backOff waits at random, longer each time the channel is found busy.
func (s *Schedule) backOff(now time.Time) {
	s.window = min(max(2*s.window, minWindow), maxWindow)
	s.quiet = now.Add(s.modem.slot() + s.spread(time.Duration(s.window)*s.modem.slot()))
}

// Spent is how long this radio was on the air in the last hour, and how long it
// may be.
func (s *Schedule) Spent(now time.Time) (spent, limit time.Duration) {
	s.all.forget(now)
	return s.all.spent, s.all.limit
}

// Emissions lists the times on the air of the last hour, the oldest first.
func (s *Schedule) Emissions(now time.Time) []Emission {
	s.all.forget(now)
	return slices.Clone(s.all.log)
}

// Remember counts times on the air of an earlier run, the oldest first, before the first
// frame of this one. Which messages they were for is not known: they count for none.
func (s *Schedule) Remember(earlier []Emission) {
	for _, e := range earlier {
		s.all.log = append(s.all.log, e)
		s.all.spent += e.Took
	}
}

// order lists the messages, first what stands highest, then what was said least, then what is due longest.
func (s *Schedule) order(now time.Time) []*message {
	list := make([]*message, 0, len(s.messages))
	for _, m := range s.messages {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *message) int {
		return cmp.Or(
			cmp.Compare(b.standing(now), a.standing(now)),
			cmp.Compare(a.sent/a.perRound(), b.sent/b.perRound()),
			a.at.Compare(b.at),
			slices.Compare(a.key[:], b.key[:]),
		)
	})
	return list
}

// spread draws from [0, d). Randomness that fails makes radios collide more; it
// does not keep them from sending.
func (s *Schedule) spread(d time.Duration) time.Duration {
	var b [8]byte
	if _, err := io.ReadFull(s.random, b[:]); err != nil {
		return d / 2
	}
	return time.Duration(float64(d) * (float64(binary.BigEndian.Uint64(b[:])>>11) / math.Exp2(53)))
}
