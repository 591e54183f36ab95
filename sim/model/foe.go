package model

import (
	"maps"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// foe is one kind of adversary with its devices.
type foe struct {
	*scenario.Adversary
	from, until uint32  // its hours
	every       float64 // milliseconds between what one device sends then; 0: it sends nothing of its own
	sent        uint32  // by each device
	forwards    bool    // it passes on what it gets then, as the honest do
	first, last uint32  // devices
	offset      time.Duration
	checks      int // signature checks that one of its envelopes costs
}

// infiltrate adds an adversary's devices. A Sybil has many identities on one machine, each
// of which is a neighbour of its own.
func (r *run) infiltrate(number int, a *scenario.Adversary) error {
	f := foe{Adversary: a, from: millis(a.From), until: millis(a.Until), offset: time.Duration(a.Offset), first: uint32(len(r.group))}
	switch a.Kind {
	case "forger": // well-formed, wrongly signed: costs a check each
		f.checks = 1
		fallthrough
	case "flooder": // junk that decoding refuses
		rate := a.Rate
		if rate == 0 {
			rate = 10
		}
		f.every = 1000 / min(rate, scenario.MaxForged)
	case "clock-skew":
		f.forwards = true
	}
	bits, err := r.linkBits(a.Links)
	if err != nil {
		return err
	}
	for i := range r.s.Places {
		if r.s.Places[i].Name != a.At {
			continue
		}
		s, err := r.site(&r.s.Places[i])
		if err != nil {
			return err
		}
		for range a.Devices() {
			r.add(s.somewhere(r.chance), foeGroup+uint16(number), uint16(i), bits)
			r.state[len(r.state)-1] |= isFoe
		}
	}
	f.last = uint32(len(r.group))
	r.foes = append(r.foes, f)
	return nil
}

func (r *run) foeOf(d uint32) bool { return r.state[d]&isFoe != 0 }

// passesOn reports whether a device passes on what it gets and gives others what they
// lack. Outside their hours adversaries do.
func (r *run) passesOn(d uint32) bool {
	if !r.foeOf(d) {
		return true
	}
	f := &r.foes[r.group[d]-foeGroup]
	return f.forwards || r.q.now < f.from || r.q.now >= f.until
}

// surrounded are the devices around which an eclipse adversary has taken every
// place: the first of each station.
func (r *run) surrounded(l int) map[uint32]bool {
	list := map[uint32]bool{}
	for i := range r.s.Adversaries {
		if r.s.Adversaries[i].Kind != "eclipse" {
			continue
		}
		for d := range r.group {
			g := r.groupOf(uint32(d))
			if g != nil && g.Role == "station" && r.mine[d]>>l&1 == 1 && (d == 0 || r.group[d-1] != r.group[d]) {
				list[uint32(d)] = true
			}
		}
	}
	return list
}

// bars reports whether a device has cut another one off.
func (r *run) bars(d, other uint32) bool {
	if len(r.barred) == 0 {
		return false
	}
	until, is := r.barred[[2]uint32{d, other}]
	return is && r.q.now < until
}

// attack is all devices of one adversary sending what is wrong to a neighbour.
func (r *run) attack(number uint32) {
	f := &r.foes[number]
	for d := f.first; d < f.last; d++ {
		if near := r.reachable(d); len(near) > 0 {
			r.insult(f, d, near[r.chance.IntN(len(near))])
		}
	}
	f.sent++
	if next := after(f.from, rounded(float64(f.sent)*f.every)); next < f.until {
		r.q.push(next, evAttack, 0, number, 0)
	}
}

// relent has an adversary's devices begin anew as honest ones, whom nobody has cut off:
// with what they hold, which their neighbours have not got from them.
func (r *run) relent(number uint32) {
	f := &r.foes[number]
	by := func(pair [2]uint32) bool { return pair[1] >= f.first && pair[1] < f.last }
	maps.DeleteFunc(r.barred, func(pair [2]uint32, _ uint32) bool { return by(pair) })
	maps.DeleteFunc(r.strikes, func(pair [2]uint32, _ int) bool { return by(pair) })
	for d := f.first; d < f.last; d++ {
		if r.state[d]&(offAway|offEmpty) == 0 {
			r.rejoin(d, r.works[d], true)
		}
	}
}

// reachable are the neighbours that still listen to an adversary.
func (r *run) reachable(d uint32) (list []uint32) {
	for at := r.web.start[d]; at < r.web.start[d+1]; at++ {
		if other := r.web.to[at]; r.web.marks[at]&joined != 0 && r.via(d, at) >= 0 && !r.foeOf(other) && !r.bars(other, d) {
			list = append(list, other)
		}
	}
	return list
}

// insult is one envelope that the neighbour refuses; beyond what is forgiven it
// cuts the sender off.
func (r *run) insult(f *foe, d, to uint32) {
	t, pair := &r.tally.attack, [2]uint32{to, d}
	t.Sent++
	t.Rejected++
	r.tally.checks += uint64(f.checks)
	t.Bytes += UsualSize
	r.tally.bytes[d] += UsualSize
	if r.strikes[pair]++; r.strikes[pair] > r.Params.Strikes {
		delete(r.strikes, pair)
		r.barred[pair] = after(r.q.now, millis(r.Params.CutOff))
		t.CutOff++
	}
}
