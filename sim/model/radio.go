package model

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/airtime"
)

const (
	// radioBytes is a district alert with two signatures, an instruction and the name of
	// its text, as frames spell it.
	radioBytes = 252
	// A warning rests on certificates, which are said in the time that warnings leave, for
	// those who do not have them.
	certificates     = 9
	certificateBytes = 525
	// radioFrame is what a frame carries, of which frameHead is its own head.
	radioFrame = 233
	frameHead  = 10
)

// radios are the devices that send frames, on one channel for each kind of link.
type radios struct {
	of   map[uint32]*radio
	sent []transmission
}

type radio struct {
	link    int
	plan    *airtime.Schedule
	modem   airtime.Modem
	pending uint32 // when it asks next, plus 1; 0: not
	// What it hears now: a transmission until a time, spoilt by another one.
	hears, until uint32
	spoilt       bool
	sends        uint32            // until when it sends itself, and hears nothing
	pieces       map[uint32]uint64 // frames of each alert it has, a bit for each
}

type transmission struct {
	message uint32
	index   int
}

// tuneIn gives every device with a radio its schedule.
func (r *run) tuneIn() error {
	r.radios.of = map[uint32]*radio{}
	for l := range r.links {
		k := &r.links[l]
		if k.Airtime == "" {
			continue
		}
		modem, err := airtime.Preset(k.Airtime)
		if err != nil {
			return fmt.Errorf("link %s: %w", k.name, err)
		}
		for d := range r.group {
			if r.mine[d]>>l&1 == 0 {
				continue
			}
			plan, err := airtime.New(airtime.Config{Modem: modem, Duty: float64(k.Duty), Random: chacha(r.Seed, uint64(d))})
			if err != nil {
				return fmt.Errorf("link %s: %w", k.name, err)
			}
			r.radios.of[uint32(d)] = &radio{link: l, plan: plan, modem: modem, pieces: map[uint32]uint64{}}
		}
	}
	r.prepare()
	return nil
}

func chacha(a, b uint64) *rand.ChaCha8 {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], a)
	binary.LittleEndian.PutUint64(seed[8:], b)
	return rand.NewChaCha8(seed)
}

// frames are those of one message; the model needs only their number and length.
type frames struct {
	message uint32 // an alert; from firstCertificate on, a certificate
	bytes   int
}

const firstCertificate = maxAlerts

func (f frames) Needed() int { return ceil(f.bytes, radioFrame-frameHead) }
func (f frames) Count() int  { return 2 * f.Needed() }
func (f frames) Frame(i int) []byte {
	b := make([]byte, frameHead+ceil(f.bytes, f.Needed()))
	binary.LittleEndian.PutUint32(b, f.message)
	b[4] = byte(i % f.Count())
	return b
}

func ceil(a, b int) int { return (a + b - 1) / b }

func (r *run) clock() time.Time {
	return time.Unix(epoch, 0).Add(time.Duration(r.q.now) * time.Millisecond)
}

func key(alert uint32) (k airtime.Key) {
	binary.LittleEndian.PutUint32(k[:], alert)
	return k
}

// take gives an alert to a device's radio.
func (s *radios) take(r *run, d, alert uint32) {
	o, a := s.of[d], &r.alerts[alert]
	if a.drill || r.q.now >= a.expires {
		return // a channel of this width is for warnings that hold
	}
	ends := time.Unix(epoch, 0).Add(time.Duration(a.expires) * time.Millisecond)
	o.plan.Add(key(alert), frames{alert, radioBytes}, a.severity, ends, r.clock())
	for c := uint32(firstCertificate); c < firstCertificate+certificates; c++ {
		o.plan.AddProof(key(c), frames{c, certificateBytes}, a.severity, ends, r.clock())
	}
	r.ask(d, o, r.q.now)
}

// ask lets a radio decide at a time, or earlier if it was going to.
func (r *run) ask(d uint32, o *radio, at uint32) {
	if o.pending == 0 || at+1 < o.pending {
		o.pending = at + 1
		r.q.push(at, evRadio, 0, d, 0)
	}
}

// speak is a radio deciding what to send.
func (r *run) speak(d uint32) {
	o := r.radios.of[d]
	if o.pending != r.q.now+1 {
		return // it was asked earlier meanwhile
	}
	o.pending = 0
	if !r.up(d, o.link) {
		return
	}
	frame, again := o.plan.Next(r.clock(), o.until > r.q.now || o.sends > r.q.now)
	if frame != nil {
		r.transmit(d, o, frame)
	}
	if !again.IsZero() {
		wait := again.Sub(r.clock())
		r.ask(d, o, r.q.now+max(1, millis(wait)))
	}
}

// transmit puts a frame on the air: whoever hears two at once hears none.
func (r *run) transmit(d uint32, o *radio, frame []byte) {
	lasts := o.modem.Airtime(len(frame))
	number := uint32(len(r.radios.sent))
	r.radios.sent = append(r.radios.sent, transmission{binary.LittleEndian.Uint32(frame), int(frame[4])})
	ends := r.q.now + max(1, millis(lasts))
	o.sends = ends
	r.tally.airtime += lasts
	r.tally.bytes[d] += float32(len(frame))
	for _, other := range r.links[o.link].neighbours(d) {
		x := r.radios.of[other]
		if x == nil {
			continue
		}
		if x.until > r.q.now {
			if !x.spoilt {
				r.tally.collided++
			}
			x.spoilt, x.until = true, max(x.until, ends)
			continue
		}
		x.hears, x.until, x.spoilt = number, ends, false
	}
	r.q.push(ends, evHeard, 0, d, number)
}

// heard is the end of a transmission.
func (r *run) heard(d, number uint32) {
	t := r.radios.sent[number]
	k := &r.links[r.radios.of[d].link]
	for _, other := range k.neighbours(d) {
		x := r.radios.of[other]
		if x == nil || x.hears != number || x.spoilt || x.sends > r.q.now || !r.up(other, x.link) || r.chance.Float64() < float64(k.Loss) {
			r.tally.lost++
			continue
		}
		x.plan.Heard(key(t.message), r.clock())
		if t.message >= firstCertificate || r.held.has(other, t.message) {
			continue
		}
		x.pieces[t.message] |= 1 << t.index
		if have := ones(x.pieces[t.message]); have >= (frames{bytes: radioBytes}).Needed() {
			r.arrive(d, other, t.message)
		}
	}
}

func ones(x uint64) (n int) {
	for ; x != 0; x &= x - 1 {
		n++
	}
	return n
}
