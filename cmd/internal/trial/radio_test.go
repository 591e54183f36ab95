//go:build linux

package trial

import (
	"io"
	"os"
	"testing"
	"time"

	"github.com/creack/pty"
)

// radioPair joins two serial device files as two modems in reach of each other are.
func radioPair(t *testing.T) (a, b string) {
	t.Helper()
	var masters [2]*os.File
	var names [2]string
	for i := range masters {
		master, slave, err := pty.Open()
		if err != nil {
			t.Skipf("no pseudo-terminals here: %v", err)
		}
		t.Cleanup(func() { master.Close(); slave.Close() })
		masters[i], names[i] = master, slave.Name()
	}
	go io.Copy(masters[0], masters[1])
	go io.Copy(masters[1], masters[0])
	return names[0], names[1]
}

// TestRadio: two devices that share nothing but a radio channel. An alert crosses
// with the certificates that verify it, and is signed by both officers over there. The
// certificates begin after dozens of rounds, which even the fastest radio needs 20 s for.
func TestRadio(t *testing.T) {
	tree := newTree(t, 2)
	portA, portB := radioPair(t)
	a, b := newDevice(t, tree), newDevice(t, tree)
	a.up(append(loopback, "--radio", portA, "--radio-preset", "shortturbo", "--radio-duty", "100")...)
	b.up(append(loopback, "--radio", portB, "--radio-preset", "shortturbo", "--radio-duty", "100")...)
	officers := tree.Leitstelle.Persons
	first := warning(t, tree, "by-radio", officers[0], officers[1])
	sent := a.submit(first)
	ev, at := b.heardWithin(6*limit, first.ID())
	t.Logf("an alert with the certificates of a new authority crossed in %s", at.Sub(sent).Round(time.Millisecond))
	if len(ev.Alert.Signers) != 2 || ev.Alert.Authority != "rp/07131/lst" {
		t.Errorf("event by %s with %d signers", ev.Alert.Authority, len(ev.Alert.Signers))
	}
	second := warning(t, tree, "by-radio-again", officers[0], officers[1])
	sent = a.submit(second)
	_, at = b.heard(second.ID())
	t.Logf("the next one crossed in %s", at.Sub(sent).Round(time.Millisecond))
	if n := len(b.neighbours()); n != 0 {
		t.Errorf("%d neighbours, want none beside the radio", n)
	}
}
