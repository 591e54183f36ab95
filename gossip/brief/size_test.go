package brief

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/airtime"
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
	slow, err := airtime.Preset("longfast")
	if err != nil {
		t.Fatal(err)
	}
	long := func(c *cap.Alert, text string) *cap.Alert {
		c.Info[0].Description = text + " " + text
		return c
	}
	w := newWorld(t)
	for _, r := range []row{
		{"EWSS fields, first of its key", coded(w), false, 1, 0, Options{}, 104},
		{"EWSS fields, previous named", coded(w), false, 1, 40, Options{NamePrevious: true}, 104},
		{"EWSS fields, previous in it", coded(w), false, 1, 40, Options{}, 136},
		{"  district instead of ellipse", ars(coded(w)), false, 1, 0, Options{}, 104},
		{"  second signature", coded(w), false, 2, 0, Options{}, 176},
		{"  that text in a part, named", long(coded(w), text), true, 1, 0, Options{}, 140},
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
		if strings.HasSuffix(r.name, "named") {
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
		var xml bytes.Buffer
		if err := cap.Write(&xml, r.alert, cap.WriteOptions{}); err != nil {
			t.Fatal(err)
		}
		t.Logf("%-42s %4d bytes, in a code %3d characters, on the air %.2f of a full frame; signed %4d; CAP %5d, %4.1f times", r.name, len(m),
			len(frame.Text(m)), slow.Airtime(len(m)).Seconds()/slow.Airtime(frame.RadioMTU).Seconds(),
			len(e.Encode()), xml.Len(), float64(xml.Len())/float64(len(m)))
		if len(m) > r.most {
			t.Errorf("%s: %d bytes, at most %d", r.name, len(m), r.most)
		}
	}
}
