// Package compact is the compact form of CAP alerts: field by field in
// deterministic CBOR (RFC 8949, 4.2), without loss. A reader gets back every
// element, its order and its spelling, because a value is stored in a
// structured form (a number, a code, coordinates as differences) only where
// writing it again gives the same text, and as text everywhere else.
//
// A compact alert is a core and parts. The core says who, what, where, when and
// how bad, with coded instructions and headlines, and is small enough for a
// slow radio; parts hold texts by language, fine geometry, embedded media and
// foreign signatures, and may arrive later or never. The format, its registries
// and its bounds are specified in FORMAT.md.
//
// [Encode] and [Decode] serve envelopes; [Marshal] and [Unmarshal] keep one
// alert of any size in one file. Errors of reading are [*wire.Refusal].
package compact

import (
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Document is a decoded alert with what Kreidfeuer keeps beside CAP.
type Document struct {
	// Alert holds all elements of the core and of those parts that were
	// present. It shares no memory with the input.
	Alert  *cap.Alert
	Extras Extras
	// Parts describes every part, present or not, in the payload's order.
	Parts []Part
	// Bounds holds, for each info block, the rectangle around all its polygons;
	// nil where the core names none. It stands in the core of alerts whose
	// geometry is in a part.
	Bounds []*Bounds
}

// Missing lists the indices of parts that were absent. Without them the alert
// can be shown, but lacks elements: see [Part].
func (d *Document) Missing() []int {
	var missing []int
	for i, p := range d.Parts {
		if !p.Present {
			missing = append(missing, i)
		}
	}
	return missing
}

// Lacks reports whether some part of the kind was absent.
func (d *Document) Lacks(k Kind) bool {
	for _, p := range d.Parts {
		if p.Kind == k && !p.Present {
			return true
		}
	}
	return false
}

// Part says what one part holds.
type Part struct {
	Kind    Kind
	Infos   []int // indices of the info blocks it belongs to; nil: all, or the alert as a whole
	Present bool
}

// Kind is the kind of a part's content. The numbers are part of the format.
type Kind uint8

// The kinds of parts.
const (
	KindText      Kind = 1 // description, instruction, contact, areaDesc, resources, ...
	KindGeometry  Kind = 2 // polygons, or whole areas where there are many
	KindMedia     Kind = 3 // contents of derefUri
	KindSignature Kind = 4 // XML signatures of a foreign document
)

const (
	kindNext Kind = 0 // in the list of parts: continues the one before
	kindCore Kind = 0 // in the reader: not a part
)

func (k Kind) String() string {
	switch k {
	case KindText:
		return "text"
	case KindGeometry:
		return "geometry"
	case KindMedia:
		return "media"
	case KindSignature:
		return "signature"
	}
	return "unknown"
}

// Extras are the native fields of the core, beside CAP.
type Extras struct {
	// References holds, for each word of the alert's references, the ID of the
	// envelope that it names, or the zero ID where that is not known. Empty, or
	// as long as the list of words.
	References []wire.ID
	// Origin is set in alerts that a gateway imported.
	Origin *Origin
}

// Origin says where an imported alert comes from, as its gateway vouches.
type Origin struct {
	Format    string   // of the original document, e.g. "CAP 1.2", "NINA"; see FORMAT.md
	Digest    [32]byte // SHA-256 of the original document's bytes
	Signature SignatureState
}

// SignatureState is what the gateway found out about the original's own
// signature. The numbers are part of the format.
type SignatureState uint8

// The states of an original signature.
const (
	SignatureNone    SignatureState = 0 // the original bears none
	SignatureInvalid SignatureState = 1 // it does not verify, or its key is not trusted
	SignatureValid   SignatureState = 2 // valid according to the gateway
)

func (s SignatureState) String() string {
	switch s {
	case SignatureNone:
		return "none"
	case SignatureInvalid:
		return "invalid"
	case SignatureValid:
		return "valid"
	}
	return "unknown"
}

// Bounds is a rectangle in units of 0.01 degree (WGS 84), rounded outward.
type Bounds struct {
	South, West, North, East int32
}
