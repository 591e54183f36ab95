package agenda

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// A neighbour that speaks gossipsub and refuses catch-up is not asked again at once,
// whatever there is to be offered to it: it would cost sessions as fast as they fail.
func TestRefusedNewsWaits(t *testing.T) {
	n, now := New[string](even), start
	n.Meet("p", 0, now)
	sessions := 0
	for now.Sub(start) < time.Minute {
		n.Arrived([]Arrival[string]{{News: News{ID: wire.ID{1}}, Gossiped: true}}, now)
		for range 100 { // as many sessions as it lets begin in a round trip each
			begin, _ := n.Due(now)
			for _, p := range begin {
				sessions++
				n.Begun(p, func() {})
				n.TakeCompare(p, now)
				n.Ended(p, errors.New("no such protocol"), now)
			}
			now = now.Add(50 * time.Millisecond)
		}
	}
	if sessions < 6 || sessions > 20 {
		t.Errorf("%d sessions in a minute that brought news every 5 s", sessions)
	}
}

// However many neighbours begin sessions that bring nothing and do not end, who has
// something is asked in its turn.
func TestIdleSessionsGiveWay(t *testing.T) {
	n, now := New[string](even), start
	var stopped []string
	begun := map[string]int{}
	step := func() {
		for _, p := range stopped {
			n.Ended(p, errors.New("told to end"), now)
		}
		stopped = nil
		begin, _ := n.Due(now)
		for _, p := range begin {
			begun[p]++
			n.Begun(p, func() { stopped = append(stopped, p) })
		}
		running := 0
		for _, b := range n.List() {
			if b.Running {
				running++
			}
		}
		if running > Places {
			t.Fatalf("%d sessions at once", running)
		}
	}
	for i := range 3 * Places {
		n.Meet(fmt.Sprint("silent-", i), 0, now)
	}
	step()
	if len(begun) != Places || len(stopped) > 0 {
		t.Fatalf("%d begun, %d stopped at once", len(begun), len(stopped))
	}
	n.Meet("honest", 0, now)
	for met := now; begun["honest"] == 0; step() {
		if now.Sub(met) > 5*askTurn {
			t.Fatal("the honest one is never asked")
		}
		now = now.Add(100 * time.Millisecond)
	}
	// One that brings something keeps its place.
	for range 1000 {
		n.Brought("honest", now)
		now = now.Add(100 * time.Millisecond)
		if step(); begun["honest"] > 1 {
			t.Fatal("one that brings something lost its place")
		}
	}
}

// Due names the time of what is due next.
func TestDueNamesTheTime(t *testing.T) {
	n := New[string](even)
	if _, next := n.Due(start); !next.Equal(start.Add(lookAtLeast)) {
		t.Errorf("nothing is due: look at %s", next)
	}
	n.Meet("p", 7*time.Second, start)
	begin, next := n.Due(start)
	if len(begin) > 0 || !next.Equal(start.Add(7*time.Second)) {
		t.Errorf("%v begin, look at %s", begin, next)
	}
	if begin, _ = n.Due(next); len(begin) != 1 {
		t.Errorf("%v begin when it is due", begin)
	}
	if begin, _ = n.Due(next); len(begin) != 0 {
		t.Errorf("%v begin while it runs", begin)
	}
}
