package compact

import (
	"bytes"
	"errors"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// TestAnySize: what no envelope could carry survives in a file.
func TestAnySize(t *testing.T) {
	many := district(t)
	many.Info[0].Area = make([]cap.Area, 40_000)
	large := district(t)
	large.Info[0].Resource = []cap.Resource{{ResourceDesc: "film", DerefURI: string(bytes.Repeat([]byte("QUJDREVG"), 900_000))}}
	large.Info[0].Area[0].Polygon = []cap.Polygon{country(41009), country(93040)}
	for name, a := range map[string]*cap.Alert{"empty areas": many, "large": large} {
		file, err := Marshal(a, Extras{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		doc, err := Unmarshal(file)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		same(t, name, a, doc.Alert)
	}
	if _, _, err := Encode(many, Extras{}); err == nil {
		t.Error("40,000 empty areas fit an envelope")
	}
}

func TestDamagedFile(t *testing.T) {
	file, err := Marshal(district(t), Extras{Origin: &Origin{Format: "CAP 1.2"}})
	if err != nil {
		t.Fatal(err)
	}
	if doc, err := Unmarshal(file); err != nil || doc.Extras.Origin == nil {
		t.Fatal(err)
	}
	if _, err := Unmarshal([]byte("<?xml version")); !errors.Is(err, ErrNoContainer) {
		t.Errorf("XML: %v", err)
	}
	for n := range file {
		if _, err := Unmarshal(file[:n]); err == nil {
			t.Errorf("accepted the first %d of %d bytes", n, len(file))
		}
	}
	part := bytes.Clone(file)
	part[len(part)-20] ^= 1
	if _, err := Unmarshal(part); !errors.Is(err, &wire.Refusal{Reason: wire.ReasonBadPart}) {
		t.Errorf("damaged part: %v", err)
	}
	r := wire.NewPartRef(nil)
	r.Size = wire.MaxPartSize
	bomb := container{Core: []byte{0xa0}}
	for range maxContainerParts {
		bomb.Refs, bomb.Parts = append(bomb.Refs, r), append(bomb.Parts, []byte{1})
	}
	b, err := wire.Marshal(bomb)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Unmarshal(append([]byte(Magic), b...)); !errors.Is(err, &wire.Refusal{Reason: wire.ReasonTooLarge}) {
		t.Errorf("bomb: %v", err)
	}
}
