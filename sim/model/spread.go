package model

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// alertState is one alert that is issued.
type alertState struct {
	source      source
	at, expires uint32 // milliseconds
	ends        uint64 // when it expires by the clocks of devices, which may be years off: seconds UTC
	created     uint32 // earlier than at, of a second signature
	size        uint32
	severity    cap.Severity
	drill       bool
	lasts       time.Duration // as its document says; 0: it does not
	place       int           // -1: concerns everyone
	elsewhere   []bool        // places that the document's areas leave out; nil: none
	station     uint32
	name        uint64   // its share of a holding's sum
	arrived     []uint32 // when each device got it, plus 1; nil once nobody asks
	ages        ages
	unreached   map[string]int // why, as of its end
	closed      bool           // nobody passes it on any more
	issued      bool           // its station has it
	givenUp     int            // by those concerned

	kind                   alert.Kind
	level                  wire.Level // persons who have signed, of signers
	confirms, confirmation int32      // number of the same alert with fewer, and with more signatures, or -1
	follows                []uint32
	triple                 cap.Reference   // of a document
	references             []cap.Reference // likewise, where follows is empty
	authority              string
	sequence               uint64
	accounts               []uint16 // of those that the scenario can fill, the smallest first
	incident               int32    // that it is updated or ended in, or -1
	member                 uint8    // which of its incident
}

// arrivalMemory is how many arrivals are kept at once, of four bytes each.
const arrivalMemory = 1 << 28

// issue is the station's device publishing an alert to everyone it is connected to.
func (r *run) issue(alert uint32) {
	a := &r.alerts[alert]
	if n := len(r.group); r.tally.kept+n <= arrivalMemory/4 {
		a.arrived = make([]uint32, n)
		r.tally.kept += n
	}
	r.tally.issued(r, alert)
	if r.given || r.state[a.station]&(offAway|offEmpty) != 0 {
		return // nobody there to issue it
	}
	if a.confirms >= 0 && !r.alerts[a.confirms].issued {
		return // or to sign it
	}
	if r.accept(a.station, alert) {
		r.forward(a.station, a.station, alert, true)
	}
}

// arrive is a copy of an alert reaching a device.
func (r *run) arrive(from, to, alert uint32) {
	if r.state[to]&(offAway|offEmpty) != 0 {
		r.tally.lost++
		return
	}
	if awake, then := r.awake(to, r.q.now); !awake {
		r.tally.lost++
		r.wake(then, from, to, alert)
		return
	}
	r.tally.copies++
	if !r.wants(to, alert) || !r.accept(to, alert) {
		return
	}
	if r.passesOn(to) {
		r.pass(to, from, alert)
	}
}

// accept takes an alert in, if its quotas allow it. The second signature brings the
// alert itself to whoever has not had it.
func (r *run) accept(d, alert uint32) bool {
	a := &r.alerts[alert]
	delete(r.claims, claimKey(d, alert))
	known := r.knows(d, a.incident)
	news := [2]int32{a.confirms, int32(alert)}
	for i, one := range news {
		if one >= 0 && r.heardOf(d, uint32(one)) {
			news[i] = -1
		}
	}
	if !r.admit(d, alert) {
		return false
	}
	for _, one := range news {
		if one < 0 {
			continue
		}
		if arrived := r.alerts[one].arrived; arrived != nil {
			arrived[d] = r.q.now + 1
		}
		r.tally.reached(r, d, uint32(one))
	}
	r.learn(d, alert, known)
	return true
}

// heardOf reports whether a device has an alert, or had it until it gave it up.
func (r *run) heardOf(d, alert uint32) bool {
	bits := r.held.bits
	if r.shelves.told != nil {
		bits = r.shelves.told
	}
	again := r.alerts[alert].confirmation
	return r.held.in(bits, d, alert) || again >= 0 && r.held.in(bits, d, uint32(again))
}

// say gives an alert to a device's radios.
func (r *run) say(d, alert uint32) {
	for l := range r.links {
		if r.links[l].Airtime != "" && r.up(d, l) {
			r.radios.take(r, d, alert)
		}
	}
}

// forward sends an alert on: to the mesh, or to everyone where it is published. Copies
// leave one after the other over each link.
func (r *run) forward(d, from, alert uint32, publish bool) {
	a, w := &r.alerts[alert], &r.web
	r.say(d, alert)
	var sent [maxLinks]uint32
	lazy := r.lazy(d)
	for at := w.start[d]; at < w.start[d+1]; at++ {
		other := w.to[at]
		if w.marks[at]&joined == 0 || other == from || r.bars(other, d) {
			continue
		}
		l := r.via(d, at)
		if l < 0 || r.apart(d, at, l) {
			continue
		}
		delay := r.links[l].delay
		switch {
		case !publish && w.marks[at]&inMesh == 0:
			if r.wants(other, alert) {
				r.tell(d, other, alert, delay, lazy)
			}
		case !publish && a.arrived != nil && a.arrived[other] != 0 && after(a.arrived[other], delay) < r.q.now && !r.unheard(other, d, alert, l, delay):
			// it has said that it does not want it (IDONTWANT)
		default:
			sent[l]++
			r.carry(transfer{kind: evArrive, from: d, to: other, alert: alert, link: l, nth: sent[l],
				blocked: w.marks[at]&inMesh != 0 && r.unheard(d, other, alert, l, 0)})
		}
	}
	for _, c := range r.steps.met(d) {
		if c.since <= r.q.now && c.peer != from && r.wants(c.peer, alert) {
			r.send(d, c.peer, alert, int(c.link), 1)
		}
	}
	mesh := 2 * r.Params.Degree
	if publish {
		mesh = r.Params.Connections
	}
	r.around(d, alert, mesh)
}

// lazy is the chance of a neighbour outside the mesh to be told of an alert by an
// announcement.
func (r *run) lazy(d uint32) float64 {
	others := float64(r.joins(d) - r.Params.Degree)
	return max(float64(r.Params.Lazy), r.Params.LazyShare*others) / max(others, 1)
}

// announcements is in how many heartbeats an alert is announced (gossipsub's
// HistoryGossip), each time to others.
const announcements = 6

// askTrips is what asking for what was announced takes (IWANT), beside the transfer.
const askTrips = 1

// tell announces an alert to a neighbour outside the mesh, if a heartbeat chooses it.
func (r *run) tell(d, other, alert, delay uint32, lazy float64) {
	every := max(1, millis(r.Params.Heartbeat))
	for beat := range uint32(announcements) {
		if r.chance.Float64() < lazy {
			r.q.push(after(r.q.now+beat*every+r.chance.Uint32N(every), delay), evLazy, alert, d, other)
			return
		}
	}
}

// announced is a neighbour outside the mesh hearing of an alert (IHAVE): what it
// lacks it asks for, which takes a round trip.
func (r *run) announced(from, to, alert uint32) {
	l := r.common(from, to)
	if l < 0 || !r.wants(to, alert) {
		return
	}
	if awake, _ := r.awake(to, r.q.now); awake {
		r.carry(transfer{kind: evArrive, from: from, to: to, alert: alert, link: l, nth: 1, trips: askTrips})
	}
}

// round is every device reconciling with one neighbour in turn. Only those that
// hold something unusual can find a difference.
func (r *run) round() {
	every := millis(r.Params.Round)
	for _, d := range r.held.odd() {
		near := uint32(len(r.web.neighbours(d)))
		if near == 0 {
			continue
		}
		at := r.web.start[d] + r.chance.Uint32N(near)
		if l := r.via(d, at); l >= 0 && r.web.marks[at]&joined != 0 {
			r.meetAt(r.q.now+r.chance.Uint32N(every), d, r.web.to[at], l, math.MaxUint32)
		}
	}
	r.q.push(r.q.now+every, evRound, 0, 0, 0)
}

// transfer is an alert on its way to a device.
type transfer struct {
	kind            uint32 // of the event that it ends with
	from, to, alert uint32
	link            int
	nth             uint32 // of several that leave one after the other
	trips           uint32 // of one packet each, before it
	blocked         bool   // what was said before it on its stream is lost
}

// send is a copy on its way; the nth of several waits for those before it.
func (r *run) send(from, to, alert uint32, l int, nth uint32) {
	r.carry(transfer{kind: evArrive, from: from, to: to, alert: alert, link: l, nth: nth})
}

// carry is a transfer from its beginning to its end. What is lost on the way comes later.
func (r *run) carry(t transfer) {
	k, size := &r.links[t.link], r.alerts[t.alert].size+uint32(r.Params.Overhead)
	if t.kind == evCaught || r.alerts[t.alert].at >= millis(r.Params.Settles) {
		size = r.bare(t.alert)
	}
	at := after(r.q.now, times(1+t.trips, k.delay))
	if k.Rate > 0 {
		at = after(at, rounded(float64(t.nth)*float64(size)/float64(k.Rate)*1000))
	}
	for range t.trips {
		late, _ := r.delayed(k, 1, false)
		at = after(at, late)
	}
	late, again := r.delayed(k, int((size+packet-1)/packet), t.blocked)
	r.tally.lost += uint64(again)
	r.tally.bytes[t.from] += float32(size) + float32(again)*min(float32(size), packet)
	r.q.push(after(at, late), t.kind, t.alert, t.from, t.to)
}

// meetAt asks for an exchange over a link that lasts so many milliseconds.
func (r *run) meetAt(at uint32, a, b uint32, l int, lasts uint32) {
	r.q.push(at, evSync, min(lasts/100, 1<<19-1)<<5|uint32(l)<<1|1, a, b)
}

// exchange is two devices exchanging what the other lacks, the most severe first,
// as far as it fits into a number of milliseconds.
func (r *run) exchange(a, b uint32, l int, window uint32) {
	if !r.up(a, l) || !r.up(b, l) || r.bars(a, b) || r.bars(b, a) {
		return
	}
	for _, d := range [2]uint32{a, b} {
		if awake, then := r.awake(d, r.q.now); !awake {
			if k := &r.links[l]; k.Range == 0 { // once they have found each other again
				r.meetAt(after(after(then, times(joinTrips, k.delay)), r.redial()), a, b, l, math.MaxUint32)
			}
			return
		}
	}
	r.tally.contacts++
	r.tally.bytes[a] += float32(r.Params.SyncBytes / 2)
	r.tally.bytes[b] += float32(r.Params.SyncBytes / 2)
	if r.held.sum[a] == r.held.sum[b] {
		return
	}
	r.give(a, b, l, window)
	r.give(b, a, l, window)
}

func (r *run) give(from, to uint32, l int, window uint32) {
	if !r.passesOn(from) {
		return
	}
	var list []uint32
	w := r.held.words
	for i := range w {
		missing := r.held.bits[int(from)*w+i] &^ r.held.bits[int(to)*w+i]
		for ; missing != 0; missing &= missing - 1 {
			if alert := r.held.alert[i<<6|bits.TrailingZeros64(missing)]; r.wants(to, alert) {
				list = append(list, alert)
			}
		}
	}
	slices.SortStableFunc(list, r.turn)
	for i, alert := range list {
		if rate := float64(r.links[l].Rate); rate > 0 && float64(i+1)*float64(r.bare(alert))/rate*1000 > float64(window) {
			return // the rest at the next meeting
		}
		if r.claim(to, alert) {
			r.carry(transfer{kind: evCaught, from: from, to: to, alert: alert, link: l, nth: uint32(i + 1)})
		}
	}
}

// turn is the order in which catch-up gives what stands in the order of ranks: what is
// below Moderate goes by its ID (gossip's compareOffers).
func (r *run) turn(x, y uint32) int {
	a, b := &r.alerts[x], &r.alerts[y]
	if a.drill != b.drill || a.severity != b.severity || a.priority() >= wire.PriorityModerate {
		return 0
	}
	return r.idOf(x).Compare(r.idOf(y))
}

// end is the end of an alert: nobody is told of it any more.
func (r *run) end(alert uint32) {
	a := &r.alerts[alert]
	a.unreached = r.unreached(alert)
	if a.incident >= 0 {
		if in := &r.incidents[a.incident]; len(in.changes) > 0 {
			in.look(r, len(in.changes)-1, 0)
		}
	}
	if a.arrived != nil {
		a.arrived = nil
		r.tally.kept -= len(r.group)
	}
}

// close is when its end is so long ago that it is compared no more.
func (r *run) close(alert uint32) {
	a := &r.alerts[alert]
	a.closed = true
	bit := r.held.place[alert]
	for _, acc := range a.accounts {
		r.shelves.accounts[acc].members[bit>>6] &^= 1 << (bit & 63)
	}
	for d := range r.group {
		d := uint32(d)
		if r.held.has(d, alert) {
			r.held.compare(d, a.name)
			r.charge(d, alert, -1)
		} else if r.shelves.released != nil && r.held.in(r.shelves.released, d, alert) {
			r.held.compare(d, a.name)
		}
	}
}

// mix is a hash of two numbers (splitmix64's finaliser).
func mix(a, b uint64) uint64 {
	z := a*0x9e3779b97f4a7c15 + b
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
