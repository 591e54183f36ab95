package dialogue

import (
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/place"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert/compose"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// wholeCountry is the key of all of Germany with its digits.
const wholeCountry = "000000000000"

func draftAreas(c *cli.Context) ([]compose.Area, error) {
	var areas []compose.Area
	for _, text := range c.StringSlice("area") {
		a, err := draftArea(text)
		if err != nil {
			return nil, err
		}
		areas = append(areas, a)
	}
	name, polygons, circles := c.String("area-name"), listOf[cap.Polygon](c.StringSlice("polygon")), listOf[cap.Circle](c.StringSlice("circle"))
	ellipse, err := draftEllipse(c.String("ellipse"), &circles)
	if err != nil || name == "" && len(polygons) == 0 && len(circles) == 0 {
		return areas, err
	}
	switch len(areas) {
	case 0:
		areas = []compose.Area{{}}
	case 1:
	default:
		return nil, exit.Errorf(exit.Usage, "a polygon, circle or name belongs to one area, %d are given", len(areas))
	}
	a := &areas[0]
	a.Polygons, a.Circles, a.Ellipse = polygons, circles, ellipse
	if name != "" {
		a.Name = name
	}
	if a.Name == "" {
		return nil, exit.Errorf(exit.Usage, "the area needs a name for people").Hintf("--area-name NAME, or --area REGION around it")
	}
	return areas, nil
}

// draftEllipse adds the circle around an ellipse, and returns what narrows it.
func draftEllipse(text string, circles *[]cap.Circle) (string, error) {
	if text == "" {
		return "", nil
	}
	f := strings.Fields(text)
	if len(f) == 4 && len(*circles) == 0 {
		var half [3]float64
		var err error
		for i, s := range f[1:] {
			if v, problem := strconv.ParseFloat(s, 64); problem != nil || v < 0 {
				err = exit.Errorf(exit.Usage, "--ellipse: %q is no number", s)
			} else {
				half[i] = v
			}
		}
		circle := cap.Circle(f[0] + " " + f[1])
		if _, _, problem := circle.Parse(); err == nil && problem == nil && half[1] > 0 && half[1] <= half[0] && half[2] < 360 {
			*circles = append(*circles, circle)
			return f[2] + " " + f[3], nil
		}
	}
	return "", exit.Errorf(exit.Usage, "%q is no ellipse", text).
		Hintf("--ellipse \"50.541,7.113 12 5 45\" is 24 km long, 10 km wide and points north-east; there is no circle beside it")
}

func draftArea(text string) (compose.Area, error) {
	p, err := place.Parse(text)
	switch {
	case err != nil:
		return compose.Area{}, err
	case p.Lat != nil:
		return compose.Area{}, exit.Errorf(exit.Usage, "%q is a point, no area", text).Hintf("--circle \"%s 5\" warns 5 km around it", text)
	case p.ARS == "":
		p.ARS = wholeCountry
	}
	return compose.Area{Key: p.ARS, Name: p.Name}, nil
}
