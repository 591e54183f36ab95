package identity

import (
	"fmt"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Scheme is a registry of area keys. The numbers are on the wire: append only.
type Scheme uint16

// The schemes.
const (
	SchemeARS  Scheme = 1 // Amtlicher Regionalschlüssel (Germany), prefixes of 0, 2, 3, 5, 9 or 12 digits
	SchemeNUTS Scheme = 2 // Regulation (EC) 1059/2003, 2 to 5 characters
)

// Bounds of an area (format): they keep one comparison below a millisecond.
const (
	maxAreas   = 64 // areas in one scope
	maxKeys    = 96 // keys in one area; a Land has at most 96 districts (Bayern)
	maxAreaKey = 24 // bytes of a key of an unknown scheme
)

// AreaKey names a region by an official key. Prefix containment is
// jurisdiction: "07" contains "07131". It needs no map data.
type AreaKey struct {
	_      struct{} `cbor:",toarray"`
	Scheme Scheme
	Prefix string // normalised: without the padding zeros of ARS
}

// arsLengths are the levels of ARS: country, Land, Regierungsbezirk, Kreis,
// Verband, Gemeinde.
var arsLengths = []int{0, 2, 3, 5, 9, 12}

// ParseAreaKey reads "ARS 07131", "ARS:071310000000", "07131" (ARS) or
// "NUTS DEB12". Padding zeros of ARS are removed; "ARS 000000000000" and "ARS *"
// are the whole country.
func ParseAreaKey(s string) (AreaKey, error) {
	name, key, found := strings.Cut(strings.Replace(strings.TrimSpace(s), ":", " ", 1), " ")
	if !found {
		name, key = "ARS", name
	}
	k := AreaKey{Prefix: strings.ToUpper(strings.TrimSpace(key))}
	switch strings.ToUpper(name) {
	case "ARS":
		k.Scheme = SchemeARS
		if k.Prefix == "*" {
			k.Prefix = ""
		} else if k.Prefix == "" {
			return AreaKey{}, fmt.Errorf("parse area %q: no key (ARS * is the whole country)", s)
		}
		k.Prefix = normalARS(k.Prefix)
	case "NUTS":
		k.Scheme = SchemeNUTS
	default:
		return AreaKey{}, fmt.Errorf("parse area %q: unknown scheme, want ARS or NUTS", s)
	}
	if err := k.Check(); err != nil {
		return AreaKey{}, fmt.Errorf("parse area %q: %w", s, err)
	}
	return k, nil
}

// normalARS cuts whole levels of zeros off the end of an ARS.
func normalARS(key string) string {
	for i := len(arsLengths) - 1; i > 0; i-- {
		if len(key) == arsLengths[i] && strings.Trim(key[arsLengths[i-1]:], "0") == "" {
			key = key[:arsLengths[i-1]]
		}
	}
	return key
}

// Check holds the form of a key: it must be in normal form, so that one region
// has one key. The error is a [*wire.Refusal].
func (k AreaKey) Check() error {
	ok := false
	switch k.Scheme {
	case SchemeARS:
		for _, n := range arsLengths {
			ok = ok || len(k.Prefix) == n
		}
		ok = ok && only(k.Prefix, '0', '9') && normalARS(k.Prefix) == k.Prefix
	case SchemeNUTS:
		ok = len(k.Prefix) >= 2 && len(k.Prefix) <= 5 && only(k.Prefix[:2], 'A', 'Z') && isUpperAlnum(k.Prefix)
	default:
		ok = k.Scheme != 0 && k.Prefix != "" && len(k.Prefix) <= maxAreaKey && only(k.Prefix, '!', '~')
	}
	if !ok {
		return wire.Refuse(wire.ReasonBadPayload, "area key %.40q is not a normal key of scheme %d", k.Prefix, k.Scheme)
	}
	return nil
}

func only(s string, low, high byte) bool {
	for i := range len(s) {
		if s[i] < low || s[i] > high {
			return false
		}
	}
	return true
}

func isUpperAlnum(s string) bool {
	for i := range len(s) {
		if !only(s[i:i+1], 'A', 'Z') && !only(s[i:i+1], '0', '9') {
			return false
		}
	}
	return true
}

// Contains reports whether k's region contains child's. Keys of different
// schemes never contain each other; keys of unknown schemes only themselves.
func (k AreaKey) Contains(child AreaKey) bool {
	if k.Scheme != child.Scheme {
		return false
	}
	if k.Scheme == SchemeARS || k.Scheme == SchemeNUTS {
		return strings.HasPrefix(child.Prefix, k.Prefix)
	}
	return k.Prefix == child.Prefix
}

func (k AreaKey) String() string {
	switch k.Scheme {
	case SchemeARS:
		if k.Prefix == "" {
			return "ARS *"
		}
		return "ARS " + k.Prefix
	case SchemeNUTS:
		return "NUTS " + k.Prefix
	}
	return fmt.Sprintf("scheme(%d) %s", k.Scheme, k.Prefix)
}

// Area is a region: keys, polygons or both.
//
// In a certificate, keys permit by keys and polygons permit by polygons; an area
// without polygon permits by keys only. In an alert, a polygon beside keys
// narrows who is concerned: only places inside the keys AND inside a polygon
// are, because only the keys were checked against the signers' scope.
type Area struct {
	Keys     []AreaKey `cbor:"1,keyasint,omitempty"`
	Polygons []Polygon `cbor:"2,keyasint,omitempty"`
}

// Check holds the bounds and the form of an area, before any geometry runs.
func (a Area) Check() error {
	if len(a.Keys) == 0 && len(a.Polygons) == 0 || len(a.Keys) > maxKeys {
		return wire.Refuse(wire.ReasonBadPayload, "area with %d keys and %d polygons", len(a.Keys), len(a.Polygons))
	}
	for _, k := range a.Keys {
		if err := k.Check(); err != nil {
			return err
		}
	}
	for _, p := range a.Polygons {
		if err := p.Check(); err != nil {
			return err
		}
	}
	return nil
}

func (a Area) String() string {
	var parts []string
	for _, k := range a.Keys {
		parts = append(parts, k.String())
	}
	for _, p := range a.Polygons {
		parts = append(parts, fmt.Sprintf("polygon of %d", len(p)))
	}
	return strings.Join(parts, ", ")
}

func holdsKey(areas []Area, k AreaKey) bool {
	for _, a := range areas {
		for _, own := range a.Keys {
			if own.Contains(k) {
				return true
			}
		}
	}
	return false
}

func holdsPolygon(areas []Area, p Polygon) bool {
	for _, a := range areas {
		for _, own := range a.Polygons {
			if own.Contains(p) {
				return true
			}
		}
	}
	return false
}
