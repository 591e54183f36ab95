package cap

import "strings"

// Names of geocodes in Germany.
const (
	ExcludePolygon = "EXCLUDE_POLYGON" // DWD: a hole in the polygons of the area
	WarnCellID     = "WARNCELLID"      // DWD: type digit and 8-digit AGS
	SHN            = "SHN"             // MoWaS: 12-digit Regionalschlüssel (ARS)
)

// Holes returns the parts that DWD takes out of the polygons of this area.
// Whoever ignores them alerts people who are not meant.
func (a *Area) Holes() []Polygon {
	var holes []Polygon
	for _, g := range a.Geocode {
		if g.ValueName == ExcludePolygon {
			holes = append(holes, Polygon(fold(g.Value)))
		}
	}
	return holes
}

// ARS returns the 12-digit Regionalschlüssel that the geocodes name or that
// follow from them: SHN keys, and DWD cells that are a whole district
// (Kreis or kreisfreie Stadt). A key padded with zeros means the whole region.
func (a *Area) ARS() []string {
	var keys []string
	for _, g := range a.Geocode {
		if g.ValueName == SHN && isDigits(g.Value, 12) {
			keys = append(keys, g.Value)
		} else if ags, ok := cellAGS(g); ok && strings.HasSuffix(ags, "000") {
			keys = append(keys, ags[:5]+"0000000")
		}
	}
	return keys
}

// AGS returns the 8-digit keys of municipalities whose ARS does not follow
// from the geocode, because it lacks the digits of the Gemeindeverband.
func (a *Area) AGS() []string {
	var keys []string
	for _, g := range a.Geocode {
		if ags, ok := cellAGS(g); ok && !strings.HasSuffix(ags, "000") {
			keys = append(keys, ags)
		}
	}
	return keys
}

// cellAGS takes the key out of a WARNCELLID of type 1 (district) or 8
// (municipality). The other types, lakes, coast and parts of districts and
// cities, do not map to one.
func cellAGS(g NamedValue) (string, bool) {
	if g.ValueName != WarnCellID || !isDigits(g.Value, 9) || g.Value[0] != '1' && g.Value[0] != '8' {
		return "", false
	}
	return g.Value[1:], true
}

func isDigits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range n {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
