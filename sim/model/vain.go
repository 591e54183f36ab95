package model

import (
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/vigil"
)

// Who is cut off while it runs dials its neighbours in vain, and they it. It is counted
// when that ends.

// firstPause is between dials of one neighbour, which doubles up to Params.Redial, dialLasts
// what one takes that nobody answers (node/discovery).
const (
	firstPause = time.Second
	dialLasts  = 5 * time.Second
)

// cutOff notes since when a device reaches nobody.
func (r *run) cutOff(d uint32) {
	if r.web.lone[d] != 0 {
		return
	}
	for at := r.web.start[d]; at < r.web.start[d+1]; at++ {
		if r.web.marks[at]&joined != 0 && r.via(d, at) >= 0 {
			return
		}
	}
	r.web.lone[d] = r.q.now + 1
}

// dialledInVain counts what was sent for nothing while a device reached nobody, which
// ends now: running says whether it ran meanwhile. It looks for others, if it has lost some.
func (r *run) dialledInVain(d uint32, running bool) {
	w := &r.web
	if w.lone[d] == 0 {
		return
	}
	alone := ms(r.q.now-(w.lone[d]-1)) - noticed*time.Millisecond
	w.lone[d], w.met[d] = 0, r.q.now+1
	r.refill(d)
	if alone <= 0 {
		return
	}
	dials := float32(redials(alone, time.Duration(r.Params.Redial)) * vigil.DialBytes)
	for at := w.start[d]; at < w.start[d+1]; at++ {
		other := w.to[at]
		too := w.lone[other] != 0 || w.met[other] == r.q.now+1 // it counts for itself
		if w.marks[at]&(joined|dialled) == joined && !too && r.works[other] != 0 {
			r.tally.bytes[other] += dials
		}
	}
	if running {
		r.tally.bytes[d] += float32(r.joins(d)*vigil.DialBytes + watching(alone))
	}
}

// redials counts the dials of one who does not answer for so long, among others who do.
func redials(alone, longest time.Duration) (n int) {
	t := time.Duration(0)
	for pause := firstPause; t < alone && pause < longest; pause *= 2 {
		t += pause + dialLasts
		n++
	}
	return n + int(max(0, alone-t)/(longest+dialLasts))
}

// watching is what a device sends that has nobody: one of its neighbours stands for all.
func watching(alone time.Duration) (bytes int) {
	n := 0
	for t := time.Duration(0); t < alone; t += vigil.Pause(t, false) {
		if n++; n%vigil.Whole == 0 {
			bytes += vigil.DialBytes
		} else {
			bytes += vigil.BriefBytes
		}
	}
	return bytes
}
