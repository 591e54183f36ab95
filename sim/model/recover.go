package model

import "math"

// QUIC's numbers (RFC 9002), as quic-go has them.
const (
	packet   = 1250 // bytes of a stream in one packet of 1,280, until more is known to pass
	reorders = 3    // a packet is lost if the one so many later is acknowledged,
	early    = 8    // or a later one at all, a trip there and back and one in so many parts of it after it was sent
	probes   = 2    // sent again where nothing is acknowledged for too long
	ackDelay = 26   // milliseconds that the other may take to acknowledge, its timer's grain included
	grain    = 1    // milliseconds of the sender's timer
	gaveUp   = 10   // times that a sender probes; then the model lets it arrive
)

// flown is a packet that was sent.
type flown struct {
	at             uint32 // milliseconds
	lost, repeated bool
}

// patience is how many milliseconds after its last packet a sender probes (PTO), if all
// trips take as long.
func (l *link) patience() uint32 { return 2*l.delay + grain + ackDelay }

// delayed is how many milliseconds later than it would have the last of n packets arrives
// that are sent at once, because some are lost and sent again, and how many. Blocked: one
// before them on their stream is lost too, and what follows on a stream waits for it.
// Acknowledgements are taken to arrive: each stands for those before it.
func (r *run) delayed(l *link, n int, blocked bool) (late uint32, again int) {
	if l.Loss == 0 {
		return 0, 0
	}
	next := r.arriving(l)
	if next >= n && !blocked {
		return 0, 0
	}
	f := r.flight[:0]
	if blocked {
		f = append(f, flown{lost: true})
	}
	for i := range n {
		if f = append(f, flown{lost: i == next}); i == next {
			next += 1 + r.arriving(l)
		}
	}
	for tried := 0; tried < gaveUp; {
		i, at := missed(f, l)
		if i < 0 {
			break
		}
		if at == 0 {
			f, tried = r.probe(f, l, tried)
			continue
		}
		f[i].repeated = true
		f = append(f, flown{at: at, lost: r.chance.Float64() < float64(l.Loss)})
	}
	for _, p := range f {
		if late = max(late, p.at); p.lost {
			again++
		}
	}
	r.flight = f
	return late, again
}

// arriving is how many packets arrive before the next that is lost.
func (r *run) arriving(l *link) int {
	return int(min(math.Log1p(-r.chance.Float64())/math.Log1p(-float64(l.Loss)), math.MaxInt32))
}

// missed is the lost packet that acknowledgements give away first, and when it is sent
// again; at 0: they give none away, and it is the first that is lost. -1: none is.
func missed(f []flown, l *link) (first int, at uint32) {
	first = -1
	for i, p := range f {
		if !p.lost || p.repeated {
			continue
		}
		if first < 0 {
			first = i
		}
		for j, later := range f[i+1:] {
			if later.lost {
				continue
			}
			when := after(later.at, 2*l.delay)
			if j+1 < reorders {
				when = max(when, after(p.at, 2*l.delay+2*l.delay/early))
			}
			if at == 0 || when < at {
				first, at = i, when
			}
			if j+1 >= reorders {
				break // what is sent later says it later
			}
		}
	}
	return first, at
}

// probe sends the first of the lost packets again when patience ends, which doubles with
// each time in vain: one alone twice.
func (r *run) probe(f []flown, l *link, tried int) ([]flown, int) {
	at, all := after(f[len(f)-1].at, times(1<<tried, l.patience())), len(f)
	lost := func() bool { return r.chance.Float64() < float64(l.Loss) }
	sent, heard := 0, false
	for i := 0; i < all && sent < probes; i++ {
		if f[i].lost && !f[i].repeated {
			p := flown{at: at, lost: lost()}
			f[i].repeated, heard = true, heard || !p.lost
			f, sent = append(f, p), sent+1
		}
	}
	if last := &f[len(f)-1]; sent < probes && last.lost {
		last.lost = lost()
		heard = !last.lost
	}
	if heard {
		tried = -1
	}
	return f, tried + 1
}
