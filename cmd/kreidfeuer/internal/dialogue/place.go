package dialogue

import (
	"fmt"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/region"
)

// placesOf are the areas of all texts, each once; an alert without any is for a
// place called so.
func placesOf(a *alert.Alert) []cap.Area {
	var places []cap.Area
	seen := map[string]bool{}
	for i := range a.CAP.Info {
		for _, p := range a.CAP.Info[i].Area {
			key := p.AreaDesc + "\n" + shapes(p)
			if !seen[key] {
				places = append(places, p)
			}
			seen[key] = true
		}
	}
	if len(places) == 0 {
		return []cap.Area{{AreaDesc: "ohne Gebiet"}}
	}
	return places
}

// placeText is an area's name and what its keys and shapes say: they decide who
// is warned, whatever the name is.
func placeText(p cap.Area) string {
	var coded []string
	for _, g := range p.Geocode {
		text := g.ValueName + " " + g.Value
		if k, ok := alert.ParseKey(g); ok && k.ARS() != "" {
			text = region.Name(k.ARS())
		}
		coded = append(coded, text)
	}
	if n := len(p.Polygon); n > 0 {
		coded = append(coded, fmt.Sprintf("%d Polygon(e)", n))
	}
	if n := len(p.Circle); n > 0 {
		coded = append(coded, fmt.Sprintf("%d Kreis(e) um einen Punkt", n))
	}
	if len(coded) == 1 && coded[0] == p.AreaDesc {
		return p.AreaDesc
	}
	return p.AreaDesc + " [" + strings.Join(coded, ", ") + "]"
}

// shapes is all keys and shapes of an area.
func shapes(p cap.Area) string {
	var all []string
	for _, g := range p.Geocode {
		all = append(all, g.ValueName+" "+g.Value)
	}
	for _, polygon := range p.Polygon {
		all = append(all, string(polygon))
	}
	for _, circle := range p.Circle {
		all = append(all, string(circle))
	}
	return strings.Join(all, "; ")
}

// isPlace accepts the name of an area as it stands there, in any case, and every
// other name that means the same region: "Kreis Ahrweiler", "07131".
func isPlace(p cap.Area, typed string) bool {
	if typed == "" {
		return false
	}
	if strings.EqualFold(strings.Join(strings.Fields(typed), " "), strings.Join(strings.Fields(p.AreaDesc), " ")) {
		return true
	}
	found := region.Lookup(typed)
	if len(found) != 1 || found[0].Key == "" {
		return false
	}
	for _, g := range p.Geocode {
		if k, ok := alert.ParseKey(g); ok && k.ARS() == found[0].Key {
			return true
		}
	}
	return false
}
