//go:build linux

package trial

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
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

// TestRadio: two devices that share nothing but a radio channel. An alert crosses, and is
// signed by both officers over there. The certificates have come by hand before: by radio
// they begin after dozens of rounds, which node tests at a higher speed.
func TestRadio(t *testing.T) {
	tree := newTree(t, 2)
	portA, portB := radioPair(t)
	a, b := newDevice(t, tree), newDevice(t, tree)
	a.up(append(loopback, "--radio", portA, "--radio-preset", "shortfast", "--radio-duty", "10")...)
	b.up(append(loopback, "--radio", portB, "--radio-preset", "shortfast", "--radio-duty", "10")...)
	var stick bytes.Buffer
	w, err := bundle.NewWriter(&stick, bundle.Header{})
	for _, e := range tree.Made {
		if err == nil {
			err = w.Write(e.Encode())
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.api.ImportBundle(t.Context(), &stick); err != nil {
		t.Fatal(err)
	}
	officers := tree.Leitstelle.Persons
	first := warning(t, tree, "by-radio", officers[0], officers[1])
	sent := a.submit(first)
	ev, at := b.heard(first.ID())
	t.Logf("an alert crossed in %s", at.Sub(sent).Round(time.Millisecond))
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
