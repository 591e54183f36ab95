package radio

import (
	"encoding/json"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/airtime"
)

// Memory keeps over restarts how much of the duty cycle is used: the law counts the
// hour, not the life of a program. Load returns nil if nothing was saved.
type Memory interface {
	Load() ([]byte, error)
	Save([]byte) error
}

const (
	// aheadParts is how often the memory is written while the duty cycle is used up once: a
	// card in a Raspberry wears out. What is written each time covers the next frames too, so
	// that a power cut forgets none of them.
	aheadParts = 32

	// together is how far apart emissions are written as one, that ends with the last: some 120 in an hour.
	together = 30 * time.Second
)

// account is what is saved of the duty cycle.
type account struct {
	Emissions []emission `json:"emissions"`
	Ahead     int64      `json:"ahead_us"` // may have been used since
}

type emission struct {
	End  int64 `json:"end_ms"` // Unix time
	Took int64 `json:"took_us"`
}

// newAccount joins emissions, which takes them for later than they were and never for earlier.
func newAccount(list []airtime.Emission, ahead time.Duration) (a account) {
	var begun time.Time
	for _, e := range list {
		if n := len(a.Emissions); n > 0 && e.End.Sub(begun) < together {
			a.Emissions[n-1] = emission{e.End.UnixMilli() + 1, a.Emissions[n-1].Took + e.Took.Microseconds() + 1}
			continue
		}
		begun = e.End
		a.Emissions = append(a.Emissions, emission{e.End.UnixMilli() + 1, e.Took.Microseconds() + 1})
	}
	a.Ahead = ahead.Microseconds()
	return a
}

// earlier is what counts now. The clock may have been set back since, or be that of a box
// without a battery: no emission is later than now. One that was set forward forgets some.
func (a account) earlier(now time.Time) (list []airtime.Emission) {
	count := func(end time.Time, took int64) {
		age := max(0, now.Round(0).Sub(end)) // the schedule's times are those of a clock that never jumps
		if took > 0 {
			list = append(list, airtime.Emission{End: now.Add(-age), Took: time.Duration(took) * time.Microsecond})
		}
	}
	for _, e := range a.Emissions {
		count(time.UnixMilli(e.End), e.Took)
	}
	count(now, a.Ahead)
	return list
}

// remember counts what an earlier run has sent. One that cannot be read must not silence a
// radio.
func (r *Radio) remember(now time.Time) {
	if r.cfg.Memory == nil {
		return
	}
	var a account
	b, err := r.cfg.Memory.Load()
	if err == nil && b != nil {
		err = json.Unmarshal(b, &a)
	}
	if err != nil {
		r.log.Warn("what the radio sent in the last hour is not known", "err", err)
		return
	}
	r.mu.Lock()
	r.schedule.Remember(a.earlier(now))
	r.mu.Unlock()
}

// book notes a frame before it is sent, if what was written last does not cover it.
func (r *Radio) book(took time.Duration, now time.Time) {
	if r.covered -= took; r.covered >= 0 || r.cfg.Memory == nil {
		return
	}
	ahead := r.State().Limit / aheadParts
	if r.covered = 0; r.save(ahead, now) {
		r.covered = ahead
	}
}

// save reports whether the account is written. One that cannot be, on a full disk, keeps no warning back.
func (r *Radio) save(ahead time.Duration, now time.Time) bool {
	if r.cfg.Memory == nil {
		return true
	}
	r.mu.Lock()
	list := r.schedule.Emissions(now)
	r.mu.Unlock()
	b, err := json.Marshal(newAccount(list, ahead))
	if err == nil {
		err = r.cfg.Memory.Save(b)
	}
	if err != nil && !r.unsaved {
		r.log.Warn("what the radio has sent is not saved: after a restart it may exceed its duty cycle", "err", err)
	}
	r.unsaved = err != nil
	return err == nil
}
