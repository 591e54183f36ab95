package identity

import (
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

func TestParseAreaKey(t *testing.T) {
	for in, want := range map[string]string{
		"ARS 07131": "ARS 07131", "07131": "ARS 07131", "ARS:071310000000": "ARS 07131", "ars 071315003003": "ARS 071315003003",
		"071315003000": "ARS 071315003", "070000000000": "ARS 07", "120000000000": "ARS 12", "120510000000": "ARS 12051",
		"07100": "ARS 071", "000000000000": "ARS *", "ARS *": "ARS *", "NUTS DEB12": "NUTS DEB12", "nuts de": "NUTS DE",
		"100000000000": "ARS 10", "091": "ARS 091",
	} {
		k, err := ParseAreaKey(in)
		if err != nil || k.String() != want {
			t.Errorf("%q: %s, %v; want %s", in, k, err, want)
		}
		if again, err := ParseAreaKey(k.String()); err != nil || again != k {
			t.Errorf("%q: %s is read back as %s, %v", in, k, again, err)
		}
	}
	for _, in := range []string{"", "ARS", "ARS ", "ARS 0713", "ARS 07131x", "FIPS 1", "NUTS D", "NUTS DEB123", "NUTS d-", "NUTS 1E", "ARS 0713150030031"} {
		if k, err := ParseAreaKey(in); err == nil {
			t.Errorf("%q was read as %s", in, k)
		}
	}
	for _, k := range []AreaKey{{Scheme: SchemeARS, Prefix: "07000"}, {Scheme: SchemeARS, Prefix: "071310000000"}, {Scheme: 9}, {Prefix: "x"},
		{Scheme: 9, Prefix: strings.Repeat("x", maxAreaKey+1)}, {Scheme: 9, Prefix: "a b"}} {
		if k.Check() == nil {
			t.Errorf("%+v is not normal", k)
		}
	}
}

func TestAreaKeyContains(t *testing.T) {
	key := func(s string) AreaKey { return ok[AreaKey](t)(ParseAreaKey(s)) }
	other := AreaKey{Scheme: 9, Prefix: "AB"}
	for _, tt := range []struct {
		a, b AreaKey
		want bool
	}{
		{key("ARS 07"), key("ARS 07131"), true}, {key("ARS 07131"), key("ARS 07"), false}, {key("ARS *"), key("ARS 07"), true},
		{key("ARS 07131"), key("ARS 07132"), false}, {key("ARS 07131"), key("ARS 07131"), true}, {key("ARS *"), key("NUTS DE"), false},
		{key("NUTS DE"), key("NUTS DEB1"), true}, {key("NUTS DEB1"), key("NUTS DEB2"), false},
		{other, other, true}, {other, AreaKey{Scheme: 9, Prefix: "ABC"}, false},
	} {
		if got := tt.a.Contains(tt.b); got != tt.want {
			t.Errorf("%s contains %s: %v", tt.a, tt.b, got)
		}
	}
}

// ring makes a polygon from "lat,lon lat,lon ...".
func ring(pairs ...int32) Polygon {
	var p Polygon
	for i := 0; i < len(pairs); i += 2 {
		p = append(p, Pt(pairs[i], pairs[i+1]))
	}
	return p
}

func TestPolygonContains(t *testing.T) {
	square := ring(0, 0, 0, 10, 10, 10, 10, 0)
	u := ring(0, 0, 0, 30, 20, 30, 20, 20, 10, 20, 10, 10, 20, 10, 20, 0) // open above, between lon 10 and 20
	for _, tt := range []struct {
		name         string
		outer, inner Polygon
		want         bool
	}{
		{"itself", square, square, true},
		{"itself, other direction", square, ring(0, 0, 10, 0, 10, 10, 0, 10), true},
		{"inside", square, ring(1, 1, 1, 9, 9, 5), true},
		{"shares a border", square, ring(0, 2, 0, 8, 5, 5), true},
		{"shares a corner and two borders", square, ring(0, 0, 0, 10, 5, 0), true},
		{"touches with a vertex", square, ring(0, 5, 5, 2, 5, 8), true},
		{"one unit outside", square, ring(-1, 5, 5, 2, 5, 8), false},
		{"outside", square, ring(20, 20, 20, 30, 30, 30), false},
		{"around", square, ring(-1, -1, -1, 11, 11, 11, 11, -1), false},
		{"inside a concave one", u, ring(1, 1, 1, 29, 9, 29, 9, 1), true},
		{"one arm", u, ring(11, 1, 19, 1, 19, 9, 11, 9), true},
		{"from arm to arm across the gap", u, ring(11, 1, 19, 1, 19, 29, 11, 29), false},
		{"edge through the gap along vertices", u, ring(20, 0, 20, 30, 5, 15), false},
		{"leaves through a vertex", u, ring(10, 20, 20, 30, 20, 10), false},
		{"edge through two vertices, outside between them", u, ring(20, 10, 20, 20, 0, 15), false},
		{"edge along the gap's floor", u, ring(10, 10, 10, 20, 0, 15), true},
		{"edge along the floor and beyond it, inside", u, ring(10, 0, 10, 30, 0, 15), true},
		{"in the gap, all vertices on the border", u, ring(10, 10, 20, 10, 20, 20, 10, 20), false},
		{"too many vertices", square, make(Polygon, MaxVertices+1), false},
		{"too few vertices", square, ring(1, 1, 2, 2), false},
		{"off the earth", square, ring(1, 1, 1, 9, 90_00001, 5), false},
	} {
		if got := tt.outer.Contains(tt.inner); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	far := ring(-90_00000, -180_00000, -90_00000, 180_00000, 90_00000, 180_00000, 90_00000, -180_00000)
	if far.Check() != nil || !far.Contains(far) || !far.Contains(square) || square.Contains(far) {
		t.Error("the whole earth: numbers overflow")
	}
}

func TestPolygonCheck(t *testing.T) {
	for name, p := range map[string]Polygon{
		"bow tie":          ring(0, 0, 10, 10, 10, 0, 0, 10),
		"vertex twice":     ring(0, 0, 0, 5, 5, 5, 5, 5),
		"touches itself":   ring(0, 0, 0, 10, 5, 5, 10, 10, 10, 0, 5, 5),
		"vertex on edge":   ring(0, 0, 0, 10, 10, 10, 10, 5, 0, 5, 10, 0),
		"folds back":       ring(0, 0, 0, 10, 0, 5),
		"closed in text":   ring(0, 0, 0, 10, 10, 10, 0, 0),
		"spike":            ring(0, 0, 0, 10, 10, 10, 20, 10, 10, 10, 10, 0),
		"two vertices":     ring(0, 0, 1, 1),
		"beyond longitude": ring(0, 0, 0, 180_00001, 1, 1),
	} {
		if p.Check() == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	for name, p := range map[string]Polygon{
		"triangle": ring(0, 0, 0, 1, 1, 0), "straight vertex": ring(0, 0, 0, 5, 0, 10, 10, 5),
	} {
		if err := p.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestContainsAgainstSampling compares with a dumb reference on small grids,
// where borders, corners and overlapping edges are frequent: it samples inner's
// edges at all rationals where something could change, and between them.
func TestContainsAgainstSampling(t *testing.T) {
	point := func(t *rapid.T, label string) Point {
		return Pt(int32(rapid.IntRange(0, 6).Draw(t, label+"lat")), int32(rapid.IntRange(0, 6).Draw(t, label+"lon")))
	}
	polygon := rapid.Custom(func(t *rapid.T) Polygon {
		p := make(Polygon, rapid.IntRange(3, 7).Draw(t, "n"))
		for i := range p {
			p[i] = point(t, "p")
		}
		return p
	})
	hits := 0
	rapid.Check(t, func(t *rapid.T) {
		outer := polygon.Filter(func(p Polygon) bool { return p.Check() == nil }).Draw(t, "outer")
		inner := polygon.Draw(t, "inner")
		if rapid.Bool().Draw(t, "near") { // all vertices in outer: then only the edges decide
			var held []Point
			for i := range int32(49) {
				if v := Pt(i/7, i%7); outer.Holds(v) {
					held = append(held, v)
				}
			}
			for i := range inner {
				inner[i] = rapid.SampledFrom(held).Draw(t, "v")
			}
		}
		want := sampled(outer, inner)
		if got := outer.Contains(inner); got != want {
			t.Fatalf("outer %v, inner %v: %v, sampling says %v", outer, inner, got, want)
		}
		if want {
			hits++
		}
		if !outer.Contains(outer) {
			t.Fatalf("%v does not contain itself", outer)
		}
	})
	t.Logf("%d contained", hits)
}

// sampled walks inner's edges in steps of 1/(2·L), L the common denominator of
// all places on a 7×7 grid where two edges can meet; between two such places
// nothing changes.
func sampled(outer, inner Polygon) bool {
	for i := range inner {
		a, b := inner.edge(i)
		var at []*big.Rat
		for j := range outer {
			c, d := outer.edge(j)
			den := int64(b.Lon-a.Lon)*int64(d.Lat-c.Lat) - int64(b.Lat-a.Lat)*int64(d.Lon-c.Lon)
			if den != 0 {
				num := int64(c.Lon-a.Lon)*int64(d.Lat-c.Lat) - int64(c.Lat-a.Lat)*int64(d.Lon-c.Lon)
				at = append(at, big.NewRat(num, den))
			}
			for _, v := range []Point{c, d} { // of parallel edges: where their ends lie along ab
				if l := int64(b.Lon-a.Lon)*int64(b.Lon-a.Lon) + int64(b.Lat-a.Lat)*int64(b.Lat-a.Lat); l != 0 {
					at = append(at, big.NewRat(int64(v.Lon-a.Lon)*int64(b.Lon-a.Lon)+int64(v.Lat-a.Lat)*int64(b.Lat-a.Lat), l))
				}
			}
		}
		at = append(at, big.NewRat(0, 1), big.NewRat(1, 1))
		for _, s := range at {
			for _, u := range at { // every midpoint of two, among them those of neighbours
				m := new(big.Rat).Mul(new(big.Rat).Add(s, u), big.NewRat(1, 2))
				if m.Sign() >= 0 && m.Cmp(big.NewRat(1, 1)) <= 0 && !holdsRational(outer, a, b, m) {
					return false
				}
			}
		}
	}
	return true
}

// holdsRational tests the point a + t(b-a) by winding over exact rationals.
func holdsRational(p Polygon, a, b Point, t *big.Rat) bool {
	along := func(from, to int32) *big.Rat {
		return new(big.Rat).Add(big.NewRat(int64(from), 1), new(big.Rat).Mul(t, big.NewRat(int64(to-from), 1)))
	}
	x, y := along(a.Lon, b.Lon), along(a.Lat, b.Lat)
	winding := 0
	for i := range p {
		c, d := p.edge(i)
		r := func(v int32) *big.Rat { return big.NewRat(int64(v), 1) }
		left := new(big.Rat).Mul(r(d.Lon-c.Lon), new(big.Rat).Sub(y, r(c.Lat)))
		left.Sub(left, new(big.Rat).Mul(r(d.Lat-c.Lat), new(big.Rat).Sub(x, r(c.Lon))))
		between := func(v *big.Rat, m, n int32) bool { return v.Cmp(r(min(m, n))) >= 0 && v.Cmp(r(max(m, n))) <= 0 }
		if left.Sign() == 0 && between(x, c.Lon, d.Lon) && between(y, c.Lat, d.Lat) {
			return true
		}
		up, down := r(c.Lat).Cmp(y) <= 0 && r(d.Lat).Cmp(y) > 0, r(c.Lat).Cmp(y) > 0 && r(d.Lat).Cmp(y) <= 0
		if up && left.Sign() > 0 {
			winding++
		} else if down && left.Sign() < 0 {
			winding--
		}
	}
	return winding != 0
}

func drawScope(t *rapid.T) Scope {
	keys := []string{"07", "07131", "071310000", "07132", "08"}
	s := Scope{Categories: Categories(rapid.Uint16Range(0, 7).Draw(t, "categories")), Severity: wire.Priority(rapid.Uint8Range(0, 2).Draw(t, "severity")),
		Lanes: Lanes(rapid.Uint8Range(0, 3).Draw(t, "lanes")) << 2, Depth: rapid.Uint8Range(0, 2).Draw(t, "depth"), Needed: rapid.Uint8Range(1, 3).Draw(t, "needed"),
		Children: rapid.Uint16Range(0, 2).Draw(t, "children"), Lifetime: rapid.Uint64Range(0, 2).Draw(t, "lifetime"),
		Emergency: rapid.Uint8Range(0, 1).Draw(t, "emergency"), ImportOnly: rapid.Bool().Draw(t, "import")}
	for range rapid.IntRange(0, 2).Draw(t, "areas") {
		s.Areas = append(s.Areas, Area{Keys: []AreaKey{{Scheme: SchemeARS, Prefix: rapid.SampledFrom(keys).Draw(t, "key")}}})
	}
	if rapid.Bool().Draw(t, "quota") {
		s.Quotas = []Quota{{Lane: wire.LaneLive, Count: rapid.Uint64Range(0, 2).Draw(t, "count"), Bytes: 1}}
	}
	return s
}

// TestScopeWithin: containment is a partial order, and whoever is within permits
// nothing that the outer does not.
func TestScopeWithin(t *testing.T) {
	within := 0
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawScope(t), drawScope(t), drawScope(t)
		if err := a.Within(&a); err != nil {
			t.Fatalf("not within itself: %v", err)
		}
		if rapid.Bool().Draw(t, "narrow") { // make a descend from b in most fields
			areas := a.Areas
			a, a.Areas = b, areas
			a.Severity, a.Lifetime = min(a.Severity, 1), min(a.Lifetime, 1)
		}
		ab, bc := a.Within(&b) == nil, b.Within(&c) == nil
		if ab && bc && a.Within(&c) != nil {
			t.Fatalf("not transitive:\n%+v\n%+v\n%+v", a, b, c)
		}
		d := Demand{Areas: c.Areas, Categories: c.Categories, Severity: c.Severity, Lane: rapid.SampledFrom(wire.Lanes).Draw(t, "lane"),
			Lifetime: c.Lifetime, Import: c.ImportOnly}
		if ab {
			within++
			if a.Permit(d) == nil && b.Permit(d) != nil {
				t.Fatalf("%+v permits what %+v does not: %+v", a, b, d)
			}
		}
	})
	if within == 0 {
		t.Error("no pair was within: the test shows nothing")
	}
}

func TestPermitAreas(t *testing.T) {
	cell := ring(0, 0, 0, 10, 10, 10, 10, 0)
	both := Scope{Areas: []Area{{Keys: []AreaKey{{Scheme: SchemeARS, Prefix: "07131"}}, Polygons: []Polygon{cell}}}, Lanes: LaneSet(wire.LaneLive)}
	keysOnly := Scope{Areas: []Area{{Keys: []AreaKey{{Scheme: SchemeARS}}}}, Lanes: LaneSet(wire.LaneLive)}
	own, foreign := AreaKey{Scheme: SchemeARS, Prefix: "071310001"}, AreaKey{Scheme: SchemeARS, Prefix: "08"}
	inside, outside := ring(1, 1, 1, 2, 2, 2), ring(20, 20, 20, 30, 30, 30)
	for _, tt := range []struct {
		name  string
		s     Scope
		areas []Area
		want  wire.Reason
	}{
		{"key", both, []Area{{Keys: []AreaKey{own}}}, ""},
		{"foreign key", both, []Area{{Keys: []AreaKey{own, foreign}}}, wire.ReasonOutOfScope},
		{"polygon inside", both, []Area{{Polygons: []Polygon{inside}}}, ""},
		{"polygon outside", both, []Area{{Polygons: []Polygon{inside, outside}}}, wire.ReasonOutOfScope},
		{"a polygon beside a key narrows", both, []Area{{Keys: []AreaKey{own}, Polygons: []Polygon{outside}}}, ""},
		{"a polygon does not help a foreign key", both, []Area{{Keys: []AreaKey{foreign}, Polygons: []Polygon{inside}}}, wire.ReasonOutOfScope},
		{"polygon where only keys are granted, even the whole country", keysOnly, []Area{{Polygons: []Polygon{inside}}}, wire.ReasonOutOfScope},
		{"one of two areas outside", both, []Area{{Keys: []AreaKey{own}}, {Polygons: []Polygon{outside}}}, wire.ReasonOutOfScope},
		{"neither key nor polygon", both, []Area{{}}, wire.ReasonOutOfScope},
		{"many small polygons", both, []Area{{Polygons: slices.Repeat([]Polygon{inside}, maxDemand/3)}}, ""},
		{"a flood of polygons", both, []Area{{Polygons: slices.Repeat([]Polygon{inside}, maxDemand/3+1)}}, wire.ReasonOutOfScope},
	} {
		wantReason(t, tt.name, tt.s.Permit(Demand{Lane: wire.LaneLive, Areas: tt.areas}), tt.want)
	}
	wide := Scope{Areas: []Area{{Polygons: []Polygon{cell}}}, Needed: 1}
	for _, tt := range []struct {
		name string
		area Area
		want wire.Reason
	}{
		{"smaller polygon", Area{Polygons: []Polygon{inside}}, ""},
		{"polygon beyond", Area{Polygons: []Polygon{outside}}, wire.ReasonNotContain},
		{"key below a polygon", Area{Keys: []AreaKey{own}}, wire.ReasonNotContain},
	} {
		child := Scope{Areas: []Area{tt.area}, Needed: 1}
		wantReason(t, tt.name, child.Within(&wide), tt.want)
	}
}

func BenchmarkPolygon(b *testing.B) {
	var outer, inner Polygon
	for i := range int32(50) {
		outer = append(outer, Pt(i*1000, -10_000-i%2*500))
		inner = append(inner, Pt(i*1000, -9000-i%2*500))
	}
	for i := int32(49); i >= 0; i-- {
		outer = append(outer, Pt(i*1000, 10_000+i%2*500))
		inner = append(inner, Pt(i*1000, 9000+i%2*500))
	}
	if err := outer.Check(); err != nil || !outer.Contains(inner) {
		b.Fatal(err)
	}
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			_ = outer.Check()
		}
	})
	b.Run("contains", func(b *testing.B) {
		for b.Loop() {
			outer.Contains(inner)
		}
	})
}
