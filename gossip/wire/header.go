package wire

import (
	"fmt"
	"math"
)

// COSE header labels (RFC 9052, 3.1, and the private-use range below -65536).
const (
	labelAlg    = 1
	labelKid    = 4
	labelHeader = -65537 // body: map of Header; signer: its Role
	labelChain  = -65538 // unprotected: certificates
	labelParts  = -65539 // unprotected: detached parts

	// AlgEd25519 is the COSE algorithm of every signature (RFC 9864).
	AlgEd25519 = -19

	firstExtension = 16 // header labels from here on are extensions
	headerNesting  = 2  // containers around a header field
)

// Header is the body-protected header: what every device reads of an envelope
// before it looks at the payload. Times are unsigned seconds UTC.
type Header struct {
	Version   uint64   `cbor:"0,keyasint"`
	Type      Type     `cbor:"1,keyasint"`
	Critical  []uint64 `cbor:"2,keyasint,omitempty"` // extension labels a reader must know
	Domain    *ID      `cbor:"3,keyasint,omitempty"` // nil only in a genesis root
	Authority string   `cbor:"4,keyasint,omitempty"` // the author's authority; empty: the root
	Issuer    *ID      `cbor:"5,keyasint,omitempty"` // certificate (or root version) of the issuing unit
	Sequence  uint64   `cbor:"6,keyasint"`           // of the author's key in this lane, from 1
	Previous  *ID      `cbor:"7,keyasint,omitempty"` // the author's envelope with Sequence-1
	Lane      Lane     `cbor:"8,keyasint"`
	Created   uint64   `cbor:"9,keyasint"`
	Expires   uint64   `cbor:"10,keyasint"`
	Priority  Priority `cbor:"11,keyasint"`

	// Extensions are fields of later minor versions, kept byte for byte.
	Extensions []Extension `cbor:"-"`
}

// Extension is a header field that this version does not know.
type Extension struct {
	Label uint64 // at least 16
	Value Raw
}

// DomainID is the trust domain, or the zero ID in a genesis root.
func (h *Header) DomainID() ID { return deref(h.Domain) }

// IssuerID is the issuing unit's certificate, or the zero ID in a genesis root.
func (h *Header) IssuerID() ID { return deref(h.Issuer) }

func deref(id *ID) ID {
	if id == nil {
		return ID{}
	}
	return *id
}

// body is the COSE protected header around the Header.
type body struct {
	Header Raw `cbor:"-65537,keyasint"`
}

func (h *Header) marshal() ([]byte, error) {
	inner, err := encMode.Marshal(h)
	if err != nil {
		return nil, err
	}
	if len(h.Extensions) > 0 {
		fields := map[uint64]Raw{}
		if err := decMode.Unmarshal(inner, &fields); err != nil {
			return nil, err
		}
		for _, x := range h.Extensions {
			if _, twice := fields[x.Label]; twice || x.Label < firstExtension {
				return nil, Refuse(ReasonMalformed, "extension label %d is below %d or twice", x.Label, firstExtension)
			}
			fields[x.Label] = x.Value
		}
		if inner, err = encMode.Marshal(fields); err != nil {
			return nil, err
		}
	}
	return encMode.Marshal(body{Header: inner})
}

// parse reads the body-protected header and holds it to the rules of WIRE.md.
// An unknown version is ReasonUnsupported before anything else of it is
// understood. IDs and extensions alias protected.
func (h *Header) parse(protected []byte) error {
	c := cursor{rest: protected}
	if n, label := c.pairs(), c.int(); n != 1 || label != labelHeader {
		c.malformed("protected header of %d fields with label %d, want %d alone", n, label, labelHeader)
	}
	n := c.pairs()
	if n == 0 || c.uint() != 0 {
		c.malformed("header does not begin with its version")
	}
	if h.Version = c.uint(); h.Version != Version {
		c.refuse(ReasonUnsupported, "format version %d, this device reads %d", h.Version, Version)
	}
	h.readFields(&c, n-1)
	c.end()
	if c.err != nil {
		return c.err
	}
	return h.check()
}

// requiredFields has a bit for each label that no header may lack.
const requiredFields = 1<<1 | 1<<6 | 1<<8 | 1<<9 | 1<<10 | 1<<11

func (h *Header) readFields(c *cursor, n int) {
	last, present := uint64(0), uint64(0)
	for ; n > 0 && c.err == nil; n-- {
		label := c.uint()
		if label <= last {
			c.malformed("header field %d after %d: out of order or twice", label, last)
		}
		last = label
		present |= 1 << min(label, 63)
		h.readField(c, label)
	}
	if present&requiredFields != requiredFields {
		c.malformed("header lacks a required field: has %#b, needs %#b", present, uint64(requiredFields))
	}
}

// readField reads one field after the version. Fields that may be left out are
// never written empty.
func (h *Header) readField(c *cursor, label uint64) {
	switch label {
	case 1:
		h.Type = Type(c.upTo(math.MaxUint16))
	case 2:
		h.Critical = c.labels()
	case 3:
		h.Domain = c.id()
	case 4:
		if h.Authority = string(c.text()); h.Authority == "" {
			c.malformed("header has an empty authority")
		}
	case 5:
		h.Issuer = c.id()
	case 6:
		h.Sequence = c.uint()
	case 7:
		h.Previous = c.id()
	case 8:
		h.Lane = Lane(c.upTo(math.MaxUint8))
	case 9:
		h.Created = c.uint()
	case 10:
		h.Expires = c.uint()
	case 11:
		h.Priority = Priority(c.upTo(math.MaxUint8))
	default:
		h.readExtension(c, label)
	}
}

func (h *Header) readExtension(c *cursor, label uint64) {
	if label < firstExtension {
		c.malformed("header field %d is reserved", label)
	}
	if len(h.Extensions) == MaxExtensions {
		c.malformed("more than %d header extensions", MaxExtensions)
	}
	if value := c.item(headerNesting); c.err == nil {
		h.Extensions = append(h.Extensions, Extension{label, value})
	}
}

// labels reads the list of critical extension labels.
func (c *cursor) labels() []uint64 {
	n := c.array()
	if n == 0 || n > MaxExtensions {
		c.malformed("%d critical header fields, want 1 to %d", n, MaxExtensions)
		return nil
	}
	labels := make([]uint64, n)
	for i := range labels {
		labels[i] = c.uint()
	}
	return labels
}

func (c *cursor) upTo(limit uint64) uint64 {
	v := c.uint()
	if v > limit {
		c.malformed("number %d, at most %d", v, limit)
		return 0
	}
	return v
}

// id reads an ID. The algorithm is judged first, because the length depends on it.
func (c *cursor) id() *ID {
	b := c.bytes()
	switch {
	case len(b) == 0:
		c.malformed("identifier without algorithm")
	case b[0] != algSHA256:
		c.refuse(ReasonUnsupported, "identifier algorithm %d", b[0])
	case len(b) != IDSize:
		c.malformed("identifier of %d bytes, want %d", len(b), IDSize)
	default:
		return (*ID)(b)
	}
	return nil
}

func (h *Header) String() string {
	return fmt.Sprintf("%s %s seq %d by %q", h.Lane, h.Type, h.Sequence, h.Authority)
}
