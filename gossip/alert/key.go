package alert

import (
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/region"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// KeyName is the valueName under which alerts made here carry regional keys:
// MoWaS's, so that others read them.
const KeyName = cap.SHN

// Key is an area key that this device can compare. The schemes of identity are
// joined by one that certificates never carry: AGS, the regional key without
// the digits of the Verband, as weather alerts use it.
type Key struct {
	Scheme identity.Scheme // SchemeARS, SchemeNUTS, or schemeAGS
	Prefix string          // in normal form: shortest prefix that says the same
}

// schemeAGS is an 8-digit municipality; shorter ones are ARS prefixes as well.
const schemeAGS identity.Scheme = 0xFFFF

// ParseKey reads a CAP geocode: ARS, SHN (MoWaS) with up to 12 digits, AGS with
// up to 8, WARNCELLID (DWD), NUTS and its levels. False for every other scheme
// and for keys out of form.
func ParseKey(g cap.NamedValue) (Key, bool) {
	value := strings.TrimSpace(g.Value)
	switch name := strings.ToUpper(g.ValueName); name {
	case "ARS", "SHN":
		prefix, ok := region.Normalize(value)
		return Key{identity.SchemeARS, prefix}, ok && value != ""
	case "AGS":
		return parseAGS(value)
	case "WARNCELLID":
		return parseWarnCell(value)
	case "NUTS", "NUTS1", "NUTS2", "NUTS3":
		k := identity.AreaKey{Scheme: identity.SchemeNUTS, Prefix: strings.ToUpper(value)}
		return Key{k.Scheme, k.Prefix}, k.Check() == nil
	}
	return Key{}, false
}

func parseAGS(value string) (Key, bool) {
	if len(value) != 8 {
		if len(value) > 5 {
			return Key{}, false
		}
		prefix, ok := region.Normalize(value)
		return Key{identity.SchemeARS, prefix}, ok && value != ""
	}
	if strings.Trim(value, "0123456789") != "" {
		return Key{}, false
	}
	if value[5:] != "000" {
		return Key{schemeAGS, value}, true
	}
	prefix, ok := region.Normalize(value[:5])
	return Key{identity.SchemeARS, prefix}, ok
}

// parseWarnCell reads DWD's cells of districts (1) and municipalities (8); the
// other types are lakes, coasts and parts of cities.
func parseWarnCell(value string) (Key, bool) {
	if len(value) != 9 || value[0] != '1' && value[0] != '8' {
		return Key{}, false
	}
	return parseAGS(value[1:])
}

// ARS is the regional key, or the longest prefix of it that is known.
func (k Key) ARS() string {
	if k.Scheme == schemeAGS {
		return k.Prefix[:5]
	}
	return k.Prefix
}

func (k Key) String() string {
	if k.Scheme == schemeAGS {
		return "AGS " + k.Prefix
	}
	return identity.AreaKey{Scheme: k.Scheme, Prefix: k.Prefix}.String()
}

// Contains reports whether k's region contains other's, for certain.
func (k Key) Contains(other Key) bool {
	switch {
	case k.Scheme == other.Scheme:
		return strings.HasPrefix(other.Prefix, k.Prefix)
	case k.Scheme == identity.SchemeARS && other.Scheme == schemeAGS:
		return len(k.Prefix) <= 5 && strings.HasPrefix(other.Prefix, k.Prefix) || asAGS(k.Prefix) == other.Prefix
	case k.Scheme == schemeAGS && other.Scheme == identity.SchemeARS:
		return asAGS(other.Prefix) == k.Prefix
	}
	return false
}

// asAGS leaves out the Verband of a municipality's regional key; empty for
// every other key.
func asAGS(ars string) string {
	if len(ars) != 12 {
		return ""
	}
	return ars[:5] + ars[9:]
}

// compare says whether two regions touch. A Verband and a municipality by AGS
// of the same district may.
func (k Key) compare(other Key) Concern {
	if k.Contains(other) || other.Contains(k) {
		return ConcernYes
	}
	if k.Scheme != other.Scheme {
		if k.Scheme == identity.SchemeNUTS || other.Scheme == identity.SchemeNUTS {
			return ConcernUnknown
		}
		a, b := k.ARS(), other.ARS()
		if len(a) >= 5 && len(b) >= 5 && a[:5] == b[:5] && (len(a) == 9 || len(b) == 9) {
			return ConcernUnknown
		}
	}
	return ConcernNo
}
