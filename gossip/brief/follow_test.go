package brief

import (
	"bytes"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert/compose"
	"github.com/kreidfeuer/kreidfeuer/gossip/frame"
)

// An all-clear fits one frame too: it must reach whoever got the alert. The hash of
// what it ends is there twice where its author wrote that last, and costs once.
func TestAllClear(t *testing.T) {
	w := newWorld(t)
	e := w.sign(t, templated(t, w, "hochwasser"), false, 2)
	a, err := alert.OpenFull(e)
	if err != nil {
		t.Fatal(err)
	}
	by := compose.Author{Domain: w.Root.ID(), Authority: w.Leitstelle.Path, Name: "Leitstelle Ahrweiler", Now: now + 7777, Offset: 60}
	m, err := compose.AllClear([]*alert.Alert{a}, by, bytes.NewReader([]byte{9, 8, 7, 6, 5}))
	if err != nil {
		t.Fatal(err)
	}
	h, err := alert.Header(m.CAP)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := alert.WholePayload(m.CAP, m.Extras)
	if err != nil {
		t.Fatal(err)
	}
	end, err := w.Domain.Sign(w.Leitstelle, h, payload, nil, w.Leitstelle.Persons[0])
	if err != nil {
		t.Fatal(err)
	}
	message, err := Write(end, w.shelf, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("all-clear in three languages, one signature: %d bytes; signed %d", len(message), len(end.Encode()))
	if message[0]&kindMask != kindAlert || len(message) > 170 || len(message) > frame.RadioMTU {
		t.Errorf("kind 0x%02x, %d bytes", message[0], len(message))
	}
	back, err := Expand(message, NewShelf(w.Pool, nil))
	if err != nil || !bytes.Equal(back.Encode(), end.Encode()) {
		t.Fatal(err)
	}
}
