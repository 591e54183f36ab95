package brief

import (
	"errors"
)

// An arithmetic coder: a message is a number in [0, 1) whose place says, bit by
// bit, what the model did or did not expect. FORMAT.md, "Code".

type interval struct{ low, high uint32 }

// split is the last place of a 1.
func (v *interval) split(chance int32) uint32 {
	return v.low + uint32(uint64(v.high-v.low)*uint64(chance)>>16)
}

func (v *interval) narrow(bit int32, at uint32) {
	if bit == 1 {
		v.high = at
	} else {
		v.low = at + 1
	}
}

// settled reports whether the first byte of the place is known.
func (v *interval) settled() bool { return (v.low^v.high)>>24 == 0 }

func (v *interval) shift() { v.low, v.high = v.low<<8, v.high<<8|255 }

// compress writes content; the reader must know where it ends, and the hash of the
// author's envelope before, if the message holds it: an alert often follows that
// one up.
func compress(content, previous []byte) []byte {
	m := primed(previous)
	v := interval{0, 1<<32 - 1}
	var out []byte
	for _, b := range content {
		for i := 7; i >= 0; i-- {
			bit := int32(b>>i) & 1
			v.narrow(bit, v.split(m.chance))
			m.update(bit)
			for v.settled() {
				out = append(out, byte(v.high>>24))
				v.shift()
			}
		}
	}
	return v.finish(out)
}

// finish writes the shortest number in the interval; zeros at the end are left
// out, since a reader reads zeros there.
func (v *interval) finish(out []byte) []byte {
	for bits := 0; bits <= 32; bits += 8 {
		mask := uint32(uint64(1)<<(32-bits) - 1)
		if place := (v.low + mask) &^ mask; place >= v.low && place <= v.high {
			for i := range bits / 8 {
				out = append(out, byte(place>>(24-8*i)))
			}
			break
		}
	}
	for len(out) > 0 && out[len(out)-1] == 0 {
		out = out[:len(out)-1]
	}
	return out
}

// expander reads what compress wrote, byte by byte.
type expander struct {
	model *model
	interval
	place uint32
	rest  []byte
	past  int // zeros read after the end
}

func newExpander(b, previous []byte) *expander {
	x := &expander{model: primed(previous), interval: interval{0, 1<<32 - 1}, rest: b}
	for range 4 {
		x.fill()
	}
	return x
}

func (x *expander) fill() {
	x.place <<= 8
	if len(x.rest) == 0 {
		x.past++
		return
	}
	x.place |= uint32(x.rest[0])
	x.rest = x.rest[1:]
}

// next is the next byte. Past the end of what was written it is anything.
func (x *expander) next() byte {
	node := uint32(1)
	for node < 256 {
		bit, at := int32(0), x.split(x.model.chance)
		if x.place <= at {
			bit = 1
		}
		x.narrow(bit, at)
		x.model.update(bit)
		node = node<<1 | uint32(bit)
		for x.settled() {
			x.shift()
			x.fill()
		}
	}
	return byte(node)
}

var errPastEnd = errors.New("the message ends too early")

// maxPast is more zeros than a reader needs after the end, 4 and those that were
// left out.
const maxPast = 12

// check refuses to read on far past the end: an empty message would else expand
// for ever.
func (x *expander) check() error {
	if x.past > maxPast {
		return errPastEnd
	}
	return nil
}
