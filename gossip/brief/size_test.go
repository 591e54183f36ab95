package brief

import (
	"bytes"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/frame"
)

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
		{"template, three languages, parts named", templated(t, w, "hochwasser"), true, 2, 40, Options{}, 250},
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
