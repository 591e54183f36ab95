package model

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/planar"

	"github.com/kreidfeuer/kreidfeuer/sim/mobility"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// Bits of a device's state. A set bit is trouble.
const (
	offAway    = 1 << iota // it left
	offEmpty               // no mains and no battery left
	noMains                // mains power is gone at its place
	noInternet             // and so on
	noCell
	isFoe // an adversary's
)

// world is the devices, one slice for each property: a device is an index.
type world struct {
	x, y   []float32 // metres
	group  []uint16  // of the scenario; foeGroup and above: an adversary
	state  []uint8
	phase  []uint16 // of sleep, in 1/65536 of its turn
	mine   []uint16 // links of a device, a bit for each
	cut    []uint16 // those that an outage has taken
	works  []uint16 // those that it can use now, asleep or not: see notice
	unfed  []uint32 // since when it has no mains, plus 1; 0: it has. Empty: the mains never fail
	at     []uint16 // place
	links  []link   // the quickest first
	nearby uint16   // those with a range that carry packets
	web    web
	size   mobility.Point // far corner of everything
	maps   map[string]*mobility.Map
	counts int // devices before the adversaries'
}

const foeGroup = 1 << 15

// maxLinks is how many kinds of link there may be: bits of a device's.
const maxLinks = 16

// link is a kind of link. A radio's has a graph of the devices that hear each other.
type link struct {
	name string
	scenario.Link
	needs  uint8       // state bits that stop it
	dials  [][2]uint32 // of infrastructure; kept for a stage only
	start  []uint32    // of radios: who hears device i is to[start[i]:start[i+1]]
	to     []uint32
	delay  uint32 // one way, without transfer
	window uint32 // from meeting to the first transfer
}

func (l *link) neighbours(d uint32) []uint32 { return l.to[l.start[d]:l.start[d+1]] }

// settle makes places, devices and links.
func (r *run) settle() error {
	r.maps = map[string]*mobility.Map{}
	if n := r.s.Devices(); n > MaxDevices {
		return fmt.Errorf("%d devices, adversaries' among them: at most %d", n, MaxDevices)
	}
	names := []string{}
	for name := range r.s.Links {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(r.s.Links[a].Latency, r.s.Links[b].Latency), cmp.Compare(a, b))
	})
	for _, name := range names {
		r.links = append(r.links, r.newLink(name, r.s.Links[name]))
	}
	for i := range r.s.Groups {
		if err := r.populate(uint16(i), &r.s.Groups[i]); err != nil {
			return fmt.Errorf("group %s: %w", r.s.Groups[i].Name, err)
		}
	}
	r.counts = len(r.group)
	for i := range r.s.Adversaries {
		if err := r.infiltrate(i, &r.s.Adversaries[i]); err != nil {
			return fmt.Errorf("adversary %d: %w", i, err)
		}
	}
	r.connect()
	return nil
}

func (r *run) newLink(name string, l scenario.Link) link {
	made := link{name: name, Link: l, delay: max(1, millis(l.Latency)), window: millis(l.Exchange)}
	if made.window == 0 {
		made.window = millis(r.Params.Exchange)
	}
	for _, n := range l.Needs {
		made.needs |= map[string]uint8{"power": noMains, "internet": noInternet, "cell": noCell}[n]
	}
	return made
}

// linkBits are the links of a list as bits.
func (r *run) linkBits(names []string) (bits uint16, err error) {
	if len(r.links) > maxLinks {
		return 0, fmt.Errorf("more than %d kinds of link", maxLinks)
	}
	for _, n := range names {
		bits |= 1 << slices.IndexFunc(r.links, func(l link) bool { return l.name == n })
	}
	return bits, nil
}

func (r *run) populate(number uint16, g *scenario.Group) error {
	bits, err := r.linkBits(g.Links)
	if err != nil {
		return err
	}
	place := slices.IndexFunc(r.s.Places, func(p scenario.Place) bool { return p.Name == g.At })
	site, err := r.site(&r.s.Places[place])
	if err != nil {
		return err
	}
	n := g.Devices()
	movers := int(math.Round(float64(n) * float64(*g.Movement.Share)))
	if g.Movement.Model == "still" {
		movers = 0
	}
	lay := layout(g, n, site, r.chance)
	for i := range n {
		d := uint32(len(r.group))
		p := lay(i)
		r.add(p, number, uint16(place), bits)
		if i < movers {
			if err := r.mobilise(d, g, site, uint64(d)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) add(p mobility.Point, group, place, links uint16) {
	r.x, r.y = append(r.x, float32(p.X)), append(r.y, float32(p.Y))
	r.group, r.at, r.mine = append(r.group, group), append(r.at, place), append(r.mine, links)
	r.works = append(r.works, links)
	r.state, r.cut, r.phase = append(r.state, 0), append(r.cut, 0), append(r.phase, uint16(r.chance.Uint32()))
	r.size.X, r.size.Y = max(r.size.X, p.X), max(r.size.Y, p.Y)
}

// layout says where each of n devices of a group stands.
func layout(g *scenario.Group, n int, s *site, chance *rand.Rand) func(i int) mobility.Point {
	switch g.Layout {
	case "grid":
		columns := int(math.Ceil(math.Sqrt(float64(n) * s.size.X / max(s.size.Y, 1))))
		columns = max(columns, 1)
		rows := (n + columns - 1) / columns
		return func(i int) mobility.Point {
			return s.move(mobility.Point{X: (float64(i%columns) + 0.5) * s.size.X / float64(columns),
				Y: (float64(i/columns) + 0.5) * s.size.Y / float64(max(rows, 1))})
		}
	case "clustered":
		// Adoption thins out the people of a building, not the buildings.
		per := max(1, float64(g.Per)*float64(*g.Adoption))
		buildings := max(1, int(float64(n)/per))
		at := make([]mobility.Point, buildings)
		for i := range at {
			at[i] = s.somewhere(chance)
		}
		return func(int) mobility.Point {
			b := at[chance.IntN(buildings)]
			return mobility.Point{X: b.X + chance.Float64()*8, Y: b.Y + chance.Float64()*8}
		}
	}
	return func(int) mobility.Point { return s.somewhere(chance) }
}

// site is a place as the model needs it.
type site struct {
	size, origin mobility.Point
	streets      *mobility.Map
	areas        orb.MultiPolygon // in metres, before the origin
}

func (s *site) move(p mobility.Point) mobility.Point {
	return mobility.Point{X: p.X + s.origin.X, Y: p.Y + s.origin.Y}
}

func (s *site) somewhere(chance *rand.Rand) mobility.Point {
	if s.streets != nil {
		return s.move(s.streets.Somewhere(chance))
	}
	for range 10_000 {
		p := mobility.Point{X: chance.Float64() * s.size.X, Y: chance.Float64() * s.size.Y}
		if s.areas == nil || planar.MultiPolygonContains(s.areas, orb.Point{p.X, p.Y}) {
			return s.move(p)
		}
	}
	return s.move(mobility.Point{})
}

// site reads a place once.
func (r *run) site(p *scenario.Place) (*site, error) {
	s := &site{size: mobility.Point{X: float64(p.Size[0]), Y: float64(p.Size[1])}, origin: mobility.Point{X: float64(p.Origin[0]), Y: float64(p.Origin[1])}}
	if p.Kind == "plane" {
		return s, nil
	}
	text, err := r.open(p.File)
	if err != nil {
		return nil, err
	}
	if p.Kind == "districts" {
		if s.areas, s.size, err = districts(text, p.Key); err != nil {
			return nil, fmt.Errorf("%s: %w", p.File, err)
		}
		return s, nil
	}
	if s.streets = r.maps[p.File]; s.streets == nil {
		if s.streets, err = mobility.ParseStreets(text); err != nil {
			return nil, fmt.Errorf("%s: %w", p.File, err)
		}
		r.maps[p.File] = s.streets
	}
	s.size = s.streets.Size()
	return s, nil
}

func (r *run) open(name string) ([]byte, error) {
	if r.Open == nil {
		return nil, fmt.Errorf("%s: files cannot be read here", name)
	}
	return r.Open(name)
}

// properties says by which properties districts can be chosen, if not by that of a key.
func properties(features []*geojson.Feature, key string) string {
	names := map[string]bool{}
	for _, f := range features {
		for name := range f.Properties {
			names[name] = true
		}
	}
	if name, _, _ := strings.Cut(key, "="); key == "" || names[name] || len(names) == 0 {
		return ""
	}
	return "; features have " + strings.Join(slices.Sorted(maps.Keys(names)), ", ")
}

// districts reads polygons and lays them out in metres.
func districts(text []byte, key string) (orb.MultiPolygon, mobility.Point, error) {
	features, err := geojson.UnmarshalFeatureCollection(text)
	if err != nil {
		return nil, mobility.Point{}, fmt.Errorf("read GeoJSON: %w", err)
	}
	var found orb.MultiPolygon
	for _, f := range features.Features {
		if !chosen(f, key) {
			continue
		}
		switch g := f.Geometry.(type) {
		case orb.Polygon:
			found = append(found, g)
		case orb.MultiPolygon:
			found = append(found, g...)
		}
	}
	if len(found) == 0 {
		return nil, mobility.Point{}, fmt.Errorf("no polygon with %s%s", key, properties(features.Features, key))
	}
	plane := mobility.NewPlane(found.Bound())
	for _, polygon := range found {
		for _, ring := range polygon {
			for i := range ring {
				p := plane.Place(ring[i])
				ring[i] = orb.Point{p.X, p.Y}
			}
		}
	}
	far := found.Bound().Max
	return found, mobility.Point{X: far[0], Y: far[1]}, nil
}

func chosen(f *geojson.Feature, key string) bool {
	if key == "" {
		return true
	}
	for i := range key {
		if key[i] == '=' {
			return fmt.Sprint(f.Properties[key[:i]]) == key[i+1:]
		}
	}
	return false
}

// groupOf is a device's group, or nil of an adversary's device.
func (r *run) groupOf(d uint32) *scenario.Group {
	if g := r.group[d]; g < foeGroup {
		return &r.s.Groups[g]
	}
	return nil
}

// awake reports whether a device listens now, and if not, when it will.
func (r *run) awake(d uint32, now uint32) (bool, uint32) {
	g := r.groupOf(d)
	if g == nil || *g.Awake >= 1 {
		return true, now
	}
	turn, into := r.sleep(d, now)
	if float64(into) < float64(*g.Awake)*float64(turn) {
		return true, now
	}
	return false, uint32(min(uint64(now)+turn-into, never))
}

// sleep is how long the turns of a group's device are, which begin with waking, and how far it is into one.
func (r *run) sleep(d, now uint32) (turn, into uint64) {
	turn = uint64(max(1, (time.Duration(r.groupOf(d).Turn)+time.Millisecond-1)/time.Millisecond))
	return turn, (uint64(now) + uint64(r.phase[d])*turn>>16) % turn
}

// up reports whether a device can use a link now, asleep or not.
func (r *run) up(d uint32, l int) bool { return r.works[d]>>l&1 == 1 }

// notice finds out which links a device can use, when its state has changed.
func (r *run) notice(d uint32) {
	s := r.state[d]
	r.works[d] = 0
	for l := range r.links {
		if s&(offAway|offEmpty|r.links[l].needs) == 0 {
			r.works[d] |= r.mine[d] &^ r.cut[d] & (1 << l)
		}
	}
}

// battery is how long a device runs without mains.
func (r *run) battery(d uint32) time.Duration {
	if g := r.groupOf(d); g != nil {
		return time.Duration(g.Battery)
	}
	return maxHours * time.Hour
}
