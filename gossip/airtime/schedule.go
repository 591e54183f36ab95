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
	modem    Modem
	random   io.Reader
	duty     duty
	messages map[Key]*message
	rumours  map[Key]rumour
	quiet    time.Time // do not send before
	window   int       // of the next wait for a busy channel, in slots
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
	limit := time.Duration(c.Duty * float64(dutyWindow))
	return &Schedule{
		modem: c.Modem, random: c.Random, duty: duty{limit: limit, window: dutyWindow},
		messages: map[Key]*message{}, rumours: map[Key]rumour{}, window: 1,
	}, nil
}

// Add takes up a message, to be said until it expires. A message that is known is
// not begun anew.
func (s *Schedule) Add(key Key, f Frames, severity cap.Severity, expires, now time.Time) {
	if s.messages[key] != nil || !expires.After(now) {
		return
	}
	if len(s.messages) >= maxMessages && !s.makeRoom(severity, now) {
		return
	}
	m := &message{key: key, frames: f, rank: severity.Rank(), pace: paceOf(severity), expires: expires, added: now}
	m.round = s.modem.Airtime(len(f.Frame(0))) * time.Duration(m.perRound())
	s.messages[key] = m
	before := s.rumours[key]
	delete(s.rumours, key)
	m.begin(now, m.shortest())
	m.heard = before.heard
	if m.heard == 0 {
		// Nobody has said it: at once, but not in the same instant as another
		// gateway that got it by other means.
		m.at = now.Add(s.spread(min(m.round, 4*s.modem.slot())))
	} else {
		m.at = now.Add(m.interval/2 + s.spread(m.interval/2))
	}
}

// makeRoom drops the message that matters least, if one matters less than a new
// one of the given severity.
func (s *Schedule) makeRoom(severity cap.Severity, now time.Time) bool {
	least := s.order(now)[len(s.messages)-1]
	if least.rank >= severity.Rank() {
		return false
	}
	delete(s.messages, least.key)
	return true
}

// Remove ends a message: it was taken back or superseded.
func (s *Schedule) Remove(key Key) { delete(s.messages, key) }

// Len is how many messages are held.
func (s *Schedule) Len() int { return len(s.messages) }

// Heard counts a frame that another radio has sent.
func (s *Schedule) Heard(key Key, now time.Time) {
	if m := s.messages[key]; m != nil {
		m.heard++
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
	for key, m := range s.messages {
		if !m.expires.After(now) {
			delete(s.messages, key)
		}
	}
	sooner := func(t time.Time) {
		if again.IsZero() || t.Before(again) {
			again = t
		}
	}
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
		next := m.frames.Frame(m.cursor)
		took := s.modem.Airtime(len(next))
		at := s.duty.when(took, m.pace.share, now)
		if at.IsZero() {
			delete(s.messages, m.key) // no budget will ever hold it
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
		m.cursor, m.left = m.cursor+1, m.left-1
		s.duty.spend(took, now)
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
	s.duty.forget(now)
	return s.duty.spent, s.duty.limit
}

// order lists the messages, the most severe first, then what was said least.
func (s *Schedule) order(now time.Time) []*message {
	list := make([]*message, 0, len(s.messages))
	for _, m := range s.messages {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b *message) int {
		return cmp.Or(
			cmp.Compare(b.rank, a.rank),
			cmp.Compare(a.cursor/a.perRound(), b.cursor/b.perRound()),
			a.added.Compare(b.added),
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
