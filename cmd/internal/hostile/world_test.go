package hostile_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/internal/hostile"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// patience bounds every wait; none takes nearly as long.
const patience = 20 * time.Second

// world is a small mesh: the hostile peer knows a alone, warnings are issued at
// b, and c hears of everything through b.
type world struct {
	tree    *trusttest.Tree
	a, b, c *nodetest.Device
	genuine []wire.ID // every alert that devices may hold
	count   int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	tree, err := trusttest.NewTree(1, 2)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{tree: tree}
	w.b = nodetest.Start(t, tree, nodetest.Options{})
	w.a = nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{w.b}})
	w.c = nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{w.b}})
	return w
}

func (w *world) devices() []*nodetest.Device { return []*nodetest.Device{w.a, w.b, w.c} }

// warning is a new genuine alert of the Leitstelle by both officers.
func (w *world) warning(t *testing.T) *wire.Envelope {
	t.Helper()
	e := nodetest.Sign(t, w.tree, w.tree.Leitstelle, w.alert(cap.Severe), w.tree.Leitstelle.Persons...)
	w.genuine = append(w.genuine, e.ID())
	return e
}

// alert is a new alert for Kreis Ahrweiler.
func (w *world) alert(severity cap.Severity) *cap.Alert {
	w.count++
	return nodetest.Warning(fmt.Sprintf("alert-%d", w.count), severity, 0)
}

// spread issues an alert at b and waits until it has arrived everywhere.
func (w *world) spread(t *testing.T, e *wire.Envelope) time.Duration {
	t.Helper()
	begun := time.Now()
	if _, err := w.b.Submit(t.Context(), e.EncodeFull()); err != nil {
		t.Fatal(err)
	}
	for _, d := range w.devices() {
		w.await(t, d, e.ID())
	}
	return time.Since(begun)
}

// await waits until a device has been told of an alert.
func (w *world) await(t *testing.T, d *nodetest.Device, id wire.ID) {
	t.Helper()
	d.Await(t, id, func(*apitype.AlertEvent) bool { return true })
}

// control shows that warnings still arrive everywhere, and nothing else has.
func (w *world) control(t *testing.T) {
	t.Helper()
	w.spread(t, w.warning(t))
	for i, d := range w.devices() {
		list, err := d.Alerts(t.Context(), apitype.AlertFilter{}, apitype.Page{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range list.Items {
			if !slices.ContainsFunc(w.genuine, func(id wire.ID) bool { return id.String() == row.ID }) {
				t.Errorf("device %d accepted %q (%s)", i, row.CAP.Identifier, row.ID)
			}
		}
	}
}

// hostile connects a new hostile peer to a, on the topics of the lanes.
func (w *world) hostile(t *testing.T, lanes ...wire.Lane) *hostile.Peer {
	t.Helper()
	p, err := hostile.New(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	for _, lane := range lanes {
		if err := p.Join(w.tree.Root.ID(), lane); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Connect(t.Context(), w.a.Info()); err != nil {
		t.Fatal(err)
	}
	for _, lane := range lanes {
		eventually(t, "the hostile peer knows a's topics", func() bool {
			return slices.Contains(p.Listeners(w.tree.Root.ID(), lane), w.a.ID())
		})
	}
	return p
}

// send has a new hostile peer send envelopes on a lane and waits until a has
// judged them.
func (w *world) send(t *testing.T, lane wire.Lane, raws ...[]byte) {
	t.Helper()
	p := w.hostile(t, lane)
	before := judged(w.a)
	for _, raw := range raws {
		if err := p.Send(t.Context(), w.tree.Root.ID(), lane, raw); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "a has judged what the hostile peer sent", func() bool {
		return judged(w.a) >= before+uint64(len(raws)) || !p.Connected(w.a.ID())
	})
}

func judged(d *nodetest.Device) uint64 {
	s := d.Stats()
	return s.Accepted + s.Ignored + s.Rejected
}

// refused holds that c, which nobody has attacked, refuses it for this reason
// from the hands of its own user too.
func (w *world) refused(t *testing.T, raw []byte, reason wire.Reason) {
	t.Helper()
	if _, err := w.c.Submit(t.Context(), raw); !errors.Is(err, &wire.Refusal{Reason: reason}) {
		t.Errorf("refused with %v, want %s", err, reason)
	}
}

// state is where an alert stands on a device.
func state(t *testing.T, d *nodetest.Device, id wire.ID) apitype.AlertDetail {
	t.Helper()
	a, err := d.Alert(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// kept is how many envelopes a device keeps of a lane.
func kept(t *testing.T, d *nodetest.Device, lane wire.Lane) int {
	t.Helper()
	s, err := d.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range s.Lanes {
		if l.Lane == lane.String() {
			return l.Envelopes
		}
	}
	return 0
}

// eventually waits for a condition that nothing reports as an event.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
