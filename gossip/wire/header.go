package wire

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
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
		if err := openMode.Unmarshal(inner, &fields); err != nil {
			return nil, err
		}
		for _, x := range h.Extensions {
			fields[x.Label] = x.Value
		}
		if inner, err = encMode.Marshal(fields); err != nil {
			return nil, err
		}
	}
	return encMode.Marshal(body{Header: inner})
}

// parseHeader reads the body-protected header. An unknown version is
// ReasonUnsupported before anything else of it is understood.
func parseHeader(protected []byte) (Header, error) {
	var b body
	if err := Unmarshal(protected, &b); err != nil {
		return Header{}, Refuse(ReasonMalformed, "protected header: %v", err)
	}
	var v struct {
		Version uint64 `cbor:"0,keyasint"`
	}
	if err := openMode.Unmarshal(b.Header, &v); err != nil {
		return Header{}, Refuse(ReasonMalformed, "header version: %v", err)
	}
	if v.Version != Version {
		return Header{}, Refuse(ReasonUnsupported, "format version %d, this device reads %d", v.Version, Version)
	}
	var h Header
	if err := openMode.Unmarshal(b.Header, &h); err != nil {
		return Header{}, Refuse(headerReason(err), "header: %v", err)
	}
	if err := sameBytes(b.Header, &h); err != nil {
		if h.Extensions, err = parseExtensions(b.Header, &h); err != nil {
			return Header{}, err
		}
	}
	return h, h.check()
}

func headerReason(err error) Reason {
	if strings.Contains(err.Error(), errUnknownAlgorithm.Error()) {
		return ReasonUnsupported
	}
	return ReasonMalformed
}

// parseExtensions takes the slow path: the header holds fields beyond version 1.
func parseExtensions(raw []byte, h *Header) ([]Extension, error) {
	fields := map[uint64]Raw{}
	if err := openMode.Unmarshal(raw, &fields); err != nil {
		return nil, Refuse(ReasonMalformed, "header: %v", err)
	}
	if err := sameBytes(raw, fields); err != nil {
		return nil, Refuse(ReasonMalformed, "header: %v", err)
	}
	var known map[uint64]Raw
	if err := openMode.Unmarshal(mustMarshal(h), &known); err != nil {
		return nil, Refuse(ReasonMalformed, "header: %v", err)
	}
	var ext []Extension
	for label := range fields {
		if label < firstExtension {
			if string(known[label]) != string(fields[label]) {
				return nil, Refuse(ReasonMalformed, "header field %d: unknown, empty or not deterministic", label)
			}
			continue
		}
		if err := deterministic(fields[label]); err != nil {
			return nil, Refuse(ReasonMalformed, "header field %d: %v", label, err)
		}
		ext = append(ext, Extension{label, fields[label]})
	}
	if len(ext) > MaxExtensions {
		return nil, Refuse(ReasonMalformed, "%d header extensions, at most %d", len(ext), MaxExtensions)
	}
	slices.SortFunc(ext, func(a, b Extension) int { return cmp.Compare(a.Label, b.Label) })
	return ext, nil
}

// check holds the header rules of WIRE.md that need no trust and no payload.
func (h *Header) check() error {
	if err := h.checkCritical(); err != nil {
		return err
	}
	info, known := typeTable[h.Type]
	if !known {
		return Refuse(ReasonUnsupported, "content type %d", h.Type)
	}
	if _, known := laneNames[h.Lane]; !known {
		return Refuse(ReasonUnsupported, "lane %d", h.Lane)
	}
	if !h.Type.allows(h.Lane) {
		return Refuse(ReasonWrongLane, "a %s does not travel on lane %s", info.name, h.Lane)
	}
	genesis := h.Type == TypeRoot && h.Sequence == 1
	switch {
	case genesis != (h.Domain == nil):
		return Refuse(ReasonMalformed, "domain must be absent in a genesis root and present elsewhere")
	case genesis != (h.Issuer == nil):
		return Refuse(ReasonMalformed, "issuer must be absent in a genesis root and present elsewhere")
	case h.Sequence == 0 || h.Sequence > MaxSequence:
		return Refuse(ReasonMalformed, "sequence %d is out of range", h.Sequence)
	case (h.Sequence == 1) != (h.Previous == nil):
		return Refuse(ReasonMalformed, "previous must be absent with sequence 1 and present with any other")
	case h.Priority > PriorityExtreme:
		return Refuse(ReasonMalformed, "priority %d is out of range", h.Priority)
	}
	if err := h.checkTimes(); err != nil {
		return err
	}
	return CheckAuthority(h.Authority)
}

func (h *Header) checkTimes() error {
	switch {
	case h.Created == 0 || h.Created > MaxTime || h.Expires > MaxTime:
		return Refuse(ReasonBadLifetime, "created %d or expires %d is out of range", h.Created, h.Expires)
	case h.Expires <= h.Created:
		return Refuse(ReasonBadLifetime, "expires is not after created")
	case h.Lane != LaneTrust && h.Expires-h.Created > MaxAlertLifetime:
		return Refuse(ReasonBadLifetime, "lives %d s, at most %d", h.Expires-h.Created, MaxAlertLifetime)
	}
	return nil
}

// checkCritical refuses critical extensions, because version 1 knows none.
func (h *Header) checkCritical() error {
	present := map[uint64]bool{}
	for _, x := range h.Extensions {
		present[x.Label] = true
	}
	var last uint64
	for _, label := range h.Critical {
		if label < firstExtension || label <= last || !present[label] {
			return Refuse(ReasonMalformed, "critical label %d is below %d, out of order or absent", label, firstExtension)
		}
		last = label
	}
	if len(h.Critical) > 0 {
		return Refuse(ReasonUnsupported, "critical header field %d", h.Critical[0])
	}
	return nil
}

// CheckAuthority checks the form of an authority's path: labels of a-z, 0-9 and
// inner hyphens, joined by "/". The empty path is the root.
func CheckAuthority(path string) error {
	if path == "" {
		return nil
	}
	labels := strings.Split(path, "/")
	if len(path) > MaxAuthority || len(labels) > MaxDepth {
		return Refuse(ReasonMalformed, "authority %q is longer than %d bytes or %d labels", clip(path, 60), MaxAuthority, MaxDepth)
	}
	for _, l := range labels {
		if err := CheckLabel(l); err != nil {
			return err
		}
	}
	return nil
}

// CheckLabel checks one label of an authority's path, or a person's ID.
func CheckLabel(l string) error {
	ok := l != "" && len(l) <= MaxLabel && l[0] != '-' && l[len(l)-1] != '-'
	for _, c := range []byte(l) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')
	}
	if !ok {
		return Refuse(ReasonMalformed, "label %q: want 1 to %d of a-z, 0-9 and inner hyphens", clip(l, 40), MaxLabel)
	}
	return nil
}

func (h *Header) String() string {
	return fmt.Sprintf("%s %s seq %d by %q", h.Lane, h.Type, h.Sequence, h.Authority)
}
