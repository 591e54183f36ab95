package region

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write regions.tsv anew from the geodata")

const tableHead = `# Länder and districts of Germany: regional key, designation, name, bounding box (south, west, north, east in 1e-5 degree).
# Source: VG5000, © GeoBasis-DE / BKG 2021 (Daten verändert), dl-de/by-2-0, https://www.bkg.bund.de
# Written by: go test ./gossip/region -run TestTableMatchesGeodata -update
`

// geodata finds the folder with the source files above the package.
func geodata(t *testing.T) string {
	if dir := os.Getenv("KREIDFEUER_SHARED"); dir != "" {
		return filepath.Join(dir, "geo")
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if d := filepath.Join(dir, "shared", "geo"); exists(d) {
			return d
		}
		dir = filepath.Dir(dir)
	}
	t.Skip("no shared/geo above this package: the table is not compared with its source")
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

type feature struct {
	Properties struct{ ARS, GEN, BEZ string }
	Geometry   struct{ Coordinates json.RawMessage }
}

func readFeatures(t *testing.T, path string) []feature {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var c struct{ Features []feature }
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c.Features
}

// box walks nested coordinate arrays of any depth.
func box(t *testing.T, raw json.RawMessage) Box {
	var pair [2]float64
	if err := json.Unmarshal(raw, &pair); err == nil {
		lon, lat := pair[0]*1e5, pair[1]*1e5
		return Box{int32(math.Floor(lat)), int32(math.Floor(lon)), int32(math.Ceil(lat)), int32(math.Ceil(lon))}
	}
	var inner []json.RawMessage
	if err := json.Unmarshal(raw, &inner); err != nil || len(inner) == 0 {
		t.Fatalf("coordinates: %v", err)
	}
	b := box(t, inner[0])
	for _, i := range inner[1:] {
		b = b.union(box(t, i))
	}
	return b
}

func TestTableMatchesGeodata(t *testing.T) {
	dir := geodata(t)
	regions := map[string]Region{}
	for _, file := range []string{"VG5000_Laender_2021.geojson", "VG5000_Kreise_2021.geojson"} {
		for _, f := range readFeatures(t, filepath.Join(dir, file)) {
			p, b := f.Properties, box(t, f.Geometry.Coordinates)
			p.ARS, _ = Normalize(p.ARS)      // Berlin and Hamburg are Land and district
			if r, ok := regions[p.ARS]; ok { // sea and lake areas follow the land
				r.Box = r.Box.union(b)
				regions[p.ARS] = r
				continue
			}
			regions[p.ARS] = Region{p.ARS, p.BEZ, p.GEN, b}
		}
	}
	var keys []string
	for key, r := range regions {
		keys = append(keys, key)
		if len(key) == districtLen { // a Land holds its districts, also where the two files differ by metres
			l := regions[key[:landLen]]
			l.Box = l.Box.union(r.Box)
			regions[l.Key] = l
		}
	}
	slices.Sort(keys)
	var s strings.Builder
	s.WriteString(tableHead)
	for _, key := range keys {
		r := regions[key]
		fmt.Fprintf(&s, "%s\t%s\t%s\t%d\t%d\t%d\t%d\n", r.Key, r.Kind, r.Name, r.Box.South, r.Box.West, r.Box.North, r.Box.East)
	}
	if *update {
		if err := os.WriteFile("regions.tsv", []byte(s.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if s.String() != tableText {
		t.Error("regions.tsv differs from the geodata: run with -update and look at the difference")
	}
}
