package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Violation is an invariant that did not hold.
type Violation struct {
	At     time.Duration
	Device int // -1: none in particular
	What   string
}

func (v Violation) String() string {
	return fmt.Sprintf("after %s, device %d: %s", v.At, v.Device, v.What)
}

// maxViolations bounds what is reported: the first say what is wrong.
const maxViolations = 20

// checker holds the world to its invariants.
type checker struct {
	world *World

	mu         sync.Mutex
	genuine    map[string]genuine // by envelope ID
	last       time.Duration      // change of the world
	checked    bool               // since that change, when the bound was over
	violations []Violation
}

// genuine is an alert that an authority has published.
type genuine struct {
	at      time.Duration
	on      int // device
	message *wire.Envelope
	expires time.Time
}

// seen is what a device has told of, by envelope ID. Its own lock, because the
// device's watcher writes it.
type seen struct {
	mu     sync.Mutex
	alerts map[string]told
	last   uint64 // event
}

// told is when a device has told of an alert first, as of one that is not over by its
// clock if it ever did so, and when of the most signatures.
type told struct {
	at, signed time.Duration
	over       bool
	level      int
}

func (c *checker) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.genuine)
}

// message is what was published under an ID, with all its signatures.
func (c *checker) message(id wire.ID) *wire.Envelope {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.genuine[id.String()].message
}

func (c *checker) published(e *wire.Envelope, on int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.genuine == nil {
		c.genuine = map[string]genuine{}
	}
	c.genuine[e.ID().String()] = genuine{c.world.Now(), on, e, time.Unix(int64(e.Header.Expires), 0)}
}

// changed notes that the bound starts anew.
func (w *World) changed() {
	w.checker.mu.Lock()
	defer w.checker.mu.Unlock()
	w.checker.last, w.checker.checked = w.Now(), false
}

// due is when the bound after the last change is over; not ok if the world was
// checked then.
func (c *checker) due() (at time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(c.last+c.world.cfg.Bound, c.world.Now()), !c.checked
}

func (c *checker) fail(device int, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.violations) < maxViolations {
		c.violations = append(c.violations, Violation{c.world.Now(), device, fmt.Sprintf(format, args...)})
	}
}

// watch follows a device's events and checks it at each.
func (w *World) watch(ctx context.Context, d *Device) {
	d.seen.mu.Lock()
	since := d.seen.last
	d.seen.mu.Unlock()
	err := d.Events(ctx, since, func(e apitype.Event) bool {
		w.checker.observe(d, &e)
		return true
	})
	if err != nil && ctx.Err() == nil {
		w.checker.fail(d.number, "its events end: %v", err)
	}
}

func (c *checker) observe(d *Device, e *apitype.Event) {
	d.seen.mu.Lock()
	if d.seen.last++; d.seen.last != e.Seq {
		c.fail(d.number, "event %d follows %d", e.Seq, d.seen.last-1)
		d.seen.last = e.Seq
	}
	if e.Alert == nil {
		d.seen.mu.Unlock()
		return
	}
	if d.seen.alerts == nil {
		d.seen.alerts = map[string]told{}
	}
	now, over := c.world.Now(), e.Alert.State == apitype.StateExpired
	t, before := d.seen.alerts[e.Alert.ID]
	if !before || t.over && !over {
		t.at, t.over = now, over
	}
	if e.Alert.Level > t.level {
		t.signed, t.level = now, e.Alert.Level
	}
	d.seen.alerts[e.Alert.ID] = t
	d.seen.mu.Unlock()
	c.authentic(d, e.Alert.ID)
	c.kept(d, c.holds(d))
}

// authentic: nothing is accepted that no authority has published.
func (c *checker) authentic(d *Device, id string) {
	c.mu.Lock()
	_, ok := c.genuine[id]
	c.mu.Unlock()
	if !ok {
		c.fail(d.number, "tells of %s, which nobody has published", id)
	}
}

// kept: what a device has told of it still holds, until it has ended.
func (c *checker) kept(d *Device, held map[string]apitype.AlertSummary) {
	if quota := c.world.cfg.Quota; quota > 0 {
		if uint64(len(held)) > quota {
			c.fail(d.number, "holds %d alerts of at most %d", len(held), quota)
		}
		return // what overflows is given up
	}
	if c.world.cfg.Scarce {
		return
	}
	d.seen.mu.Lock()
	defer d.seen.mu.Unlock()
	for id := range d.seen.alerts {
		if _, ok := held[id]; !ok && c.live(id) {
			c.fail(d.number, "has lost %s", id)
		}
	}
}

// live reports whether an alert has not ended, by the true time.
func (c *checker) live(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, ok := c.genuine[id]
	return ok && trueTime(c.world.Now()).Before(g.expires)
}

// holds lists what a device holds, by ID.
func (c *checker) holds(d *Device) map[string]apitype.AlertSummary {
	held := map[string]apitype.AlertSummary{}
	for page := (apitype.Page{Limit: apitype.MaxLimit}); ; {
		list, err := d.Alerts(c.world.ctx, apitype.AlertFilter{}, page)
		if err != nil {
			c.fail(d.number, "lists no alerts: %v", err)
			return held
		}
		for _, a := range list.Items {
			held[a.ID] = a
		}
		if list.Next == "" {
			return held
		}
		page.Cursor = list.Next
	}
}

// Violations are the invariants that did not hold so far.
func (w *World) Violations() []Violation {
	c := &w.checker
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.violations)
}

// Check looks at every device now: whether it kept what it had, whether
// everything it holds is genuine, and, once nothing has changed for the bound,
// whether connected devices hold the same, all of it.
func (w *World) Check() {
	c := &w.checker
	c.mu.Lock()
	quiet := w.Now()-c.last >= w.cfg.Bound
	c.checked = c.checked || quiet
	c.mu.Unlock()
	states := map[int]string{}
	held := map[int]map[string]apitype.AlertSummary{}
	for _, d := range w.devices {
		if !d.up {
			continue
		}
		all := c.holds(d)
		held[d.number] = all
		for id := range all {
			c.authentic(d, id)
		}
		c.kept(d, all)
		states[d.number] = c.state(all)
		c.bounded(d)
	}
	if !quiet {
		return
	}
	for _, group := range w.components() {
		c.equal(group, held, states)
	}
}

// equal: connected devices hold everything that one of them holds, in one state,
// whatever the order in which it came.
func (c *checker) equal(group []int, held map[int]map[string]apitype.AlertSummary, states map[int]string) {
	all := map[string]bool{}
	for _, i := range group {
		for id := range held[i] {
			if c.live(id) {
				all[id] = true
			}
		}
	}
	for _, i := range group {
		missing := 0
		for id := range all {
			if _, ok := held[i][id]; !ok {
				missing++
			}
		}
		if missing > 0 {
			c.fail(i, "lacks %d of %d live alerts of its part of the network", missing, len(all))
		} else if states[i] != states[group[0]] {
			c.fail(i, "is in another state than device %d: %s, not %s", group[0], states[i], states[group[0]])
		}
	}
}

// maxDropped is how many RPCs gossipsub may drop on one device: one that is meant
// for a neighbour that has just gone counts as dropped, too.
const maxDropped = 64

// bounded: no queue of a device overflows.
func (c *checker) bounded(d *Device) {
	if s := d.Stats(); s.Busy > 0 || s.Dropped > maxDropped {
		c.fail(d.number, "%d envelopes given up before the disk, %d dropped by gossipsub's queues", s.Busy, s.Dropped)
	}
}

// state spells what must not depend on the order of arrival, nor on a device's
// clock: with a clock in doubt an alert in force is shown as unknown, but shown.
func (c *checker) state(held map[string]apitype.AlertSummary) string {
	var lines []string
	for id, a := range held {
		if c.live(id) {
			if a.State == apitype.StateUnknown {
				a.State = apitype.StateInForce
			}
			lines = append(lines, fmt.Sprintf("%s %s %d %s", id, a.State, a.Level, a.Incident))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "; ")
}

// components are the groups of running devices that the network connects now.
func (w *World) components() (groups [][]int) {
	graph := neighbours(w.dials)
	model, now := *w.air.model.Load(), w.Now()
	open := func(a, b int) bool {
		return w.devices[a].up && w.devices[b].up && !model.Link(now, a, b).Down && !model.Link(now, b, a).Down
	}
	grouped := map[int]bool{}
	for i, d := range w.devices {
		if grouped[i] || !d.up {
			continue
		}
		var group []int
		for j, dist := range hops(graph, i, open) {
			if dist >= 0 {
				grouped[j] = true
				group = append(group, j)
			}
		}
		groups = append(groups, group)
	}
	return groups
}
