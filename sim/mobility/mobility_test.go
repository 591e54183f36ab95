package mobility

import (
	"bufio"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/contact"
)

func TestStreets(t *testing.T) {
	square := "LINESTRING (0 0, 100 0)\nLINESTRING (100 0, 100 100)\nMULTILINESTRING ((100 100, 0 100), (0 100, 0 0))\nLINESTRING (500 500, 501 501)\n"
	m, err := ParseWKT([]byte(square))
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Nodes) != 4 || m.Size() != (Point{100, 100}) {
		t.Errorf("%d nodes, far corner %v: want the square alone", len(m.Nodes), m.Size())
	}
	if way := m.way(0, 2); len(way) != 3 {
		t.Errorf("way over %v, want two segments", way)
	}
	geo := `{"type":"FeatureCollection","features":[
		{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[7.0,50.5],[7.01,50.5]]}},
		{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[7.0,50.5]}},
		{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[7.01,50.5],[7.01,50.51]]}}]}`
	if m, err = ParseGeoJSON([]byte(geo)); err != nil {
		t.Fatal(err)
	}
	if far := m.Size(); math.Abs(far.X-707.3) > 1 || math.Abs(far.Y-1112) > 1 {
		t.Errorf("0.01 degrees at 50.5 north are %v", far)
	}
	for text, want := range map[string]string{
		"": "no streets", "POINT (1 2)": "no streets", "LINESTRING (1 2": "geometry 1", "LINESTRING (0 0, 1 1)\nROAD (1 2)": "geometry 2",
	} {
		if _, err := ParseWKT([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

// still is a host that stays where it is.
type still Point

func (s still) Next() Leg { return pause(Point(s), 0, time.Hour) }

// TestContactsDifferential compares the grid with looking at all pairs in every tick.
func TestContactsDifferential(t *testing.T) {
	size, tick := Point{200, 150}, 100*time.Millisecond
	gait := Gait{0.5, 14, 0, 20 * time.Second}
	make12 := func() (all []Movement) {
		for i := range uint64(12) {
			all = append(all, NewWaypoints(size, gait, rand.New(rand.NewPCG(7, i))))
		}
		return append(all, still{100, 75})
	}
	var got []contact.Change
	NewField(make12(), size, 10, 14, tick).Contacts(time.Minute, 10*time.Minute, func(c contact.Change) bool { got = append(got, c); return true })

	var want []contact.Change
	hosts := make([]host, 13)
	for i, m := range make12() {
		hosts[i] = host{Movement: m}
	}
	open := map[[2]int32]bool{}
	for at := time.Minute; at < 10*time.Minute; at += tick {
		for i := range hosts {
			hosts[i].advance(at, at+tick)
		}
		for i := range hosts {
			for j := i + 1; j < len(hosts); j++ {
				pair := [2]int32{int32(i), int32(j)}
				if in := hosts[i].at(at).Distance(hosts[j].at(at)) <= 10; in != open[pair] {
					open[pair] = in
					want = append(want, contact.Change{At: at, A: pair[0], B: pair[1], Up: in})
				}
			}
		}
	}
	if len(want) < 100 || len(got) != len(want) {
		t.Fatalf("%d changes, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("change %d: %v, want %v", i, got[i], want[i])
		}
	}
}

// town is a made-up town with pedestrians and cars, as the reference simulated it.
func town(t *testing.T, streets *Map, seed uint64) *Field {
	t.Helper()
	var all []Movement
	for i := range uint64(120) {
		gait := Gait{0.5, 1.5, 0, 2 * time.Minute}
		if i >= 80 {
			gait.MinSpeed, gait.MaxSpeed = 2.7, 13.9
		}
		all = append(all, NewWalk(streets, gait, rand.New(rand.NewPCG(seed, i))))
	}
	return NewField(all, streets.Size(), 10, 13.9, 100*time.Millisecond)
}

// corpus reads a file of the reference, or skips the test.
func corpus(t *testing.T, name string) []byte {
	t.Helper()
	dir := os.Getenv("KREIDFEUER_SHARED")
	for d := "."; dir == ""; d = filepath.Join("..", d) {
		if abs, err := filepath.Abs(d); err != nil || abs == "/" {
			t.Skip("no folder shared/corpus/contacts beside the project")
		}
		if _, err := os.Stat(filepath.Join(d, "shared", "corpus", "contacts")); err == nil {
			dir = filepath.Join(d, "shared")
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, "corpus", "contacts", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// marks are the ages of a message at which the reference counts who has it.
var marks = []time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute, time.Hour}

// TestTownTheONE: the same town, movement and radio from scratch spread messages
// as fast as The ONE's, within two standard deviations of its seeds.
func TestTownTheONE(t *testing.T) {
	const length, warmUp = 6 * time.Hour, 1000 * time.Second
	seeds := 5
	if testing.Short() {
		seeds = 1
	}
	text := corpus(t, "town.wkt")
	var reference [7][]float64
	lines := bufio.NewScanner(strings.NewReader(string(corpus(t, "town-reference.tsv"))))
	lines.Scan()
	for lines.Scan() {
		for i, field := range strings.Split(lines.Text(), "\t")[1:] {
			f, err := strconv.ParseFloat(field, 64)
			if err != nil {
				t.Fatal(err)
			}
			reference[i] = append(reference[i], f)
		}
	}
	began := cpu(t)
	var ours [7][]float64
	for seed := range uint64(seeds) {
		streets, err := ParseWKT(text)
		if err != nil {
			t.Fatal(err)
		}
		var log contact.Log
		town(t, streets, seed).Contacts(warmUp, warmUp+length, func(c contact.Change) bool {
			c.At -= warmUp
			log.Changes = append(log.Changes, c)
			return true
		})
		count, total := log.Contacts()
		ours[0], ours[1] = append(ours[0], float64(count)), append(ours[1], total.Seconds()/float64(count))
		chance := rand.New(rand.NewPCG(seed, 1<<40))
		var reached [5]float64
		messages := 0
		for created := 30 * time.Minute; created <= length-2*time.Hour; created += 30 * time.Minute {
			messages++
			for _, at := range log.Flood(120, int32(chance.IntN(120)), created, 100*time.Millisecond) {
				for i, mark := range marks {
					if at != contact.Never && at-created <= mark {
						reached[i]++
					}
				}
			}
		}
		for i := range marks {
			ours[2+i] = append(ours[2+i], reached[i]/120/float64(messages))
		}
	}
	spent := (cpu(t) - began) / time.Duration(seeds)
	t.Logf("%s CPU for a run of %s", spent.Round(time.Millisecond), length)
	for i, what := range []string{"contacts", "seconds a contact", "share after 5 min", "10 min", "20 min", "30 min", "60 min"} {
		mean, deviation := spread(reference[i])
		got, ownDeviation := spread(ours[i])
		t.Logf("%-18s %10.4f ± %.4f, The ONE %10.4f ± %.4f: off by %.1f deviations", what, got, ownDeviation, mean, deviation, (got-mean)/deviation)
		if i >= 3 && i != 4 && math.Abs(got-mean) > 2*deviation {
			t.Errorf("%s: %.4f, want %.4f ± %.4f", what, got, mean, 2*deviation)
		}
	}
}

// spread is the mean and the standard deviation of a sample.
func spread(x []float64) (mean, deviation float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		deviation += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(deviation / max(1, float64(len(x)-1)))
}
