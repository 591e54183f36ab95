package cap

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Parameters by which MoWaS carries what CAP has elements for.
const (
	paramRegions    = "warnVerwaltungsbereiche" // comma list of 12-digit ARS
	paramSenderName = "sender_langname"
	geocodeAreaID   = "AreaId" // number of the area in the companion
)

// Bounds on a merged reference list that is repaired, because its parts are
// repeated. The largest seen has 6 references in 500 bytes.
const (
	maxMerged    = 100
	maxMergedLen = 10_000
)

// references repairs a list that was merged into one broken triple:
// "s1 s2,id1 id2,time". The last member of each merged list keeps the time; of
// the others it is unknown, so they take it too: they were sent no later.
func (n *ninaImport) references(s string) {
	parts := strings.Split(s, ",")
	if s == "" || len(parts) != 3 {
		return
	}
	senders, ids := strings.Fields(parts[0]), strings.Fields(parts[1])
	if len(senders) == 0 || len(ids) < 2 || len(ids) > maxMerged || len(s) > maxMergedLen || len(strings.Fields(parts[2])) != 1 {
		return
	}
	var triples []string
	for i, id := range ids {
		sender := senders[0]
		if len(senders) == len(ids) {
			sender = senders[i]
		}
		triples = append(triples, Reference{sender, id, Time(trim(parts[2]))}.String())
	}
	n.alert.References = strings.Join(triples, " ")
	n.tell(path{}.child("references", 0), "import-references",
		"%d references were merged into one; they are split, and share the one time that was left", len(ids))
}

// info moves what stands in parameters to where CAP has it. The parameters
// stay.
func (n *ninaImport) info(i *Info, p path) {
	for _, v := range i.Parameter {
		switch v.ValueName {
		case paramSenderName:
			if i.SenderName == "" {
				i.SenderName = fold(v.Value)
				n.tell(p.child("senderName", 0), "import-sender-name", "taken from the parameter %s", paramSenderName)
			}
		case paramRegions:
			n.regions(i, v.Value, p)
		}
	}
}

// regions turns the list of keys into geocodes of the first area, which it
// makes if there is none.
func (n *ninaImport) regions(i *Info, keys string, p path) {
	if len(i.Area) == 0 {
		i.Area = []Area{{AreaDesc: "Deutschland"}}
		if keys != "000000000000" {
			i.Area[0].AreaDesc = "siehe Regionalschlüssel"
		}
		n.tell(p, "import-area-missing", "there was no area; it was made from the parameter %s", paramRegions)
	}
	area, known := &i.Area[0], 0
	listed := map[string]bool{}
	for _, g := range area.Geocode {
		listed[g.Value] = true
	}
	for key := range strings.SplitSeq(keys, ",") {
		key = trim(key)
		if !isDigits(key, 12) {
			n.tell(p, "import-region-form", "%q is no 12-digit Regionalschlüssel", excerpt(key))
			continue
		}
		if listed[key] {
			continue
		}
		listed[key] = true
		known++
		area.Geocode = append(area.Geocode, NamedValue{SHN, key})
	}
	if known > 0 {
		n.tell(p.child("area", 1), "import-region", "%d keys of %s became geocodes %s", known, paramRegions, SHN)
	}
}

// area puts coordinates into order and adds the companion's geometry.
func (n *ninaImport) area(a *Area, p path) {
	for k := range a.Polygon {
		n.swap(&a.Polygon[k], p.child("polygon", k+1))
	}
	for k := range a.Circle {
		centre, km, ok := strings.Cut(string(a.Circle[k]), " ")
		if lon, lat, pair := strings.Cut(centre, ","); ok && pair && !inGermany(Polygon(centre)) {
			a.Circle[k] = Circle(lat + "," + lon + " " + km)
			n.tell(p.child("circle", k+1), "import-coordinates", "longitude and latitude were exchanged")
		}
	}
	for _, g := range a.Geocode {
		shape := n.areas[g.Value]
		if g.ValueName != geocodeAreaID || len(a.Polygon) > 0 || shape == nil {
			continue
		}
		if n.budget -= shape.size; n.budget < 0 {
			n.tell(p, "import-geometry", "the companion's geometry is left out; there is too much of it")
			continue
		}
		shape.addTo(a)
	}
}

// swap turns "lon,lat" pairs into CAP's "lat,lon" and drops the filler
// -1.0,-1.0.
func (n *ninaImport) swap(ring *Polygon, p path) {
	if inGermany(*ring) {
		return
	}
	var pairs []string
	fillers := 0
	for word := range strings.FieldsFuncSeq(string(*ring), geometrySpace) {
		lon, lat, ok := strings.Cut(word, ",")
		switch {
		case !ok:
			pairs = append(pairs, word)
		case word == "-1.0,-1.0":
			fillers++
		default:
			pairs = append(pairs, lat+","+lon)
		}
	}
	*ring = Polygon(strings.Join(pairs, " "))
	n.tell(p, "import-coordinates", "longitude and latitude were exchanged")
	if fillers > 0 {
		n.tell(p, "import-filler", "%d points -1.0,-1.0 were dropped", fillers)
	}
}

// inGermany tells whether the ring is in CAP's order already: its first pair
// that is no filler is a latitude and longitude of Germany and around.
func inGermany(ring Polygon) bool {
	for word := range strings.FieldsFuncSeq(string(ring), geometrySpace) {
		if pt, err := parsePoint(word); err == nil && pt != (Point{-1, -1}) {
			return pt.Lat > 45 && pt.Lat < 57 && pt.Lon > 3 && pt.Lon < 18
		}
	}
	return false
}

// geometry is what the companion says about one area.
type geometry struct {
	rings, holes []Polygon
	size         int // bytes
}

func (g *geometry) addTo(a *Area) {
	a.Polygon = append(a.Polygon, g.rings...)
	for _, h := range g.holes {
		a.Geocode = append(a.Geocode, NamedValue{ExcludePolygon, string(h)})
	}
}

// featureCollection is the part of GeoJSON (RFC 7946) that the companion uses.
type featureCollection struct {
	Features []struct {
		Properties struct {
			AreaID json.Number `json:"areaId"`
		} `json:"properties"`
		Geometry struct {
			Type        string          `json:"type"`
			Coordinates json.RawMessage `json:"coordinates"`
		} `json:"geometry"`
	} `json:"features"`
}

// companion reads the GeoJSON; what it cannot read is reported and left out.
func (n *ninaImport) companion(data []byte) {
	if data == nil {
		return
	}
	var fc featureCollection
	err := fmt.Errorf("nested deeper than %d", maxDepth)
	if shallow(data) {
		err = json.Unmarshal(data, &fc)
	}
	if err != nil {
		n.add("/", 0, "import-geometry", "companion: %s", shorten(err.Error(), maxMessage))
		return
	}
	n.areas = map[string]*geometry{}
	for k, f := range fc.Features {
		var polygons [][][][]json.Number
		switch f.Geometry.Type {
		case "Polygon":
			polygons = make([][][][]json.Number, 1)
			err = json.Unmarshal(f.Geometry.Coordinates, &polygons[0])
		case "MultiPolygon":
			err = json.Unmarshal(f.Geometry.Coordinates, &polygons)
		default:
			err = fmt.Errorf("type %.20q", f.Geometry.Type)
		}
		if err != nil {
			n.add("/", 0, "import-geometry", "feature %d of the companion: %s", k+1, shorten(err.Error(), maxMessage))
			continue
		}
		id := f.Properties.AreaID.String()
		if n.areas[id] == nil {
			n.areas[id] = &geometry{}
		}
		n.areas[id].collect(polygons)
	}
}

// collect takes the rings of polygons; all but the first of each are holes.
func (g *geometry) collect(polygons [][][][]json.Number) {
	for _, rings := range polygons {
		for k, ring := range rings {
			var pairs []string
			for _, pt := range ring {
				if len(pt) >= 2 {
					pairs = append(pairs, pt[1].String()+","+pt[0].String())
				}
			}
			text := Polygon(strings.Join(pairs, " "))
			g.size += len(text)
			if k == 0 {
				g.rings = append(g.rings, text)
			} else {
				g.holes = append(g.holes, text)
			}
		}
	}
}
