package sim

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/airtime"
	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
)

// TestEther: a frame takes its time on the air, two at once spoil each other where
// both are heard, and who sends hears nothing.
func TestEther(t *testing.T) {
	modem, err := airtime.Preset("longfast")
	if err != nil {
		t.Fatal(err)
	}
	frame := make([]byte, 100)
	took := modem.Airtime(len(frame))
	// Four in a row, of which each hears the next ones only.
	row := func(from, to int) netmodel.Link { return netmodel.Link{Down: max(from-to, to-from) > 1} }
	type send struct {
		at   time.Duration
		from int
	}
	for _, c := range []struct {
		name     string
		sends    []send
		heard    [4]int
		collided uint64
	}{
		{"one", []send{{0, 1}}, [4]int{1, 0, 1, 0}, 0},
		{"one after the other", []send{{0, 1}, {took, 2}}, [4]int{1, 1, 1, 1}, 0},
		{"who is between hears neither", []send{{0, 0}, {took / 2, 2}}, [4]int{0, 0, 0, 1}, 2},
		{"who sends does not hear", []send{{0, 1}, {took - time.Millisecond, 2}}, [4]int{1, 0, 0, 1}, 2},
		{"far apart", []send{{0, 0}, {took / 2, 3}}, [4]int{0, 1, 1, 0}, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			e := newEther(modem, 1, row)
			var radios [4]*transceiver
			for i := range radios {
				radios[i] = e.open(i)
			}
			var passed time.Duration
			for _, s := range c.sends {
				time.Sleep(s.at - passed)
				passed = s.at
				if err := radios[s.from].Send(t.Context(), frame); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(2 * took)
			var heard [4]int
			for i, x := range radios {
				heard[i] = len(x.arrived)
			}
			want := time.Duration(len(c.sends)) * took
			if heard != c.heard || e.traffic.Collided != c.collided || e.traffic.Airtime != want {
				t.Errorf("%s: heard %v, %d collided, %s on the air; want %v, %d, %s", c.name, heard, e.traffic.Collided, e.traffic.Airtime, c.heard, c.collided, want)
			}
		})
	}
}

// TestTransceiver: another one's frame is noticed after half its preamble and not before,
// and a radio that is closed neither hears nor sends.
func TestTransceiver(t *testing.T) {
	modem, err := airtime.Preset("longfast")
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		e := newEther(modem, 1, func(int, int) netmodel.Link { return netmodel.Link{} })
		a, b := e.open(0), e.open(1)
		if err := a.Send(t.Context(), []byte("frame")); err != nil {
			t.Fatal(err)
		}
		half := 8 * 8192 * time.Microsecond // symbols of 2^11 / 250 kHz
		for _, c := range []struct {
			after time.Duration
			busy  bool
		}{{half - time.Microsecond, false}, {time.Microsecond, true}, {modem.Airtime(5), false}} {
			time.Sleep(c.after)
			if a.Busy() || b.Busy() != c.busy {
				t.Errorf("the sender finds the channel busy: %v, the other: %v, want %v", a.Busy(), b.Busy(), c.busy)
			}
		}
		if got, err := b.Receive(t.Context()); string(got) != "frame" || err != nil {
			t.Errorf("received %q, %v", got, err)
		}
		if err := errors.Join(b.Close(), b.Close()); err != nil {
			t.Error(err)
		}
		if _, err := b.Receive(t.Context()); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("a closed radio receives: %v", err)
		}
		if err := b.Send(t.Context(), []byte("frame")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("a closed radio sends: %v", err)
		}
	})
}
