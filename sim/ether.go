package sim

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/airtime"
	"github.com/kreidfeuer/kreidfeuer/node/radio"
	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
)

// frameQueue bounds the frames that a radio keeps until they are taken from it.
const frameQueue = 16

// ether is a channel that radios share: whoever hears two frames at once hears
// neither, and who sends hears nothing meanwhile.
type ether struct {
	modem airtime.Modem
	seed  uint64
	// link is what the way between two devices is like now.
	link func(from, to int) netmodel.Link

	mu      sync.Mutex // held for moments; link is asked under it
	radios  map[int]*transceiver
	onAir   []*emission
	frames  uint64
	traffic etherTraffic
}

// etherTraffic counts what went over a channel.
type etherTraffic struct {
	Airtime   time.Duration
	SentBytes map[int]uint64 // by device
	// Lost frames did not come whole to a radio in reach; Collided are those of them
	// that met another one there.
	Lost, Collided uint64
}

// emission is a frame on the air.
type emission struct {
	number     uint64
	from       *transceiver
	frame      []byte
	begun, end time.Time
	spoilt     map[*transceiver]bool // by radio that is to hear it
}

func newEther(modem airtime.Modem, seed uint64, link func(from, to int) netmodel.Link) *ether {
	return &ether{modem: modem, seed: seed, link: link, radios: map[int]*transceiver{}, traffic: etherTraffic{SentBytes: map[int]uint64{}}}
}

// transceiver is one device's radio.
type transceiver struct {
	ether  *ether
	number int

	arrived chan []byte
	closed  chan struct{}
	close   sync.Once
}

var (
	_ radio.Link     = (*transceiver)(nil)
	_ radio.Listener = (*transceiver)(nil)
)

// open switches a device's radio on.
func (e *ether) open(number int) *transceiver {
	x := &transceiver{ether: e, number: number, arrived: make(chan []byte, frameQueue), closed: make(chan struct{})}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.radios[number] = x
	return x
}

// Send implements [radio.Link].
func (x *transceiver) Send(_ context.Context, frame []byte) error {
	e, now := x.ether, time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.radios[x.number] != x {
		return io.ErrClosedPipe
	}
	took := e.modem.Airtime(len(frame))
	e.frames++
	m := &emission{number: e.frames, from: x, frame: bytes.Clone(frame), begun: now, end: now.Add(took), spoilt: map[*transceiver]bool{}}
	for number, other := range e.radios {
		if other != x && !e.link(x.number, number).Down {
			m.spoilt[other] = false
		}
	}
	for _, other := range e.onAir {
		if other.end.After(now) { // it may be about to land
			other.meets(m)
		}
	}
	e.onAir = append(e.onAir, m)
	e.traffic.Airtime += took
	e.traffic.SentBytes[x.number] += uint64(len(frame))
	time.AfterFunc(took, func() { e.land(m) })
	return nil
}

// meets spoils two emissions at the same time for those that hear both, and for
// each other's senders.
func (m *emission) meets(other *emission) {
	for x := range m.spoilt {
		if _, both := other.spoilt[x]; both {
			m.spoilt[x], other.spoilt[x] = true, true
		}
	}
	for _, pair := range [2][2]*emission{{m, other}, {other, m}} {
		if _, hears := pair[0].spoilt[pair[1].from]; hears {
			pair[0].spoilt[pair[1].from] = true
		}
	}
}

// land is the end of a frame.
func (e *ether) land(m *emission) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.onAir = slices.DeleteFunc(e.onAir, func(other *emission) bool { return other == m })
	for x, spoilt := range m.spoilt {
		_, lost := e.link(m.from.number, x.number).Fate(e.seed, netmodel.Packet{From: m.from.number, To: x.number, Number: m.number})
		switch {
		case spoilt:
			e.traffic.Collided++
			e.traffic.Lost++
		case lost, e.radios[x.number] != x, !x.take(m.frame):
			e.traffic.Lost++
		}
	}
}

// take reports whether there was room for a frame.
func (x *transceiver) take(frame []byte) bool {
	select {
	case x.arrived <- bytes.Clone(frame):
		return true
	default:
		return false
	}
}

// Receive implements [radio.Link].
func (x *transceiver) Receive(ctx context.Context) ([]byte, error) {
	select {
	case frame := <-x.arrived:
		return frame, nil
	case <-x.closed:
		return nil, io.ErrClosedPipe
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Busy implements [radio.Listener]: it takes half a preamble to notice another one.
func (x *transceiver) Busy() bool {
	e, now := x.ether, time.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	symbol := time.Duration(float64(time.Second) * float64(int(1)<<e.modem.Spreading) / float64(e.modem.Bandwidth))
	return slices.ContainsFunc(e.onAir, func(m *emission) bool {
		_, hears := m.spoilt[x]
		return hears && m.end.After(now) && now.Sub(m.begun) >= time.Duration(e.modem.Preamble)*symbol/2
	})
}

// Close implements [radio.Link].
func (x *transceiver) Close() error {
	x.close.Do(func() {
		e := x.ether
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.radios[x.number] == x {
			delete(e.radios, x.number)
		}
		close(x.closed)
	})
	return nil
}
