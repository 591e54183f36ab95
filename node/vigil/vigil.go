// Package vigil decides how a device on which nobody answers tries to reach somebody.
//
// A device whose own link stays up while everything behind it is gone cannot tell
// that from neighbours that are switched off. To dial all of them again and again
// costs what an emergency SIM or a battery does not have: a dial by QUIC that nobody
// answers is ten packets of 1,280 bytes in five seconds. So one of them stands for all,
// another one each time and the chosen ones most often, mostly for as long as an answer would take, until somebody answers or
// something is heard; then all are dialed at once. Dials by TCP cost some 200 bytes, and go
// on as they are.
//
// The package is pure: the caller tells the time and dials.
package vigil

import "time"

const (
	// DialBytes is what a dial by QUIC sends to somebody who does not answer, and BriefBytes
	// what it sends within [Brief].
	DialBytes  = 10 * 1280
	BriefBytes = 4 * 1280

	// Brief is the least that a dial waits. Handshakes begin again after 0.2, 0.6, 1.4 and 3 s.
	Brief = 500 * time.Millisecond

	// Whole is how many dials for all there are to one that waits as long as any: the link
	// that is back may be slower than the one that was lost.
	Whole = 6

	// Tries is how many who do not answer are enough to take it that nobody will: a
	// device keeps as many neighbours. Each is dialed once before.
	Tries = 24

	// Shortest and Longest bound the time from one dial for all to the next. Longest is
	// 96 bytes a second, and half a minute of waiting on average when the link is back.
	Shortest = 5 * time.Second
	Longest  = 68 * time.Second

	// early is what the time grows to while the outage may be a short one, and seldom the
	// part of the outage that it is later: that of half an hour is noticed a minute after its end.
	early  = 20 * time.Second
	seldom = 30

	// long is an outage that may as well last for hours.
	long = 10 * time.Minute

	// Cheaper is how many times rarer dials by QUIC are where TCP can be dialed beside.
	Cheaper = 2

	// Quiet is after how long without a word from anybody a word says that the link is back,
	// and how long no other such sign follows one.
	Quiet = time.Minute
)

// Pause is the time from one dial for all to the next, of a device that has been alone
// for so long. cheap says that others are dialed by TCP meanwhile.
func Pause(alone time.Duration, cheap bool) time.Duration {
	pause := max(Shortest, min(alone/2, early), min(alone/seldom, Longest))
	if cheap {
		pause *= Cheaper
	}
	return pause
}

// Patience is how long a dial waits for somebody with whom an exchange that takes a
// trip there and back or two took so long when he was there; zero: it is not known.
func Patience(exchange time.Duration) time.Duration { return max(Brief, 4*exchange) }

// Vigil is the state of one device. The zero value is one that is not alone.
type Vigil struct {
	since time.Time // alone; zero: not
	last  time.Time // dial for all; zero: none since the network changed
	turn  int       // dials for all so far
	heard time.Time // last word of anybody
}

// Alone notes that nobody is connected, and reports whether somebody was before.
func (v *Vigil) Alone(now time.Time) (begins bool) {
	if begins = !v.Keeps(); begins {
		v.since = now
	}
	return begins
}

// Met notes that somebody is connected, and reports whether nobody was before.
func (v *Vigil) Met() (returned bool) {
	returned = v.Keeps()
	v.since = time.Time{} // last stays: who comes and goes does not make dials more frequent
	return returned
}

// Keeps reports whether the device is alone.
func (v *Vigil) Keeps() bool { return !v.since.IsZero() }

// IsLong reports whether the outage is a long one: then pauses of any kind may be longer.
func (v *Vigil) IsLong(now time.Time) bool { return v.Keeps() && now.Sub(v.since) >= long }

// Begin begins anew: the network has changed.
func (v *Vigil) Begin(now time.Time) {
	if v.Keeps() {
		v.since, v.last = now, time.Time{}
	}
}

// Hear notes that something was heard of somebody, and reports whether that ends a silence.
// Who is heard all the time and does not answer says nothing about the others.
func (v *Vigil) Hear(now time.Time) (again bool) {
	again = v.Keeps() && (v.heard.IsZero() || now.Sub(v.heard) >= Quiet)
	v.heard = now
	return again
}

// Whole reports whether the next dial for all is one that waits as long as any.
func (v *Vigil) Whole() bool { return (v.turn+1)%Whole == 0 }

// Choice is among whom the one that the next dial for all goes to is picked.
type Choice int

// Whoever claims to exist may be picked, but not in place of those who are known to: half
// of the turns are of the chosen ones.
const (
	Anybody Choice = iota
	Known          // who was met before, or was chosen
	Chosen         // whom people chose
)

// Choice tells it of the next dial for all. Those that are whole take part in all choices.
func (v *Vigil) Choice() Choice {
	return [...]Choice{Chosen, Known, Chosen, Anybody}[(v.turn+v.turn/Whole)%4]
}

// Dialed notes a dial for all.
func (v *Vigil) Dialed(now time.Time) {
	v.last = now
	v.turn++
}

// Next is when the next dial for all may begin.
func (v *Vigil) Next(cheap bool) time.Time {
	if v.last.IsZero() {
		return v.since
	}
	return v.last.Add(Pause(v.last.Sub(v.since), cheap))
}
