// Package region knows Germany's 16 Länder and its districts (Landkreise,
// Kreise, kreisfreie Städte, Stadtkreise) by name and by regional key, so that
// "Kreis Ahrweiler" and 07131 find each other.
//
// A regional key (Amtlicher Regionalschlüssel, ARS) has 12 digits: Land 2,
// Regierungsbezirk 1, district 2, Verband 4, municipality 3. Zeros at the end
// stand for the whole of what lies before them, so places are compared by
// prefix. The table ends at the districts; keys of municipalities are
// understood through their district.
//
// Berlin and Hamburg are Land and district at once and stand in the table as
// Länder; a key is always used in its shortest form (see [Normalize]).
//
// The table regions.tsv holds facts taken from the administrative areas
// VG5000 as of 2021:
// © GeoBasis-DE / BKG 2021 (Daten verändert), dl-de/by-2-0.
// It still lists Eisenach (16056), which joined the Wartburgkreis in July 2021;
// old keys stay in use for a long time.
package region

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Region is a Land, a district, or Germany itself.
type Region struct {
	Key  string // ARS prefix: "" Germany, 2 digits a Land, 5 a district
	Kind string // official designation, e.g. "Landkreis"; empty for Germany
	Name string // official name without the designation
	Box  Box
}

// Box is the smallest rectangle around a region, in units of 1e-5 degree
// (WGS 84), rounded outward. It is taken from simplified borders and may miss
// a strip of some 100 m: good for sorting and for a first look, not for a
// decision about who is warned.
type Box struct {
	South, West, North, East int32
}

// Centre is the middle of the rectangle.
func (b Box) Centre() (lat, lon int32) {
	return b.South + (b.North-b.South)/2, b.West + (b.East-b.West)/2
}

// Overlaps reports whether two rectangles share a point.
func (b Box) Overlaps(o Box) bool {
	return b.South <= o.North && o.South <= b.North && b.West <= o.East && o.West <= b.East
}

func (b Box) union(o Box) Box {
	return Box{min(b.South, o.South), min(b.West, o.West), max(b.North, o.North), max(b.East, o.East)}
}

// String is the name as people write it: "Landkreis Ahrweiler", "Stadt Mainz",
// "Rhein-Sieg-Kreis", "Rheinland-Pfalz".
func (r Region) String() string {
	if len(r.Key) != districtLen || r.named() {
		return r.Name
	}
	if r.class() == city {
		return "Stadt " + r.Name
	}
	return r.Kind + " " + r.Name
}

// named reports whether the name says already what kind of district it is.
func (r Region) named() bool {
	for _, w := range []string{"Region ", "Regionalverband ", "Städteregion "} {
		if strings.HasPrefix(r.Name, w) {
			return true
		}
	}
	return strings.HasSuffix(strings.ToLower(r.Name), "kreis")
}

// ARS is the key with all its 12 digits.
func (r Region) ARS() string { return r.Key + strings.Repeat("0", keyLen-len(r.Key)) }

// Land is the Land that the region lies in; false for Germany.
func (r Region) Land() (Region, bool) {
	if len(r.Key) < landLen {
		return Region{}, false
	}
	return ByKey(r.Key[:landLen])
}

type class uint8

const (
	country class = iota + 1
	land
	rural // Landkreis, Kreis and the three regional associations
	city  // kreisfreie Stadt, Stadtkreis
)

func (r Region) class() class {
	switch {
	case r.Key == "":
		return country
	case len(r.Key) == landLen:
		return land
	case r.Kind == "Landkreis" || r.Kind == "Kreis":
		return rural
	}
	return city
}

//go:embed regions.tsv
var tableText string

// table is the parsed regions.tsv in the order of keys, Germany first.
var table = sync.OnceValue(func() []Region {
	regions, err := parseTable(tableText)
	if err != nil {
		panic(err) // the embedded table is held by a test
	}
	return regions
})

var byKey = sync.OnceValue(func() map[string]Region {
	m := make(map[string]Region, len(table()))
	for _, r := range table() {
		m[r.Key] = r
	}
	return m
})

func parseTable(text string) ([]Region, error) {
	germany := Region{Name: "Deutschland"}
	var regions []Region
	for n, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 7 {
			return nil, fmt.Errorf("region table line %d: %d fields, want 7", n+1, len(f))
		}
		var edge [4]int32
		for i := range edge {
			v, err := strconv.ParseInt(f[3+i], 10, 32)
			if err != nil {
				return nil, fmt.Errorf("region table line %d: %w", n+1, err)
			}
			edge[i] = int32(v)
		}
		r := Region{Key: f[0], Kind: f[1], Name: f[2], Box: Box{edge[0], edge[1], edge[2], edge[3]}}
		if len(regions) == 0 {
			germany.Box = r.Box
		}
		germany.Box = germany.Box.union(r.Box)
		regions = append(regions, r)
	}
	return slices.Insert(regions, 0, germany), nil
}

// All returns Germany, the Länder and the districts in the order of their
// keys. The slice is the caller's.
func All() []Region { return slices.Clone(table()) }
