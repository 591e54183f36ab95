package alert

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

func geocode(name, value string) cap.NamedValue { return cap.NamedValue{ValueName: name, Value: value} }

func areas(list ...cap.Area) *cap.Alert { return &cap.Alert{Info: []cap.Info{{Area: list}}} }

func keyed(keys ...string) cap.Area {
	var a cap.Area
	for _, k := range keys {
		a.Geocode = append(a.Geocode, geocode("SHN", k))
	}
	return a
}

func point(lat, lon float64) *cap.Point { return &cap.Point{Lat: lat, Lon: lon} }

// In and around Ahrweiler: the town, and a square around it.
var (
	ahrweiler = point(50.543, 7.095)
	berlin    = point(52.52, 13.405)
	square    = cap.Polygon("50.5,7.0 50.5,7.2 50.6,7.2 50.6,7.0 50.5,7.0")
	inner     = cap.Polygon("50.54,7.09 50.54,7.10 50.55,7.10 50.55,7.09 50.54,7.09")
)

func TestConcerns(t *testing.T) {
	home := Place{Name: "Zuhause", Keys: []string{"071310007007"}, Point: ahrweiler}
	village := Place{Keys: []string{"071310007007"}}
	district := Place{Keys: []string{"07131"}, Watch: true}
	spot := Place{Point: ahrweiler}
	withPolygon := func(a cap.Area, p ...cap.Polygon) cap.Area {
		a.Polygon = append(a.Polygon, p...)
		return a
	}
	tests := []struct {
		name  string
		area  cap.Area
		place Place
		want  Concern
	}{
		{"district of the village", keyed("071310000000"), village, ConcernYes},
		{"Land of the village", keyed("070000000000"), village, ConcernYes},
		{"whole country", keyed("000000000000"), village, ConcernYes},
		{"whole country, point only", keyed("000000000000"), spot, ConcernUnknown},
		{"village of the watched district", keyed("071310007007"), district, ConcernYes},
		{"other village", keyed("071310007008"), village, ConcernNo},
		{"other district", keyed("071380000000"), village, ConcernNo},
		{"one of several keys", keyed("071380000000", "071310000000"), village, ConcernYes},
		{"short prefix", cap.Area{Geocode: []cap.NamedValue{geocode("ARS", "07131")}}, village, ConcernYes},
		{"AGS of the village", cap.Area{Geocode: []cap.NamedValue{geocode("AGS", "07131007")}}, village, ConcernYes},
		{"AGS of another village", cap.Area{Geocode: []cap.NamedValue{geocode("AGS", "07131008")}}, village, ConcernNo},
		{"AGS and the Verband may touch", cap.Area{Geocode: []cap.NamedValue{geocode("AGS", "07131007")}}, Place{Keys: []string{"071315001"}}, ConcernUnknown},
		{"warn cell of the district", cap.Area{Geocode: []cap.NamedValue{geocode("WARNCELLID", "107131000")}}, village, ConcernYes},
		{"warn cell of the village", cap.Area{Geocode: []cap.NamedValue{geocode("WARNCELLID", "807131007")}}, village, ConcernYes},
		{"warn cell at sea only", cap.Area{Geocode: []cap.NamedValue{geocode("WARNCELLID", "501000001")}}, village, ConcernUnknown},
		{"unknown scheme only", cap.Area{Geocode: []cap.NamedValue{geocode("SAME", "006037")}}, village, ConcernUnknown},
		{"unknown scheme beside a key does not widen", cap.Area{Geocode: []cap.NamedValue{geocode("SHN", "110000000000"), geocode("SAME", "006037")}}, village, ConcernNo},
		{"malformed key", keyed("07131x"), village, ConcernUnknown},
		{"no area content", cap.Area{AreaDesc: "irgendwo"}, village, ConcernUnknown},
		{"place with a malformed key", keyed("071310000000"), Place{Keys: []string{"zuhause"}}, ConcernUnknown},
		{"place that knows nothing", keyed("071310000000"), Place{}, ConcernUnknown},
		{"district, place is a point in its box", keyed("071310000000"), spot, ConcernUnknown},
		{"district, place is a point far away", keyed("071310000000"), Place{Point: berlin}, ConcernNo},
		{"NUTS beside an ARS place", cap.Area{Geocode: []cap.NamedValue{geocode("NUTS3", "DEB12")}}, village, ConcernUnknown},

		{"inside the polygon", cap.Area{Polygon: []cap.Polygon{square}}, spot, ConcernYes},
		{"outside the polygon", cap.Area{Polygon: []cap.Polygon{square}}, Place{Point: berlin}, ConcernNo},
		{"in the hole", cap.Area{Polygon: []cap.Polygon{square}, Geocode: []cap.NamedValue{geocode("EXCLUDE_POLYGON", string(inner))}}, spot, ConcernNo},
		{"beside the hole", cap.Area{Polygon: []cap.Polygon{square}, Geocode: []cap.NamedValue{geocode("EXCLUDE_POLYGON", string(inner))}},
			Place{Point: point(50.51, 7.01)}, ConcernYes},
		{"on the border", cap.Area{Polygon: []cap.Polygon{square}}, Place{Point: point(50.5, 7.1)}, ConcernYes},
		{"on the border of the hole", cap.Area{Polygon: []cap.Polygon{square}, Geocode: []cap.NamedValue{geocode("EXCLUDE_POLYGON", string(inner))}},
			Place{Point: point(50.54, 7.095)}, ConcernYes},
		{"open ring", cap.Area{Polygon: []cap.Polygon{"50.5,7.0 50.5,7.2 50.6,7.2 50.6,7.0"}}, spot, ConcernYes},
		{"broken polygon", cap.Area{Polygon: []cap.Polygon{"hier"}}, spot, ConcernUnknown},
		{"broken polygon beside one that is far", cap.Area{Polygon: []cap.Polygon{"hier", square}}, Place{Point: berlin}, ConcernUnknown},
		{"polygon, place without point nearby", cap.Area{Polygon: []cap.Polygon{square}}, village, ConcernUnknown},
		{"polygon, place without point far away", cap.Area{Polygon: []cap.Polygon{square}}, Place{Keys: []string{"110000000000"}}, ConcernNo},
		{"key and polygon: inside both", withPolygon(keyed("071310000000"), square), home, ConcernYes},
		{"key and polygon: outside the polygon", withPolygon(keyed("071310000000"), inner), Place{Keys: home.Keys, Point: point(50.45, 6.9)}, ConcernNo},
		{"key and polygon: no point", withPolygon(keyed("071310000000"), inner), village, ConcernYes},
		{"key and polygon: inside the polygon but not the key", withPolygon(keyed("110000000000"), square), home, ConcernNo},
		{"key and broken polygon", withPolygon(keyed("071310000000"), "hier"), home, ConcernUnknown},

		{"in the circle", cap.Area{Circle: []cap.Circle{"50.5,7.1 10"}}, spot, ConcernYes},
		{"outside the circle", cap.Area{Circle: []cap.Circle{"50.5,7.1 3"}}, spot, ConcernNo},
		{"radius 0 is a place, no area", cap.Area{Circle: []cap.Circle{"50.543,7.095 0"}}, spot, ConcernUnknown},
		{"circle far from the region", cap.Area{Circle: []cap.Circle{"52.5,13.4 10"}}, village, ConcernNo},
		{"circle near the region", cap.Area{Circle: []cap.Circle{"50.5,7.1 10"}}, village, ConcernUnknown},
		{"circle around the pole", cap.Area{Circle: []cap.Circle{"89,0 200"}}, Place{Point: point(89.5, 170)}, ConcernYes},

		{"antimeridian, east side", cap.Area{Polygon: []cap.Polygon{"-18,178 -18,-178 -16,-178 -16,178 -18,178"}}, Place{Point: point(-17, 179)}, ConcernYes},
		{"antimeridian, west side", cap.Area{Polygon: []cap.Polygon{"-18,178 -18,-178 -16,-178 -16,178 -18,178"}}, Place{Point: point(-17, -179)}, ConcernYes},
		{"antimeridian, other side of the world", cap.Area{Polygon: []cap.Polygon{"-18,178 -18,-178 -16,-178 -16,178 -18,178"}}, Place{Point: point(-17, 0)}, ConcernNo},
		{"longitudes beyond 180", cap.Area{Polygon: []cap.Polygon{"-18,178 -18,182 -16,182 -16,178 -18,178"}}, Place{Point: point(-17, -179)}, ConcernYes},
		{"the whole world as a box", cap.Area{Polygon: []cap.Polygon{"-90,-180 -90,180 90,180 90,-180 -90,-180"}}, spot, ConcernYes},
		{"ring around a pole is not readable", cap.Area{Polygon: []cap.Polygon{"70,-120 70,0 70,120 70,-120"}}, Place{Point: point(80, 10)}, ConcernUnknown},
		{"bow tie: both wings", cap.Area{Polygon: []cap.Polygon{"0,0 2,2 2,0 0,2 0,0"}}, Place{Point: point(1.8, 1)}, ConcernYes},
		{"swapped coordinates lie elsewhere", cap.Area{Polygon: []cap.Polygon{"7.0,50.5 7.2,50.5 7.2,50.6 7.0,50.6 7.0,50.5"}}, spot, ConcernNo},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, why := NewTarget(areas(test.area), nil).Concerns(test.place)
			if got != test.want {
				t.Errorf("concerns %s (%s), want %s", got, why, test.want)
			}
			if why == "" {
				t.Error("no reason")
			}
		})
	}
}

func TestConcernsUnion(t *testing.T) {
	far, near, odd := keyed("110000000000"), keyed("071310000000"), cap.Area{Geocode: []cap.NamedValue{geocode("SAME", "1")}}
	home := Place{Keys: []string{"07131"}}
	for _, test := range []struct {
		alert  *cap.Alert
		places []Place
		want   Concern
	}{
		{areas(far, near), []Place{home}, ConcernYes},
		{areas(far, odd), []Place{home}, ConcernUnknown},
		{areas(far), []Place{home}, ConcernNo},
		{areas(), []Place{home}, ConcernUnknown},
		{areas(far), nil, ConcernUnknown},
		{areas(far), []Place{home, {Keys: []string{"11"}}}, ConcernYes},
		{&cap.Alert{Info: []cap.Info{{Area: []cap.Area{far}}, {Area: []cap.Area{near}}}}, []Place{home}, ConcernYes},
	} {
		if got, why := NewTarget(test.alert, nil).ConcernsAny(test.places); got != test.want {
			t.Errorf("%+v for %+v: %s (%s), want %s", test.alert.Info, test.places, got, why, test.want)
		}
	}
}

// TestJurisdiction: nothing that an alert says makes it concern a place outside
// the area of its unit.
func TestJurisdiction(t *testing.T) {
	k := identity.AreaKey{Scheme: identity.SchemeARS, Prefix: "07131"}
	scope := []identity.Area{{Keys: []identity.AreaKey{k}}}
	shape := []identity.Area{{Polygons: []identity.Polygon{{identity.Pt(5050000, 700000), identity.Pt(5050000, 720000), identity.Pt(5060000, 710000)}}}}
	odd := areas(cap.Area{Geocode: []cap.NamedValue{geocode("SAME", "1")}})
	for _, test := range []struct {
		name  string
		alert *cap.Alert
		scope []identity.Area
		place Place
		want  Concern
	}{
		{"unknown scheme, inside", odd, scope, Place{Keys: []string{"071310007007"}}, ConcernUnknown},
		{"unknown scheme, outside", odd, scope, Place{Keys: []string{"110000000000"}}, ConcernNo},
		{"no area, outside", areas(), scope, Place{Keys: []string{"11"}}, ConcernNo},
		{"no area, point far away", areas(), scope, Place{Point: berlin}, ConcernNo},
		{"polygon beside the key covers the world", areas(cap.Area{Polygon: []cap.Polygon{"-90,-180 -90,180 90,180 90,-180 -90,-180"},
			Geocode: keyed("071310000000").Geocode}), scope, Place{Point: berlin}, ConcernNo},
		{"watching the Land around it", odd, scope, Place{Keys: []string{"07"}}, ConcernUnknown},
		{"polygon scope, inside", odd, shape, Place{Point: ahrweiler}, ConcernUnknown},
		{"polygon scope, outside", odd, shape, Place{Point: berlin}, ConcernNo},
	} {
		if got, why := NewTarget(test.alert, test.scope).Concerns(test.place); got != test.want {
			t.Errorf("%s: %s (%s), want %s", test.name, got, why, test.want)
		}
	}
}

// TestCircleMatchesPolygon holds the disc, its box and the polygon around it
// against each other.
func TestCircleMatchesPolygon(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := circle{cap.Point{Lat: rapid.Float64Range(-70, 70).Draw(t, "lat"), Lon: rapid.Float64Range(-170, 170).Draw(t, "lon")},
			rapid.Float64Range(0.1, 300).Draw(t, "km")}
		angle, part := rapid.Float64Range(0, 2*math.Pi).Draw(t, "angle"), rapid.Float64Range(0, 1.2).Draw(t, "part")
		d := part * c.km / earthRadius
		// The point at that distance and bearing (spherical law of cosines).
		lat1 := c.centre.Lat * math.Pi / 180
		lat2 := math.Asin(math.Sin(lat1)*math.Cos(d) + math.Cos(lat1)*math.Sin(d)*math.Cos(angle))
		lon2 := c.centre.Lon*math.Pi/180 + math.Atan2(math.Sin(angle)*math.Sin(d)*math.Cos(lat1), math.Cos(d)-math.Sin(lat1)*math.Sin(lat2))
		p := cap.Point{Lat: lat2 * 180 / math.Pi, Lon: lon2 * 180 / math.Pi}
		if math.Abs(part-1) > 1e-6 && c.holds(p) != (part < 1) {
			t.Fatalf("%v holds %v at %.6f of its radius: %v", c, p, part, c.holds(p))
		}
		if part < 1 && !c.box().holds(p) {
			t.Fatalf("the box of %v misses %v", c, p)
		}
		around, ok := unroll(c.around())
		if !ok || part < 1 && around.locate(p) == outside {
			t.Fatalf("the polygon around %v misses %v", c, p)
		}
	})
}

func TestParseKey(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{"SHN", "071310000000", "ARS 07131"},
		{"ars", " 07131 ", "ARS 07131"},
		{"SHN", "000000000000", "ARS *"},
		{"ARS", "07131000700", ""},
		{"ARS", "", ""},
		{"ARS", "07131000700x", ""},
		{"AGS", "07131007", "AGS 07131007"},
		{"AGS", "07111000", "ARS 07111"},
		{"AGS", "07131", "ARS 07131"},
		{"AGS", "071310", ""},
		{"AGS", "0713100x", ""},
		{"WARNCELLID", "107131000", "ARS 07131"},
		{"WARNCELLID", "807131007", "AGS 07131007"},
		{"WARNCELLID", "907131007", ""},
		{"WARNCELLID", "10713100", ""},
		{"NUTS3", "deb12", "NUTS DEB12"},
		{"NUTS", "D", ""},
		{"SAME", "006037", ""},
	} {
		k, ok := ParseKey(geocode(test.name, test.value))
		if got := k.String(); ok != (test.want != "") || ok && got != test.want {
			t.Errorf("%s %q: %q, %v, want %q", test.name, test.value, got, ok, test.want)
		}
	}
}

// largeRing is a ring of n corners around the middle of Africa.
func largeRing(n int) cap.Polygon {
	var b strings.Builder
	for i := range n {
		a := 2 * math.Pi * float64(i) / float64(n)
		fmt.Fprintf(&b, "%.6f,%.6f ", 12+3*math.Sin(a), -1.5+3*math.Cos(a))
	}
	return cap.Polygon(b.String() + "12,1.5")
}

// BenchmarkLargeRing is the whole-country ring of 41,009 corners that is in use.
func BenchmarkLargeRing(b *testing.B) {
	a := areas(cap.Area{Polygon: []cap.Polygon{largeRing(41009)}})
	target := NewTarget(a, nil)
	b.Run("prepare", func(b *testing.B) {
		for b.Loop() {
			NewTarget(a, nil)
		}
	})
	b.Run("inside", func(b *testing.B) {
		for b.Loop() {
			if c, _ := target.Concerns(Place{Point: point(12, -1.5)}); c != ConcernYes {
				b.Fatal(c)
			}
		}
	})
	b.Run("far", func(b *testing.B) {
		for b.Loop() {
			if c, _ := target.Concerns(Place{Point: berlin}); c != ConcernNo {
				b.Fatal(c)
			}
		}
	})
}
