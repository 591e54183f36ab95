package node_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/airtime"
	"github.com/kreidfeuer/kreidfeuer/gossip/brief"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
	"github.com/kreidfeuer/kreidfeuer/node/radio"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// quickModem is that of the preset shortturbo at sixteen times its speed: the schedule of
// what is said counts in the time that it takes, and certificates begin after dozens of rounds.
var quickModem = airtime.Modem{Spreading: 7, Bandwidth: 16 * 500_000, Coding: 1, Preamble: 16, Head: 16}

// quickRadio is a radio that need not spare the channel.
func quickRadio(l radio.Link) *radio.Config {
	return &radio.Config{Open: func() (radio.Link, error) { return l, nil }, Modem: quickModem, Duty: 1}
}

// TestRadioIsland: a village that a radio channel alone joins to the rest. An alert
// crosses with what verifies it, goes on to a neighbour there, and so does its end;
// drills stay where they are.
func TestRadioIsland(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	left, right := radio.Pipe()
	here := nodetest.Start(t, tree, nodetest.Options{Radio: quickRadio(left)})
	there := nodetest.Start(t, tree, nodetest.Options{Radio: quickRadio(right)})
	beyond := nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{there}})

	exercise := nodetest.Warning("exercise", cap.Severe, 0)
	exercise.Status = cap.Exercise
	drill := nodetest.Sign(t, tree, tree.Leitstelle, exercise, tree.Leitstelle.Persons...)
	submit(t, here, drill)
	one := warning(t, tree, "one")
	submit(t, here, one)
	for _, d := range []*nodetest.Device{there, beyond} {
		if got := d.Await(t, one.ID(), nodetest.Alarmed); got.Level != 2 {
			t.Errorf("shown at level %d, want both signatures", got.Level)
		}
	}
	end := follow(t, tree, "end", one, allClear)
	submit(t, here, end)
	for _, d := range []*nodetest.Device{there, beyond} {
		d.Await(t, end.ID(), nodetest.Silenced)
		if got := state(t, d, one.ID()); got != apitype.StateAllClear {
			t.Errorf("the alert is %s after its all-clear", got)
		}
	}
	if _, err := there.Alert(t.Context(), drill.ID()); err == nil {
		t.Error("a drill went over the radio")
	}
	if n := len(there.Host.Network().ConnsToPeer(here.ID())); n > 0 {
		t.Error("the radio was not the only way")
	}
}

// TestRadioSaysWhatWasPinned: who got the certificates together with the root, as every
// device that is set up for an authority, says them for those who have the root alone.
func TestRadioSaysWhatWasPinned(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	left, right := radio.Pipe()
	here := nodetest.Start(t, tree, nodetest.Options{Radio: quickRadio(left), Stranger: true})
	if err := here.Trust(t.Context(), tree.Root, tree.Made); err != nil {
		t.Fatal(err)
	}
	there := nodetest.Start(t, tree, nodetest.Options{Radio: quickRadio(right)})
	one := warning(t, tree, "one")
	submit(t, here, one)
	if got := there.Await(t, one.ID(), nodetest.Alarmed); got.Level != 2 {
		t.Errorf("shown at level %d, want both signatures", got.Level)
	}
}

// TestRadioSecondSignature: a signature that comes later crosses with the certificate that verifies it.
func TestRadioSecondSignature(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	left, right := radio.Pipe()
	here := nodetest.Start(t, tree, nodetest.Options{Radio: quickRadio(left)})
	there := nodetest.Start(t, tree, nodetest.Options{Radio: quickRadio(right)})
	first, second := emergency(t, tree, "one")
	submit(t, here, first)
	there.Await(t, first.ID(), nodetest.Alarmed)
	submit(t, here, second)
	e := there.Await(t, first.ID(), func(e *apitype.AlertEvent) bool { return e.Level == 2 })
	if e.Unconfirmed || len(e.Signers) != 2 {
		t.Errorf("unconfirmed %t, %d signers", e.Unconfirmed, len(e.Signers))
	}
}

// TestRadioWaitsForTheDisk: what was accepted is said when it is written, with all that it rests on.
func TestRadioWaitsForTheDisk(t *testing.T) {
	t.Parallel()
	tree, st := newTree(t), openStore(t, t.TempDir(), persist.Options{})
	d := nodetest.Start(t, tree, nodetest.Options{Store: st})
	one := warning(t, tree, "one")
	submit(t, d, one)
	said, proofs, again := d.Wanted(t.Context())
	if !slices.Contains(said, one.ID()) || len(proofs) < 3 || again {
		t.Errorf("said %v with %d certificates, look again at once: %t", said, len(proofs), again)
	}
	if _, err := st.Put(t.Context(), persist.Batch{Delete: []wire.ID{one.ID()}}); err != nil {
		t.Fatal(err)
	}
	if said, proofs, again := d.Wanted(t.Context()); len(said)+len(proofs) > 0 || !again {
		t.Errorf("not written: said %v with %d certificates, look again at once: %t", said, len(proofs), again)
	}
}

// TestRadioRestarts: what was sent before a restart counts after it.
func TestRadioRestarts(t *testing.T) {
	t.Parallel()
	tree, dir := newTree(t), t.TempDir()
	near, far := radio.Pipe()
	by := &radio.Config{Open: func() (radio.Link, error) { return near, nil }, Modem: quickModem}
	start := func() *nodetest.Device {
		return nodetest.Start(t, tree, nodetest.Options{Store: openStore(t, dir, persist.Options{}), Radio: by})
	}
	d := start()
	submit(t, d, warning(t, tree, "one"))
	if _, err := far.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := d.OnAir()
	d.Stop()
	near, far = radio.Pipe()
	d = start()
	if _, err := far.Receive(t.Context()); err != nil { // it runs
		t.Fatal(err)
	}
	if after := d.OnAir(); before == 0 || after <= before {
		t.Errorf("on the air for %s before a restart, %s after it and one more frame", before, after)
	}
}

func TestRadioThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	modem, err := airtime.Preset("longfast")
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan struct{}, 64)
	open := func() (radio.Link, error) {
		opened <- struct{}{}
		return nil, errors.New("no such device")
	}
	d := nodetest.Start(t, tree, nodetest.Options{Radio: &radio.Config{Open: open, Modem: modem}})
	<-opened
	<-opened // so the first failure is known
	s, err := d.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	told := slices.ContainsFunc(s.Health, func(p apitype.Problem) bool {
		return p.Kind == "radio" && strings.Contains(p.Message, "no such device")
	})
	if !told {
		t.Errorf("health %v does not tell of the radio", s.Health)
	}
	submit(t, d, warning(t, tree, "one")) // nothing else suffers
}

// TestStrangersOnTheRadio: what waits for its certificates costs nothing until
// something comes that may prove it.
func TestStrangersOnTheRadio(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	here := nodetest.Start(t, tree, nodetest.Options{})
	one := warning(t, tree, "one")
	submit(t, here, one)
	message, err := here.Message(t.Context(), one.ID(), brief.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var many [][]byte
	for i := range 32 {
		e := warning(t, tree, fmt.Sprint("other ", i))
		submit(t, here, e)
		m, err := here.Message(t.Context(), e.ID(), brief.Options{})
		if err != nil {
			t.Fatal(err)
		}
		many = append(many, m)
	}
	there := nodetest.Start(t, tree, nodetest.Options{Stranger: true})
	if first, all := there.HearMany(t.Context(), many); first > 4 || all != len(many) {
		t.Errorf("%d of %d messages of a stranger are expanded before a warning is said, %d in all", first, len(many), all)
	}
	if n := there.HearAgain(t.Context(), message, 100); n > 4 {
		t.Errorf("a message of a stranger was expanded %d times", n)
	}
}
