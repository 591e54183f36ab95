// Package place reads what a person says about where: the name or key of a district or
// Land, or coordinates.
package place

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/region"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Parse reads what a person says about a place: the name or key of a
// district or Land, or "50.54,7.11".
func Parse(s string) (apitype.Place, error) {
	if strings.Contains(s, ",") && strings.Trim(s, "+-., 0123456789") == "" {
		text := strings.ReplaceAll(s, " ", "")
		at, err := cap.Polygon(text).Points()
		if err != nil || len(at) != 1 {
			return apitype.Place{}, exit.Errorf(exit.Usage, "%q is no place on earth in decimal degrees", s).Hintf("latitude,longitude: 50.54,7.11")
		}
		return apitype.Place{Name: text, Lat: &at[0].Lat, Lon: &at[0].Lon}, nil
	}
	if key, ok := region.Normalize(strings.TrimSpace(s)); ok {
		return regionPlace(region.Name(key), key), nil
	}
	found := region.Lookup(s)
	switch len(found) {
	case 1:
		return regionPlace(found[0].String(), found[0].Key), nil
	case 0:
		return apitype.Place{}, exit.Errorf(exit.Usage, "no region is called %q", s).Hintf("%s", DidYouMean(region.Suggest(s)))
	}
	return apitype.Place{}, exit.Errorf(exit.Usage, "%d regions are called %q", len(found), s).Hintf("%s", DidYouMean(found))
}

func regionPlace(name, key string) apitype.Place {
	return apitype.Place{Name: name, ARS: key}
}

// DidYouMean is a hint that names some of the regions found.
func DidYouMean(found []region.Region) string {
	if len(found) == 0 {
		return "give a district, a Land, a Regionalschlüssel or coordinates: 50.54,7.11"
	}
	var names []string
	for _, r := range found[:min(len(found), 5)] {
		names = append(names, fmt.Sprintf("%s (%s)", r, r.Key))
	}
	return "did you mean " + strings.Join(names, ", ") + "?"
}

// Check says what of a place cannot be.
func Check(p apitype.Place) error {
	if p.ARS == "" && (p.Lat == nil || p.Lon == nil) {
		return errors.New("neither ars nor lat and lon")
	}
	if _, ok := region.Normalize(p.ARS); p.ARS != "" && !ok {
		return fmt.Errorf("ars %q is no Regionalschlüssel of 2, 3, 5, 9 or 12 digits", p.ARS)
	}
	if p.Lat != nil && (math.Abs(*p.Lat) > 90 || p.Lon == nil || math.Abs(*p.Lon) > 180) {
		return errors.New("lat and lon are no place on earth in decimal degrees")
	}
	return nil
}
