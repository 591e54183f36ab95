package model

import (
	"encoding/binary"
	"fmt"
	"math/bits"
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
	of    map[station]*radio
	onAir map[uint32]transmission // by number
	sent  uint32
	links uint16 // that are radios'
	heard [maxLinks]channel
}

// station is a device's radio on one link, which events name: the device, and the link in
// the last four bits.
type station uint32

func stationOf(d uint32, l int) station { return station(d<<4 | uint32(l)) }

func (s station) device() uint32 { return uint32(s >> 4) }
func (s station) link() int      { return int(s & (maxLinks - 1)) }

type radio struct {
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
	met     []uint32 // those in reach of whom, or of the sender, it is not fixed where they are
}

// tuneIn gives every device with a radio its schedule, and lays out who hears whom.
func (r *run) tuneIn() error {
	r.radios.of, r.radios.onAir = map[station]*radio{}, map[uint32]transmission{}
	heard := 0
	for l := range r.links {
		k := &r.links[l]
		if k.Airtime == "" {
			continue
		}
		modem, err := airtime.Preset(k.Airtime)
		if err != nil {
			return fmt.Errorf("link %s: %w", k.name, err)
		}
		for _, d := range r.members(l, true) {
			nth := uint64(bits.OnesCount16(r.mine[d] & r.radios.links)) // of the device's radios
			plan, err := airtime.New(airtime.Config{Modem: modem, Duty: float64(k.Duty), Random: chacha(r.Seed, nth<<32|uint64(d))})
			if err != nil {
				return fmt.Errorf("link %s: %w", k.name, err)
			}
			r.radios.of[stationOf(d, l)] = &radio{plan: plan, modem: modem, pieces: map[uint32]uint64{}}
		}
		r.radios.links |= 1 << l
		if heard, err = r.listen(l, heard); err != nil {
			return fmt.Errorf("link %s: %w", k.name, err)
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

// take gives an alert to a device's radios.
func (s *radios) take(r *run, d, alert uint32) {
	a := &r.alerts[alert]
	if a.drill || r.q.now >= a.expires {
		return // a channel of this width is for warnings that hold
	}
	ends := time.Unix(epoch, 0).Add(time.Duration(a.expires) * time.Millisecond)
	for links := r.works[d] & s.links; links != 0; links &= links - 1 {
		one := stationOf(d, bits.TrailingZeros16(links))
		o := s.of[one]
		o.plan.Add(key(alert), frames{alert, radioBytes}, a.severity, ends, r.clock())
		for c := uint32(firstCertificate); c < firstCertificate+certificates; c++ {
			o.plan.AddProof(key(c), frames{c, certificateBytes}, a.severity, ends, r.clock())
		}
		r.ask(one, o, r.q.now)
	}
}

// ask lets a radio decide at a time, or earlier if it was going to.
func (r *run) ask(one station, o *radio, at uint32) {
	if o.pending == 0 || at+1 < o.pending {
		o.pending = at + 1
		r.q.push(at, evRadio, 0, uint32(one), 0)
	}
}

// speak is a radio deciding what to send.
func (r *run) speak(number uint32) {
	one := station(number)
	o := r.radios.of[one]
	if o.pending != r.q.now+1 {
		return // it was asked earlier meanwhile
	}
	o.pending = 0
	if !r.up(one.device(), one.link()) {
		return
	}
	frame, again := o.plan.Next(r.clock(), o.until > r.q.now || o.sends > r.q.now)
	if frame != nil {
		r.transmit(one, o, frame)
	}
	if !again.IsZero() {
		wait := again.Sub(r.clock())
		r.ask(one, o, after(r.q.now, max(1, millis(wait))))
	}
}

// transmit puts a frame on the air: whoever hears two at once hears none.
func (r *run) transmit(one station, o *radio, frame []byte) {
	lasts := o.modem.Airtime(len(frame))
	ends := r.q.now + max(1, millis(lasts))
	o.sends = ends
	r.tally.airtime += lasts
	r.tally.bytes[one.device()] += float32(len(frame))
	t := transmission{binary.LittleEndian.Uint32(frame), int(frame[4]), r.radios.meets(r, one)}
	number := r.radios.sent
	r.radios.sent++
	r.radios.onAir[number] = t
	for _, hearers := range [2][]uint32{r.links[one.link()].neighbours(one.device()), t.met} {
		for _, other := range hearers {
			x := r.radios.of[stationOf(other, one.link())]
			if x.until > r.q.now {
				if !x.spoilt {
					r.tally.collided++
				}
				x.spoilt, x.until = true, max(x.until, ends)
				continue
			}
			x.hears, x.until, x.spoilt = number, ends, false
		}
	}
	r.q.push(ends, evHeard, 0, uint32(one), number)
}

// heard is the end of a transmission.
func (r *run) heard(by, number uint32) {
	one, t := station(by), r.radios.onAir[number]
	delete(r.radios.onAir, number)
	k := &r.links[one.link()]
	for _, hearers := range [2][]uint32{k.neighbours(one.device()), t.met} {
		for _, other := range hearers {
			x := r.radios.of[stationOf(other, one.link())]
			if x.hears != number || x.spoilt || x.sends > r.q.now || !r.up(other, one.link()) || r.chance.Float64() < float64(k.Loss) {
				r.tally.lost++
				continue
			}
			x.plan.Heard(key(t.message), r.clock())
			if t.message >= firstCertificate || r.held.has(other, t.message) {
				continue
			}
			x.pieces[t.message] |= 1 << t.index
			if bits.OnesCount64(x.pieces[t.message]) >= (frames{bytes: radioBytes}).Needed() {
				r.arrive(one.device(), other, t.message)
			}
		}
	}
}
