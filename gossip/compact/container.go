package compact

import (
	"bytes"
	"errors"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Magic begins every file of Marshal. The last byte is the version.
const Magic = "kfalert\x01"

// ErrNoContainer says that a file does not begin with Magic.
var ErrNoContainer = errors.New("not a compact alert: it does not begin with " + Magic[:len(Magic)-1])

// container is what follows the magic. Parts are packed as in an envelope, and
// their references hold them against damage. Nothing of it is signed.
type container struct {
	_     struct{} `cbor:",toarray"`
	Core  []byte
	Refs  []wire.PartRef
	Parts [][]byte
}

// Marshal writes an alert, of any size that gossip/cap reads, into one file.
func Marshal(a *cap.Alert, x Extras) ([]byte, error) {
	core, parts, err := encode(a, x, encoder{file: true})
	if err != nil {
		return nil, err
	}
	c := container{Core: core, Refs: []wire.PartRef{}, Parts: [][]byte{}}
	for _, p := range parts {
		c.Refs = append(c.Refs, wire.NewPartRef(p))
		c.Parts = append(c.Parts, wire.PackPart(p))
	}
	b, err := wire.Marshal(c)
	if err != nil {
		return nil, err
	}
	if b = append([]byte(Magic), b...); len(b) > MaxContainer {
		return nil, wire.Refuse(wire.ReasonTooLarge, "alert of %d bytes in compact form, at most %d", len(b), MaxContainer)
	}
	return b, nil
}

// Unmarshal reads a file of Marshal. The error is ErrNoContainer or a
// [*wire.Refusal].
func Unmarshal(b []byte) (*Document, error) {
	rest, ok := bytes.CutPrefix(b, []byte(Magic))
	if !ok {
		return nil, ErrNoContainer
	}
	if len(b) > MaxContainer {
		return nil, wire.Refuse(wire.ReasonTooLarge, "%d bytes, at most %d", len(b), MaxContainer)
	}
	var c container
	if err := wire.Unmarshal(rest, &c); err != nil {
		return nil, wire.Refuse(wire.ReasonMalformed, "compact alert: %v", err)
	}
	if len(c.Parts) > maxContainerParts || len(c.Parts) != len(c.Refs) {
		return nil, wire.Refuse(wire.ReasonMalformed, "%d parts with %d references, at most %d", len(c.Parts), len(c.Refs), maxContainerParts)
	}
	var total uint64
	for _, r := range c.Refs {
		if total += min(r.Size, maxContent+1); total > maxContent {
			return nil, wire.Refuse(wire.ReasonTooLarge, "parts of more than %d bytes", maxContent)
		}
	}
	parts := make([][]byte, len(c.Parts))
	for i, r := range c.Refs {
		var err error
		if parts[i], err = r.Open(c.Parts[i]); err != nil {
			return nil, err
		}
		if parts[i] == nil {
			parts[i] = []byte{} // present, though empty
		}
	}
	return decode(c.Core, parts, newMeter(true))
}
