package contact

import (
	"container/heap"
	"time"
)

// Never is the arrival at a host that is not reached.
const Never time.Duration = -1

// Flood returns when a message that host origin has at a time first reaches each
// host, if everyone hands it to everyone they meet, and Never where it does not.
// A hop takes the given time, for which the contact must last. The log must be in
// order and its hosts numbered below hosts.
//
// What a contact hands over is known when the contact begins, so a flood costs
// one pass and never looks at hosts that nothing happens to.
func (l *Log) Flood(hosts int, origin int32, at, hop time.Duration) []time.Duration {
	f := flood{hop: hop, arrival: make([]time.Duration, hosts), open: make([][]link, hosts)}
	for i := range f.arrival {
		f.arrival[i] = Never
	}
	f.queue = append(f.queue, visit{at, origin, origin})
	for _, c := range l.Changes {
		f.until(c.At, c.Up)
		if c.Up {
			f.up(c)
		} else {
			f.down(c)
		}
	}
	f.until(1<<62, true)
	return f.arrival
}

// visit is a message on its way to a host.
type visit struct {
	at       time.Duration
	from, to int32
}

// link is an open contact, as one of its hosts sees it.
type link struct {
	with  int32
	since time.Duration
}

type flood struct {
	hop     time.Duration
	arrival []time.Duration
	open    [][]link
	queue   visits
}

// until delivers what arrives before a time, and at it unless exclusive: a
// transfer that ends just as the contact does has arrived. What was under way when
// the contact ended finds it closed, or begun anew since.
func (f *flood) until(t time.Duration, exclusive bool) {
	for len(f.queue) > 0 && (f.queue[0].at < t || f.queue[0].at == t && !exclusive) {
		v := heap.Pop(&f.queue).(visit)
		if f.arrival[v.to] != Never || v.from != v.to && !f.connected(v.from, v.to, v.at-f.hop) {
			continue
		}
		f.arrival[v.to] = v.at
		for _, next := range f.open[v.to] {
			f.send(v.at, v.to, next.with)
		}
	}
}

func (f *flood) send(at time.Duration, from, to int32) {
	if f.arrival[to] == Never {
		heap.Push(&f.queue, visit{at + f.hop, from, to})
	}
}

// connected reports whether two hosts are in a contact that began by then.
func (f *flood) connected(a, b int32, then time.Duration) bool {
	for _, l := range f.open[a] {
		if l.with == b {
			return l.since <= then
		}
	}
	return false
}

func (f *flood) up(c Change) {
	f.open[c.A], f.open[c.B] = append(f.open[c.A], link{c.B, c.At}), append(f.open[c.B], link{c.A, c.At})
	if f.arrival[c.A] != Never {
		f.send(c.At, c.A, c.B)
	}
	if f.arrival[c.B] != Never {
		f.send(c.At, c.B, c.A)
	}
}

func (f *flood) down(c Change) {
	f.open[c.A], f.open[c.B] = without(f.open[c.A], c.B), without(f.open[c.B], c.A)
}

func without(list []link, x int32) []link {
	for i, l := range list {
		if l.with == x {
			list[i] = list[len(list)-1]
			return list[:len(list)-1]
		}
	}
	return list
}

type visits []visit

func (v visits) Len() int           { return len(v) }
func (v visits) Less(i, j int) bool { return v[i].at < v[j].at }
func (v visits) Swap(i, j int)      { v[i], v[j] = v[j], v[i] }
func (v *visits) Push(x any)        { *v = append(*v, x.(visit)) }
func (v *visits) Pop() any {
	old := *v
	x := old[len(old)-1]
	*v = old[:len(old)-1]
	return x
}
