package recon

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// tester is what tests, fuzz targets and properties share.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// oracle is a set as simple as can be: what reconciliation must find out.
type oracle map[wire.ID]known

type known struct {
	level   wire.Level
	expires uint64
}

func (o oracle) set() *Set {
	s := NewSet()
	for id, k := range o {
		s.Add(wire.Item{ID: id, Level: k.level}, k.expires)
	}
	return s
}

// open leaves out what is closed.
func (o oracle) open(oldest uint64) oracle {
	open := maps.Clone(o)
	maps.DeleteFunc(open, func(_ wire.ID, k known) bool { return Closed(k.expires, oldest) })
	return open
}

// over is what o has and other lacks or has at a lower level.
func (o oracle) over(other oracle) (items []wire.Item) {
	for id, k := range o {
		if theirs, ok := other[id]; !ok || theirs.level < k.level {
			items = append(items, wire.Item{ID: id, Level: k.level})
		}
	}
	return sorted(items)
}

// take adds what the other side sends, as a device does: a higher level replaces a lower one.
func (o oracle) take(items []wire.Item, from oracle) {
	for _, it := range items {
		if mine, ok := o[it.ID]; !ok || mine.level < it.Level {
			o[it.ID] = from[it.ID]
		}
	}
}

func (o oracle) refs(items []wire.Item) (refs []Ref) {
	for _, it := range items {
		refs = append(refs, RefOf(it, o[it.ID].expires))
	}
	slices.Sort(refs)
	return refs
}

func sorted(items []wire.Item) []wire.Item {
	slices.SortFunc(items, func(a, b wire.Item) int {
		return cmp.Or(a.ID.Compare(b.ID), cmp.Compare(a.Level, b.Level))
	})
	return items
}

// numbered makes an ID as good as a random one.
func numbered(n int) (id wire.ID) {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	id[0] = 1
	copy(id[1:], sum[:])
	return id
}

// colliding makes one of several IDs that give the same Ref.
func colliding(group, n int) wire.ID {
	id, other := numbered(group), numbered(n)
	copy(id[1+5:], other[1+5:])
	return id
}

// traffic is what a session cost.
type traffic struct {
	sent, received int // by the asking side, in bytes
	trips          int // pairs of message and answer
	largest        int
}

// outcome is what a session found out.
type outcome struct {
	have, gave []wire.Item // of the asking and of the answering side
	need       []Ref       // of the asking side
	traffic
	err error
}

// converse lets two sessions talk until the asking side is done.
func converse(t tester, ask, answer *Session) (o outcome) {
	t.Helper()
	var in []byte
	for {
		out, have, need, done, err := ask.Step(in)
		o.have, o.need = append(o.have, have...), append(o.need, need...)
		if o.err = err; err != nil || done {
			if len(out) > 0 {
				t.Fatal("the asking side ends with a message")
			}
			break
		}
		reply, gave, none, _, err := answer.Step(out)
		if err != nil || len(none) > 0 || len(out) == 0 || len(reply) == 0 {
			t.Fatalf("answer to %x: %v, %d needs, %d bytes", out[:min(len(out), 20)], err, len(none), len(reply))
		}
		o.gave = append(o.gave, gave...)
		o.sent, o.received, o.trips = o.sent+len(out), o.received+len(reply), o.trips+1
		o.largest = max(o.largest, len(out), len(reply))
		in = reply
	}
	sorted(o.have)
	sorted(o.gave)
	slices.Sort(o.need)
	if o.largest > MaxMessage {
		t.Fatalf("a message of %d bytes", o.largest)
	}
	return o
}

// exact checks an outcome against the oracles.
func (o *outcome) exact(t tester, a, b oracle) {
	t.Helper()
	if o.err != nil {
		t.Fatal(o.err)
	}
	if want := a.over(b); !slices.Equal(o.have, want) {
		t.Fatalf("asking side has %d items over the other, want %d", len(o.have), len(want))
	}
	want := b.over(a)
	if !slices.Equal(o.gave, want) {
		t.Fatalf("answering side has %d items over the other, want %d", len(o.gave), len(want))
	}
	if !slices.Equal(o.need, b.refs(want)) {
		t.Fatalf("asking side needs %d items, want %d", len(o.need), len(want))
	}
}

// converges exchanges what sessions find until the sets are equal.
func converges(t tester, a, b oracle, sessions int) {
	t.Helper()
	for range sessions {
		o := converse(t, Ask(a.set(), Limits{}), Answer(b.set(), Limits{}))
		if o.err != nil {
			t.Fatal(o.err)
		}
		b.take(o.have, a)
		a.take(o.gave, maps.Clone(b))
		if maps.Equal(a, b) {
			return
		}
	}
	t.Fatalf("after %d sessions and exchanges the sets still differ", sessions)
}
