package radio

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/airtime"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/frame"
)

// reopenPause is the pause before a radio that was unplugged is opened again.
const reopenPause = 5 * time.Second

// Config configures a [Radio]. Open, Modem and Hear are needed.
type Config struct {
	// Open opens the link, again and again when it fails.
	Open func() (Link, error)
	// Modem is how the radio modulates, for the time frames take on the air.
	Modem airtime.Modem
	// Duty is the part of any hour in which the radio may send. Zero:
	// airtime.DefaultDuty.
	Duty float64
	// MTU is the longest frame, in bytes. Zero: frame.RadioMTU.
	MTU int
	// Hear is given each complete message that another radio has sent, one at a
	// time. What it does with one that is false is its affair.
	Hear func(ctx context.Context, message []byte)
	// Memory keeps what was sent over restarts. Nil: nothing does, and who restarts often
	// exceeds the duty cycle.
	Memory Memory
	// Random spreads radios in time. Nil: crypto/rand.
	Random io.Reader
	// Log gets what an operator wants to know. Nil: nothing is logged.
	Log *slog.Logger
}

// Radio runs one radio. Make one with [New].
type Radio struct {
	cfg   Config
	log   *slog.Logger
	woken chan struct{}

	// Of one goroutine: time on the air that the memory covers beyond what was sent, and
	// whether it could not be written last.
	covered time.Duration
	unsaved bool

	mu       sync.Mutex // guards what follows
	schedule *airtime.Schedule
	said     map[airtime.Key]said
	state    State
}

// said is a message that this radio says.
type said struct {
	frames *frame.Pieces
	until  time.Time
}

// State is how a radio does.
type State struct {
	Open     bool  // the link is there
	Err      error // why it is not; nil if it was not tried yet
	Messages int   // to be said, while they are in force
	Sent     uint64
	Heard    uint64        // frames of others
	Damaged  uint64        // of them, not readable
	OnAir    time.Duration // in the last hour
	Limit    time.Duration // that OnAir may reach
}

// New makes a radio. It opens nothing.
func New(c Config) (*Radio, error) {
	if c.Open == nil || c.Hear == nil {
		return nil, errors.New("new radio: Open and Hear are needed")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.MTU == 0 {
		c.MTU = frame.RadioMTU
	}
	if c.MTU < frame.MinMTU || c.MTU > MaxFrame {
		return nil, fmt.Errorf("new radio: frames of %d bytes, want %d to %d", c.MTU, frame.MinMTU, MaxFrame)
	}
	s, err := airtime.New(airtime.Config{Modem: c.Modem, Duty: c.Duty, Random: c.Random})
	if err != nil {
		return nil, err
	}
	return &Radio{cfg: c, log: c.Log.With("part", "radio"), woken: make(chan struct{}, 1), schedule: s, said: map[airtime.Key]said{}}, nil
}

// Say has a message said now and again, as its severity asks for, for the given
// time or until [Radio.Cease]. One that is being said goes on as it is, and may last longer.
// The radio keeps the slice. Where there is no room the message gives way to more severe
// ones, and no error tells: see [Radio.Holds].
func (r *Radio) Say(message []byte, severity cap.Severity, lasting time.Duration) error {
	return r.take(message, severity, lasting, (*airtime.Schedule).Add)
}

// Prove has a message said that others need to verify one of the given severity: in the time
// that warnings leave. It is like [Radio.Say] otherwise.
func (r *Radio) Prove(message []byte, of cap.Severity, lasting time.Duration) error {
	return r.take(message, of, lasting, (*airtime.Schedule).AddProof)
}

// adding is how a schedule takes a message up.
type adding func(*airtime.Schedule, airtime.Key, airtime.Frames, cap.Severity, time.Time, time.Time)

func (r *Radio) take(message []byte, severity cap.Severity, lasting time.Duration, add adding) error {
	pieces, err := frame.Split(message, r.cfg.MTU, frame.MaxFrames)
	if err != nil {
		return err
	}
	now, key := time.Now(), airtime.Key(pieces.ID())
	r.mu.Lock()
	maps.DeleteFunc(r.said, func(_ airtime.Key, s said) bool { return !s.until.After(now) })
	r.said[key] = said{pieces, now.Add(lasting)}
	add(r.schedule, key, pieces, severity, now.Add(lasting), now)
	r.mu.Unlock()
	r.wake()
	return nil
}

// Holds reports whether a message is to be said: it is in force, and there is room for it.
func (r *Radio) Holds(message []byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.schedule.Holds(keyOfMessage(message))
}

// Cease ends a message.
func (r *Radio) Cease(message []byte) {
	r.mu.Lock()
	delete(r.said, keyOfMessage(message))
	r.schedule.Remove(keyOfMessage(message))
	r.mu.Unlock()
}

// State returns how the radio does.
func (r *Radio) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.state
	s.Messages = r.schedule.Len()
	s.OnAir, s.Limit = r.schedule.Spent(time.Now())
	return s
}

// Run sends and listens until ctx ends. A link that fails is opened again.
func (r *Radio) Run(ctx context.Context) error {
	r.remember(time.Now())
	defer func() { r.save(0, time.Now()) }()
	for ctx.Err() == nil {
		err := r.runLink(ctx)
		if ctx.Err() != nil {
			break
		}
		r.log.Warn("the radio does not answer, trying it again", "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(reopenPause):
		}
	}
	return nil
}

// runLink opens the link and uses it until it fails.
func (r *Radio) runLink(ctx context.Context) error {
	link, err := r.cfg.Open()
	r.note(func(s *State) { s.Open, s.Err = err == nil, err })
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	wg.Go(func() { stop(r.listen(ctx, link)) })
	wg.Go(func() { stop(r.talk(ctx, link)) })
	<-ctx.Done()
	err = context.Cause(ctx)
	closed := link.Close()
	wg.Wait()
	r.note(func(s *State) { s.Open, s.Err = false, err })
	return errors.Join(err, closed)
}

func (r *Radio) note(f func(*State)) {
	r.mu.Lock()
	f(&r.state)
	r.mu.Unlock()
}

// talk sends what the schedule says.
func (r *Radio) talk(ctx context.Context, link Link) error {
	listener, _ := link.(Listener)
	due := time.NewTimer(0)
	defer due.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.woken:
		case <-due.C:
		}
		now := time.Now()
		r.mu.Lock()
		out, again := r.schedule.Next(now, listener != nil && listener.Busy())
		if out != nil {
			r.state.Sent++
		}
		r.mu.Unlock()
		if out != nil {
			r.book(r.cfg.Modem.Airtime(len(out)), now)
			if err := link.Send(ctx, out); err != nil {
				return err
			}
		}
		due.Stop()
		if !again.IsZero() {
			due.Reset(time.Until(again))
		}
	}
}

// listen puts messages together.
func (r *Radio) listen(ctx context.Context, link Link) error {
	assembler := frame.NewAssembler(frame.Limits{})
	for {
		in, err := link.Receive(ctx)
		if err != nil {
			return err
		}
		now := time.Now()
		message, err := assembler.Add("", in, uint64(now.Unix()))
		r.mu.Lock()
		r.state.Heard++
		if err != nil {
			r.state.Damaged++
		} else if key := keyOfFrame(in); r.isGenuine(key, in) {
			r.schedule.Heard(key, now)
		}
		r.mu.Unlock()
		if err != nil {
			r.log.Debug("a frame cannot be read", "err", err)
			continue
		}
		if message != nil {
			r.cfg.Hear(ctx, message)
		}
		r.wake()
	}
}

// isGenuine reports whether a frame may be one of its message. Of what this radio says
// itself it knows: who sends false frames under a message's name, which are short and cost
// nothing, must not keep it from saying it. The caller holds mu.
func (r *Radio) isGenuine(key airtime.Key, in []byte) bool {
	s, ok := r.said[key]
	if !ok {
		return true
	}
	for i := range s.frames.Count() {
		if bytes.Equal(s.frames.Frame(i), in) {
			return true
		}
	}
	return false
}

func (r *Radio) wake() {
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

// keyOfMessage is what gossip/frame names a message by.
func keyOfMessage(message []byte) (key airtime.Key) {
	sum := sha256.Sum256(message)
	copy(key[:], sum[:])
	return key
}

// keyOfFrame is the message that a frame belongs to; a message of one frame is it.
func keyOfFrame(b []byte) airtime.Key {
	if b[0] < 0x80 {
		return keyOfMessage(b)
	}
	return airtime.Key(b[1:])
}
