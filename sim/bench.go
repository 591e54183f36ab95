package sim

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/host"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	nodehost "github.com/kreidfeuer/kreidfeuer/node/host"
	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
)

// Bench measures how warnings spread by gossip over a mesh where all devices run,
// as published for gossipsub (arXiv:2007.02754): what counts is how late the last
// have a warning, and how many copies that costs. All fields are needed.
type Bench struct {
	Devices int
	Degree  int // connections of a device
	// Latency is of every link, or of the quickest, if Slowest is set: then each link
	// has its own.
	Latency, Slowest time.Duration
	Loss             float64
	Rate             float64 // bits per second that each device can send; 0: without limit
	Warnings         int
	Every            time.Duration // a warning, from a random device
	Text             int           // bytes of text in a warning
	Warm             time.Duration // before the first
	Rest             time.Duration // after the last
	Seed             uint64
}

// PaperBench is the published baseline, for so many devices.
func PaperBench(devices int) Bench {
	return Bench{Devices: devices, Degree: 20, Latency: 25 * time.Millisecond, Warnings: 60, Every: 250 * time.Millisecond,
		Text: 1200, Warm: 20 * time.Second, Rest: 10 * time.Second, Seed: 1}
}

// Outcome is what a bench has measured.
type Outcome struct {
	Size      int // bytes of a message
	Expected  int // deliveries
	Delivered int
	// Latency is of deliveries, Floor of the shortest ways through the same mesh.
	Latency, Floor Distribution
	Copies         float64 // of a message received per delivery
	Bytes          float64 // sent per delivery, as a multiple of the message, all traffic during the warnings included
}

func (o Outcome) String() string {
	return fmt.Sprintf("%d of %d delivered, %s (floor %s), %.2f copies a delivery, %.1f times its bytes (%d B)",
		o.Delivered, o.Expected, o.Latency, o.Floor, o.Copies, o.Bytes, o.Size)
}

// Spreader is a way to spread messages, on one host. Arrived is to be called once
// for each message that others have published.
type Spreader interface {
	Run(ctx context.Context) error
	Publish(ctx context.Context, message []byte) error
	Copies() uint64 // of messages received so far, the first of each included
}

// Contender makes a spreader. The pool of the domain is for those who verify.
type Contender func(h host.Host, domain *trusttest.Domain, arrived func(message []byte)) (Spreader, error)

// Measure runs the bench in virtual time.
func (b Bench) Measure(t *testing.T, c Contender) (o Outcome) {
	t.Helper()
	if err := warm(); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r := &race{Bench: b, air: newAir(b.Seed, b.network()), arrivals: map[string]*arrivals{}}
		flying, land := context.WithCancel(context.WithoutCancel(t.Context()))
		var carrying sync.WaitGroup
		carrying.Go(func() { r.air.run(flying) })
		defer carrying.Wait()
		defer land()
		var err error
		if o, err = r.run(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	})
	return o
}

func (b Bench) network() netmodel.Model {
	return netmodel.All{netmodel.Link{Loss: b.Loss, Rate: b.Rate}, netmodel.Spread{Seed: b.Seed, Least: b.Latency, Most: max(b.Latency, b.Slowest)}}
}

// race is one run of a bench.
type race struct {
	Bench
	air   *air
	hosts []host.Host

	mu       sync.Mutex
	arrivals map[string]*arrivals // by message
}

// arrivals says when a message came to each device.
type arrivals struct {
	from int
	sent time.Duration
	at   map[int]time.Duration
}

func (r *race) run(ctx context.Context, c Contender) (Outcome, error) {
	dials := Random(r.Degree)(r.Devices, r.Seed)
	defer func() {
		for _, h := range r.hosts {
			_ = h.Close()
		}
	}()
	if err := r.connect(ctx, dials); err != nil {
		return Outcome{}, err
	}
	tree, err := trusttest.NewTree(r.Seed, 2)
	if err != nil {
		return Outcome{}, err
	}
	var all []Spreader
	live, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	for i, h := range r.hosts {
		s, err := c(h, tree.Domain, func(message []byte) { r.arrived(i, message) })
		if err != nil {
			return Outcome{}, err
		}
		all = append(all, s)
		running.Go(func() { _ = s.Run(live) })
	}
	time.Sleep(r.Warm)
	return r.warn(ctx, tree, all, neighbours(dials))
}

// connect opens the hosts, and all connections of the mesh, each device its own.
func (r *race) connect(ctx context.Context, dials [][]int) error {
	for i := range dials {
		h, err := newHost(r.air, i, port, keyOf(r.Seed, i), nodehost.NewBans())
		if err != nil {
			return err
		}
		r.hosts = append(r.hosts, h)
	}
	errs := make([]error, len(dials))
	var dialling sync.WaitGroup
	for i, list := range dials {
		dialling.Go(func() {
			for _, other := range list {
				info, err := infoOf(r.Seed, other)
				if err == nil {
					err = r.hosts[i].Connect(ctx, info)
				}
				if err != nil {
					errs[i] = fmt.Errorf("connect %d to %d: %w", i, other, err)
				}
			}
		})
	}
	dialling.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// warn publishes the warnings, waits, and counts.
func (r *race) warn(ctx context.Context, tree *trusttest.Tree, all []Spreader, graph [][]int) (Outcome, error) {
	random := rand.New(rand.NewPCG(r.Seed, 2))
	before, copies, size := r.air.counts(), total(all), 0
	for i := range r.Warnings {
		e, err := Message{Identifier: fmt.Sprintf("warning-%d", i), Now: trueTime(r.air.now()), Text: r.Text}.Sign(tree, tree.Leitstelle)
		if err != nil {
			return Outcome{}, err
		}
		message, from := e.EncodeFull(), random.IntN(len(all))
		size = len(message)
		r.mu.Lock()
		r.arrivals[wire.MessageID(message)] = &arrivals{from: from, sent: r.air.now(), at: map[int]time.Duration{}}
		r.mu.Unlock()
		if err := all[from].Publish(ctx, message); err != nil {
			return Outcome{}, err
		}
		time.Sleep(r.Every)
	}
	time.Sleep(r.Rest)
	after := r.air.counts()
	o := Outcome{Size: size, Expected: r.Warnings * (len(all) - 1)}
	r.count(&o, graph)
	o.Copies = float64(total(all)-copies) / float64(o.Delivered)
	o.Bytes = float64(after.SentBytes-before.SentBytes) / float64(o.Delivered) / float64(size)
	return o, nil
}

func total(all []Spreader) (n uint64) {
	for _, s := range all {
		n += s.Copies()
	}
	return n
}

func (r *race) arrived(device int, message []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.arrivals[wire.MessageID(message)]; a != nil && a.from != device {
		if _, again := a.at[device]; !again {
			a.at[device] = r.air.now()
		}
	}
}

func (r *race) count(o *Outcome, graph [][]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var taken, floor []time.Duration
	model := r.network()
	length := func(a, b int) time.Duration { return model.Link(0, a, b).Latency }
	for _, a := range r.arrivals {
		for at := range maps.Values(a.at) {
			taken = append(taken, at-a.sent)
		}
		for i, least := range quickest(graph, a.from, length) {
			if i != a.from {
				floor = append(floor, least)
			}
		}
	}
	o.Delivered, o.Latency, o.Floor = len(taken), distribution(taken), distribution(floor)
}

// Distribution sums up how long something took.
type Distribution struct{ P50, P90, P99, Max time.Duration }

func distribution(all []time.Duration) Distribution {
	if len(all) == 0 {
		return Distribution{}
	}
	slices.Sort(all)
	at := func(share float64) time.Duration { return all[int(share*float64(len(all)-1))] }
	return Distribution{at(0.5), at(0.9), at(0.99), all[len(all)-1]}
}

func (d Distribution) String() string {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return fmt.Sprintf("%.4g/%.4g/%.4g/%.4g ms", ms(d.P50), ms(d.P90), ms(d.P99), ms(d.Max))
}
