package model

import (
	"time"

	"github.com/kreidfeuer/kreidfeuer/identity"
)

// epoch is the time of day of the scenario's beginning, in seconds UTC: any will do.
const epoch = 1_900_000_000

// doubtful is how far a clock has to be off for the neighbours' clocks to cast
// doubt on it.
const doubtful = time.Hour

// alarms decides as the device does whether an alert is in force by its clock.
func (r *run) alarms(d, alert uint32) bool {
	if r.given {
		return !r.over
	}
	a := &r.alerts[alert]
	return r.watch(d).at(r.q.now).InForce(epoch+uint64(a.created/1000), a.ends) != identity.NotInForce
}

// watch is how wrong a clock is.
type watch struct {
	offset int64 // seconds
	doubt  bool  // the neighbours' clocks cast doubt on it
}

func (r *run) watch(d uint32) watch {
	offset := r.offset(d)
	return watch{int64(offset / time.Second), offset.Abs() > doubtful}
}

// at is what a device knows of the time.
func (w watch) at(now uint32) identity.Clock {
	return identity.Clock{Now: uint64(max(0, epoch+int64(now/1000)+w.offset)), Floor: epoch, Doubt: w.doubt}
}

// offset is how wrong a device's clock is.
func (r *run) offset(d uint32) time.Duration {
	g := r.groupOf(d)
	if g == nil {
		return r.foes[r.group[d]-foeGroup].offset
	}
	if g.Clock.Spread == 0 {
		return time.Duration(g.Clock.Offset)
	}
	share := float64(mix(uint64(d), r.Seed)>>11)/(1<<53)*2 - 1
	return time.Duration(g.Clock.Offset) + time.Duration(share*float64(g.Clock.Spread))
}
