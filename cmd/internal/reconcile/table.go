package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// The goals. Bytes: at most the larger of slope times the better peer's and its bytes and offset.
const (
	goalSlope     = 1.1
	goalOffset    = 1000
	goalTrips     = 2
	goalTripsUpTo = 1000 // differences
	goalEqual     = 100  // bytes
	goalCPU       = ms(10)
	goalCPUAt     = 100 // differences
)

// measure prints the cells of sets of n IDs.
func measure(out io.Writer, n, seeds int) error {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	common := draw(rng, n, 0, week-hour) // so that what is recent is newer than all else, as suits ranges best
	a, b := build(out, common), build(nil, common)
	fmt.Fprintf(out, "\n%-19s %17s %17s %5s %15s | %9s %5s %13s | %9s %9s %13s | %5s %5s  %s\n",
		"cell", "recon out+in", "naming+proof", "trips", "CPU ask/answer", "range", "trips", "CPU",
		"table 32", "table 8", "CPU", "learn", "all", "goals")
	for _, d := range []int{0, 10, 100, 1000, 10000} {
		for _, recent := range []bool{true, false} {
			if d == 0 && recent {
				continue
			}
			c := cell{n: n, d: d, name: fmt.Sprintf("%d/%d %s", n, d, map[bool]string{true: "recent", false: "scattered"}[recent])}
			for range seeds {
				from := uint64(0)
				if recent {
					from = week - hour
				}
				w := &world{common, draw(rng, d/2, from, week), draw(rng, d/2, from, week)}
				if err := c.run(a, b, w); err != nil {
					return fmt.Errorf("%s: %w", c.name, err)
				}
			}
			c.print(out)
		}
	}
	return nil
}

// build makes a set and, unless out is nil, says what it costs.
func build(out io.Writer, records []record) *recon.Set {
	before := heap()
	s := recon.NewSet()
	add := timed(func() { each(records, func(r *record) { s.Add(r.item(), r.expires()) }) })
	again := records[:min(len(records), 20000)]
	remove := timed(func() { each(again, func(r *record) { s.Remove(r.item(), r.expires()) }) })
	readd := timed(func() { each(again, func(r *record) { s.Add(r.item(), r.expires()) }) })
	first := timed(func() { recon.Ask(s, recon.Limits{}) })
	if out != nil {
		us := func(t ms, n int) float64 { return float64(t) * 1e3 / float64(n) }
		fmt.Fprintf(out, "\nA set of %d items: %d bytes of memory an item. Add %.2f µs while it grows and %.2f µs later, Remove %.2f µs; the first session's digests, once, %.0f ms.\n",
			len(records), (heap()-before)/len(records), us(add, len(records)), us(readd, len(again)), us(remove, len(again)), float64(first))
	}
	runtime.KeepAlive(s)
	return s
}

func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// cell collects the draws of one line of the table.
type cell struct {
	name                         string
	n, d                         int
	own, ranges, large, small    []cost
	learn, all, learnOff, allOff []float64 // ratio to the better peer, and bytes above it
}

func (c *cell) run(a, b *recon.Set, w *world) error {
	change(a, b, w, (*recon.Set).Add)
	defer change(a, b, w, (*recon.Set).Remove)
	runtime.GC()
	own, err := runOwn(a, b, w)
	if err != nil {
		return err
	}
	ranges, err := runRange(w)
	if err != nil {
		return err
	}
	large, err := runTable(32, w)
	if err != nil {
		return err
	}
	small, err := runTable(8, w)
	if err != nil {
		return err
	}
	c.own, c.ranges = append(c.own, own), append(c.ranges, ranges)
	c.large, c.small = append(c.large, large), append(c.small, small)
	learn := min(ranges.learn(), large.learn(), small.learn())
	all := min(ranges.all(), large.all(), small.all())
	c.learn, c.learnOff = append(c.learn, float64(own.learn())/float64(learn)), append(c.learnOff, float64(own.learn()-learn))
	c.all, c.allOff = append(c.all, float64(own.all())/float64(all)), append(c.allOff, float64(own.all()-all))
	return nil
}

func (c *cell) goals() (missed []string) {
	for i := range c.own {
		if c.learn[i] > goalSlope && c.learnOff[i] > goalOffset {
			missed = append(missed, "learn")
		}
		if c.all[i] > goalSlope && c.allOff[i] > goalOffset {
			missed = append(missed, "all")
		}
		if c.d <= goalTripsUpTo && c.own[i].trips > goalTrips {
			missed = append(missed, "trips")
		}
		if c.d == 0 && (c.own[i].all() > goalEqual || c.own[i].trips > 1) {
			missed = append(missed, "equal")
		}
	}
	ask, answer := cpu(c.own)
	if c.d <= goalCPUAt && max(ask, answer) > goalCPU {
		missed = append(missed, "CPU")
	}
	slices.Sort(missed)
	return slices.Compact(missed)
}

func (c *cell) print(out io.Writer) {
	worst := func(costs []cost) cost {
		return slices.MaxFunc(costs, func(a, b cost) int { return a.all() - b.all() })
	}
	trips := func(costs []cost) (n int) {
		for _, c := range costs {
			n = max(n, c.trips)
		}
		return n
	}
	times := func(costs []cost) string {
		ask, answer := cpu(costs)
		return fmt.Sprintf("%.1f/%.1f", ask, answer)
	}
	verdict := "met"
	if missed := c.goals(); len(missed) > 0 {
		verdict = fmt.Sprint("MISSED ", missed)
	}
	own, ranges, large, small := worst(c.own), worst(c.ranges), worst(c.large), worst(c.small)
	fmt.Fprintf(out, "%-19s %17s %17d %5d %15s | %9d %5d %13s | %9d %9d %13s | %5.2f %5.2f  %s\n",
		c.name, fmt.Sprintf("%d+%d", own.sent, own.received), own.request, trips(c.own), times(c.own),
		ranges.learn(), trips(c.ranges), times(c.ranges), large.learn(), small.learn(), times(c.small),
		slices.Max(c.learn), slices.Max(c.all), verdict)
}

// cpu is the median CPU time of each side.
func cpu(costs []cost) (ask, answer ms) {
	var asks, answers []ms
	for _, c := range costs {
		asks, answers = append(asks, c.askCPU), append(answers, c.answerCPU)
	}
	slices.Sort(asks)
	slices.Sort(answers)
	return asks[len(asks)/2], answers[len(answers)/2]
}

// change adds the differences to both sets, or removes them.
func change(a, b *recon.Set, w *world, do func(*recon.Set, wire.Item, uint64)) {
	each(w.onlyA, func(r *record) { do(a, r.item(), r.expires()) })
	each(w.onlyB, func(r *record) { do(b, r.item(), r.expires()) })
}
