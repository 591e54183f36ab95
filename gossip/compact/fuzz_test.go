package compact

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// FuzzDecode holds that whatever is accepted is deterministic CBOR, costs no
// more than its bound, and comes back as the same alert after encoding.
func FuzzDecode(f *testing.F) {
	core, parts, err := Encode(district(f), Extras{Origin: &Origin{Format: "NINA"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(core, parts[0], true)
	f.Add(core, []byte{}, false)
	shape := district(f)
	shape.Info[0].Area[0].Polygon = []cap.Polygon{country(20), "50.1,7 50,7 50,7.25 50.1,7"}
	shape.Info[0].Description, shape.Info[1] = "", cap.Info{}
	if core, parts, err = Encode(shape, Extras{}); err != nil {
		f.Fatal(err)
	}
	f.Add(core, parts[len(parts)-1], true)
	for _, v := range readVectors(f) {
		f.Add(v.core, []byte{}, false)
	}
	f.Fuzz(func(t *testing.T, core, part []byte, present bool) {
		var parts [][]byte
		if present {
			parts = [][]byte{part}
		}
		doc, err := Decode(core, parts)
		if err != nil {
			return
		}
		if err := deterministic(core); err != nil {
			t.Fatalf("accepted a core that is not deterministic: %v", err)
		}
		if _, err := Decode(core, nil); err != nil {
			t.Fatalf("accepted with its part, refused without: %v", err)
		}
		again, partsAgain, err := encode(doc.Alert, doc.Extras, encoder{file: true})
		if err != nil {
			t.Fatalf("cannot be encoded again: %v", err)
		}
		second, err := decode(again, partsAgain, newMeter(true))
		if err != nil {
			t.Fatal(err)
		}
		same(t, "again", doc.Alert, second.Alert)
	})
}

// FuzzRoundTrip holds that every document that can be read survives.
func FuzzRoundTrip(f *testing.F) {
	corpus(f, func(_ string, xml []byte, _ *cap.Alert) {
		if len(xml) < 20_000 {
			f.Add(xml)
		}
	})
	f.Fuzz(func(t *testing.T, xml []byte) {
		a, _, err := cap.Parse(xml)
		if err != nil {
			return
		}
		core, parts, err := encode(a, Extras{}, encoder{file: true})
		if err != nil {
			t.Fatal(err)
		}
		doc, err := decode(core, parts, newMeter(true))
		if err != nil {
			t.Fatal(err)
		}
		same(t, "document", a, doc.Alert)
		again, _, err := encode(doc.Alert, Extras{}, encoder{file: true})
		if err != nil || !bytes.Equal(core, again) {
			t.Fatal("encoding the decoded alert gives other bytes", err)
		}
	})
}

// FuzzUnmarshal holds that no file makes the reader panic.
func FuzzUnmarshal(f *testing.F) {
	file, err := Marshal(district(f), Extras{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Fuzz(func(t *testing.T, b []byte) {
		if doc, err := Unmarshal(b); err == nil && doc.Alert == nil {
			t.Error("neither alert nor error")
		}
	})
}

// TestExpansion holds the bound on memory for inputs made to expand.
func TestExpansion(t *testing.T) {
	const size = 60_000
	var empty, shared, areas []byte
	empty = appendArray(appendUint([]byte{0xa1}, keyInfo), size)
	empty = append(empty, bytes.Repeat([]byte{0xa0}, size)...)

	headline := entries{{14, appendText(nil, string(bytes.Repeat([]byte{'h'}, 20_000)))}}
	shared = appendArray(appendUint([]byte{0xa1}, keyInfo), 10_001)
	shared = append(headline.appendTo(shared), bytes.Repeat(entries{{keyBase, appendUint(nil, 0)}}.appendTo(nil), 10_000)...)

	areas = appendArray(appendUint(appendHead(appendArray(appendUint([]byte{0xa1}, keyInfo), 1), majorMap, 1), keyArea), size)
	areas = append(areas, bytes.Repeat([]byte{0xa0}, size)...)

	for name, core := range map[string][]byte{"empty infos": empty, "shared headline": shared, "empty areas": areas} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Decode(core, nil)
		runtime.ReadMemStats(&after)
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 24<<20 {
			t.Errorf("%s: %d bytes made the reader allocate %d", name, len(core), spent)
		}
	}
}
