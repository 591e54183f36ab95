package airtime

import "time"

// duty accounts for the time on the air exactly: in no window of its length is
// the sum above the limit, as the law counts it (ETSI EN 300 220: an hour).
type duty struct {
	limit  time.Duration
	window time.Duration
	log    []Emission // oldest first; shorter than limit over the shortest frame
	spent  time.Duration
}

// Emission is a time on the air. It counts until an hour after its end.
type Emission struct {
	End  time.Time
	Took time.Duration
}

// forget drops what has left the window.
func (d *duty) forget(now time.Time) {
	n := 0
	for n < len(d.log) && !d.log[n].End.Add(d.window).After(now) {
		d.spent -= d.log[n].Took
		n++
	}
	d.log = d.log[n:]
}

// part is a share of the limit.
func (d *duty) part(share float64) time.Duration { return time.Duration(share * float64(d.limit)) }

// when returns the first time at which an emission of the given length is within a
// lower limit; never is the zero time.
func (d *duty) when(took, limit time.Duration, now time.Time) time.Time {
	d.forget(now)
	if took > limit {
		return time.Time{}
	}
	spent, at := d.spent, now
	for _, e := range d.log {
		if spent+took <= limit {
			break
		}
		spent -= e.Took
		at = e.End.Add(d.window)
	}
	return at
}

func (d *duty) spend(took time.Duration, now time.Time) {
	d.log = append(d.log, Emission{now.Add(took), took})
	d.spent += took
}
