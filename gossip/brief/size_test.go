package brief

import (
	"bytes"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert/compose"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/frame"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// world is a domain in which alerts are written, and the book of a device in it.
type world struct {
	*trusttest.Tree
	held  map[wire.ID]*wire.Envelope
	shelf *Shelf
}

func newWorld(t testing.TB) *world {
	tree, err := trusttest.NewTree(7, 2)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Tree: tree, held: map[wire.ID]*wire.Envelope{}}
	w.shelf = NewShelf(tree.Pool, func(key identity.PublicKey, lane wire.Lane, sequence uint64) (ids []wire.ID) {
		for id, e := range w.held {
			c, ok := tree.Pool.Certificate(wire.ID(e.Author().Ref))
			if ok && c.Key == key && e.Header.Lane == lane && e.Header.Sequence == sequence {
				ids = append(ids, id)
			}
		}
		return ids
	})
	return w
}

// now is when the alerts are written.
const now = trusttest.Epoch + 30*86400 + 41234

// coded is an alert that says what Galileo's EWSS message can say, in CAP: message
// type, sender, category and event, severity, onset, duration, guidance, and an
// ellipse by its centre, axes and direction.
func coded(w *world) *cap.Alert {
	sent := cap.MakeTime(now, 60)
	return &cap.Alert{
		Version: cap.V12, Identifier: alert.Identifier(now, [alert.RandomBytes]byte{0xc3, 0x5a, 0x91, 0x07, 0xee}),
		Sender: alert.Sender(w.Root.ID(), w.Leitstelle.Path), Sent: sent, Status: cap.Actual, MsgType: cap.MsgAlert, Scope: cap.Public,
		Info: []cap.Info{{
			Language: "de", Category: []cap.Category{cap.Met}, Event: "Hochwasser", ResponseType: []cap.ResponseType{cap.Evacuate},
			Urgency: cap.Immediate, Severity: cap.Extreme, Certainty: cap.Likely,
			Onset: cap.MakeTime(now+5400, 60), Expires: cap.MakeTime(now+12*3600, 60),
			Area: []cap.Area{{AreaDesc: "Umkreis", Circle: []cap.Circle{"50.541,7.113 12"},
				Geocode: []cap.NamedValue{{ValueName: "ellipse", Value: "5 45"}}}},
		}},
	}
}

// templated is what alert compose makes of a template for a district.
func templated(t testing.TB, w *world, template string) *cap.Alert {
	m, err := compose.Compose(compose.Draft{
		Author: compose.Author{Domain: w.Root.ID(), Authority: w.Leitstelle.Path, Name: "Leitstelle Ahrweiler", Now: now, Offset: 60},
		Lane:   wire.LaneLive, Template: template, Areas: []compose.Area{{Key: "07131"}},
	}, bytes.NewReader([]byte{0xc3, 0x5a, 0x91, 0x07, 0xee}))
	if err != nil {
		t.Fatal(err)
	}
	return m.CAP
}

// sign makes an envelope of c with all in the core, or with parts.
func (w *world) sign(t testing.TB, c *cap.Alert, parts bool, persons int) *wire.Envelope {
	t.Helper()
	h, err := alert.Header(c)
	if err != nil {
		t.Fatal(err)
	}
	var packed [][]byte
	payload, err := alert.WholePayload(c, compactExtras)
	if parts {
		payload, packed, err = alert.Payload(c, compactExtras)
	}
	if err != nil {
		t.Fatal(err)
	}
	e, err := w.Domain.Sign(w.Leitstelle, h, payload, packed, w.Leitstelle.Persons[:persons]...)
	if err != nil {
		t.Fatal(err)
	}
	w.held[e.ID()] = e
	return e
}

// TestSizes prints what alerts take, and holds them to the goals: with all that
// EWSS says 104 bytes with one signature, and with 100 bytes of text one radio
// frame.
func TestSizes(t *testing.T) {
	const text = "Die Talsperre Steinbach droht zu brechen. Gehen Sie sofort nach oben, weg vom Bach, und rufen Sie an."
	type row struct {
		name    string
		alert   *cap.Alert
		parts   bool
		persons int
		before  int // envelopes by the same key before
		options Options
		most    int
	}
	ars := func(c *cap.Alert) *cap.Alert {
		c.Info[0].Area = []cap.Area{{AreaDesc: "Landkreis Ahrweiler", Geocode: []cap.NamedValue{{ValueName: "ARS", Value: "071310000000"}}}}
		return c
	}
	with := func(c *cap.Alert, text string) *cap.Alert {
		c.Info[0].Instruction = text
		return c
	}
	german := func(c *cap.Alert) *cap.Alert {
		c.Info = c.Info[:1]
		return c
	}
	w := newWorld(t)
	for _, r := range []row{
		{"EWSS fields, first of its key", coded(w), false, 1, 0, Options{}, 104},
		{"EWSS fields, previous named", coded(w), false, 1, 40, Options{NamePrevious: true}, 104},
		{"EWSS fields, previous in it", coded(w), false, 1, 40, Options{}, 136},
		{"  district instead of ellipse", ars(coded(w)), false, 1, 0, Options{}, 104},
		{"  second signature", coded(w), false, 2, 0, Options{}, 176},
		{"  100 bytes of German text", with(coded(w), text), false, 1, 0, Options{}, 180},
		{"  text, two signatures, previous in it", with(coded(w), text), false, 2, 40, Options{}, frame.RadioMTU},
		{"template, German in the core", german(templated(t, w, "hochwasser")), false, 2, 40, Options{}, frame.RadioMTU},
		{"template, three languages in the core", templated(t, w, "hochwasser"), false, 2, 40, Options{}, frame.RadioMTU},
		{"template, three languages, parts named", without(templated(t, w, "hochwasser")), true, 2, 40, Options{}, 250},
		{"template, three languages, parts in it", templated(t, w, "stromausfall"), true, 2, 40, Options{Parts: true}, 260},
	} {
		w := newWorld(t)
		for range r.before {
			w.sign(t, coded(w), false, r.persons)
		}
		e := w.sign(t, r.alert, r.parts, r.persons)
		if r.name == "template, three languages, parts named" {
			e.Parts = nil
		}
		m, err := Write(e, w.shelf, r.options)
		if err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		back, err := Expand(m, w.shelf)
		if err != nil || !bytes.Equal(back.Encode(), e.Encode()) {
			t.Fatalf("%s: %v", r.name, err)
		}
		t.Logf("%-42s %4d bytes; signed %4d, with parts %4d", r.name, len(m), len(e.Encode()), len(e.EncodeFull()))
		if len(m) > r.most {
			t.Errorf("%s: %d bytes, at most %d", r.name, len(m), r.most)
		}
	}
}

func without(c *cap.Alert) *cap.Alert { return c }
