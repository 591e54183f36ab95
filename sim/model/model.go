package model

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kreidfeuer/kreidfeuer/persist/retention"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// Limits of one run.
const (
	MaxDevices = scenario.MaxDevices
	maxAlerts  = 1 << 20
	maxHours   = 24 * 40 // times are milliseconds in 32 bits
)

// Config is one run.
type Config struct {
	Scenario *scenario.Scenario
	Seed     uint64
	// Open reads a file that the scenario names. Needed if it names one.
	Open func(name string) ([]byte, error)
	// Progress is told the share that is done, about once a simulated minute. May
	// be nil.
	Progress func(done float64)
	// Arrived is told of each first arrival at a device other than the one that
	// issued. May be nil.
	Arrived func(alert, device int, age time.Duration)
	// MapCells is how many columns the frames of the map have; 0: no frames.
	MapCells int
	// Params of the program. Zero: DefaultParams.
	Params Params
}

// Params are what the program decides, so that a run can ask what another
// decision would change.
type Params struct {
	Connections int           // neighbours of a device over infrastructure
	Degree      int           // of the gossip mesh: what a device grafts to
	Least, Most int           // of the mesh: below it grafts, from Most on it prunes
	Outbound    int           // of the mesh: neighbours that the device has dialled itself
	Opportune   float64       // share of devices that find one more worth grafting
	Lazy        int           // other neighbours to whom gossip announces, at least
	LazyShare   float64       // and at least this share of them
	Heartbeat   time.Duration // of announcements
	Round       time.Duration // between reconciliations with a neighbour in turn
	Exchange    time.Duration // from coming into range to the first transfer
	Redial      time.Duration // between dials of a neighbour that does not answer, and as long on top
	Dialling    float64       // share of lost neighbours that are being dialled at a moment
	Hold        Hold
	OfferDelay  time.Duration // from catching up to offering it on
	Claim       time.Duration // who asked one neighbour asks no other meanwhile
	Strikes     int           // broken envelopes until a neighbour is cut off
	CutOff      time.Duration // for how long
	Settles     time.Duration // from a device's start until gossip leaves out the chain of certificates
	Overhead    int           // bytes of a transfer beside the envelope
	SyncBytes   int           // of a reconciliation that finds both equal, both ways
	JoinBytes   int           // that each side sends to connect, with the first reconciliation
	IdleBytes   float64       // that a device sends to a neighbour each second, just to stay connected
}

// DefaultParams are the program's: gossip's mesh, discovery's target, the limits on
// neighbours. A test of package sim holds them to it. Exchange is discovery's on a
// LAN; Opportune, Dialling, Overhead and the bytes were measured on real devices.
var DefaultParams = Params{Connections: 24, Degree: 16, Least: 12, Most: 160, Outbound: 7, Lazy: 8, LazyShare: 0.4,
	Heartbeat: 700 * time.Millisecond, Round: 30 * time.Second, Exchange: 2 * time.Second, Redial: 30 * time.Second, Dialling: 0.2,
	OfferDelay: 100 * time.Millisecond, Claim: 2 * time.Second, Strikes: 8, CutOff: 10 * time.Minute, Settles: 2 * time.Minute,
	Hold:     Hold{Share: 20, Least: time.Millisecond, Most: 20 * time.Millisecond, Behind: 250 * time.Millisecond, Mesh: 6, Part: 24},
	Overhead: 120, SyncBytes: 400, JoinBytes: 2600, IdleBytes: 4}

// What catch-up takes, in times that a packet is under way, as measured on real
// devices: from dialling to the first transfer, from the offer's being due to its
// arrival, and from there to the transfer's.
const (
	joinTrips  = 15
	offerTrips = 5
	takeTrips  = 1 // beside the transfer's own
)

// UsualSize is the transmission of an alert of a district's authority, of which
// chainSize is its chain of certificates, in bytes. Catch-up leaves the chain out, and
// so does gossip once neighbours have had time to compare: the trust lane has brought it.
const (
	UsualSize = 5200
	chainSize = 4700
)

// run is the state of one run.
type run struct {
	Config
	s      *scenario.Scenario
	q      *queue
	chance *rand.Rand
	fate   *rand.Rand // of devices that come and go, so that they do whatever spreads
	given  bool       // nothing spreads: what arrives is given
	over   bool       // and the device that it arrives at takes it for over
	world
	alerts    []alertState
	incidents []incident
	held      holdings
	shelves   shelves
	stores    stores
	radios    radios
	foes      []foe
	tally     tally
	moving    []mover
	steps     steps
	ended     uint32 // milliseconds
	barred    map[[2]uint32]uint32
	strikes   map[[2]uint32]int
	claims    map[uint64]uint32 // until when a device waits for an alert that it asked for
	flight    []flown           // scratch
	started   []uint32          // when each device was last off and came back; 0: it was not
}

// Run plays a scenario to its end.
func Run(ctx context.Context, cfg Config) (*scenario.Result, error) {
	began := startCost()
	r, err := newRun(cfg)
	if err != nil {
		return nil, err
	}
	if err := r.furnish(); err != nil {
		return nil, err
	}
	r.plan()
	stopped := false
	r.q.run(r.ended, func(e event) {
		if !stopped {
			r.handle(e)
		}
	}, func(now uint32) {
		stopped = stopped || ctx.Err() != nil
		if cfg.Progress != nil {
			cfg.Progress(float64(now) / float64(r.ended))
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.upkeep()
	res := r.result()
	began.end(&res.Cost, r.tally.events, len(r.group))
	return res, nil
}

// newRun is a run of which nothing is there yet.
func newRun(cfg Config) (*run, error) {
	if cfg.Params == (Params{}) {
		cfg.Params = DefaultParams
	}
	s := cfg.Scenario
	if h := time.Duration(s.Duration).Hours(); h > maxHours {
		return nil, fmt.Errorf("%.0f hours, at most %d", h, maxHours)
	}
	return &run{Config: cfg, s: s, q: newQueue(), chance: rand.New(rand.NewPCG(cfg.Seed, 0x6b726569)),
		fate: rand.New(rand.NewPCG(cfg.Seed, 0x66617465)), ended: millis(s.Duration),
		barred: map[[2]uint32]uint32{}, strikes: map[[2]uint32]int{}, claims: map[uint64]uint32{}}, nil
}

// furnish makes devices, links and alerts.
func (r *run) furnish() error {
	if err := r.settle(); err != nil {
		return err
	}
	if err := r.announce(); err != nil {
		return err
	}
	return r.tuneIn()
}

// plan enters what the scenario fixes in advance.
func (r *run) plan() {
	r.started = make([]uint32, len(r.group))
	for i, o := range r.s.Outages {
		r.q.push(millis(o.At), evSwitch, 0, uint32(i), 1)
		if o.What == "power" && r.unfed == nil {
			r.unfed = make([]uint32, len(r.group))
		}
	}
	for i, o := range r.s.Outages { // only now: where one follows another at once, nothing works in between
		r.q.push(millis(o.Until), evSwitch, 0, uint32(i), 0)
	}
	for i, a := range r.alerts {
		r.q.push(a.at, evIssue, uint32(i), 0, 0)
		r.q.push(a.expires, evEnd, uint32(i), 0, 0)
		r.q.push(a.closes(), evClose, uint32(i), 0, 0)
	}
	for d := range r.group {
		if g := r.groupOf(uint32(d)); g != nil && g.Leave > 0 {
			r.q.push(wait(time.Duration(g.Leave), r.fate.ExpFloat64()), evChurn, 0, uint32(d), 0)
		}
	}
	for i := range r.foes {
		if r.foes[i].every > 0 {
			r.q.push(r.foes[i].from, evAttack, 0, uint32(i), 0)
		}
		r.q.push(r.foes[i].until, evRelent, 0, uint32(i), 0)
	}
	if r.steps.length > 0 {
		r.q.push(0, evMove, 0, 0, 0)
	}
	r.q.push(millis(r.Params.Round), evRound, 0, 0, 0)
	r.planFrames()
	if r.stores.bounded {
		r.q.push(retention.RetainFirst*1000, evRetain, 0, 0, 0)
	}
}

func (r *run) handle(e event) {
	r.tally.events++
	alert := e.alert >> 8
	switch e.alert & 0xff {
	case evArrive:
		r.arrive(e.a, e.b, alert)
	case evCaught:
		r.caught(e.a, e.b, alert)
	case evOffer:
		r.offered(e.a, e.b, alert)
	case evSync:
		r.exchange(e.a, e.b, int(alert>>1&0xf), alert>>5*100)
	case evIssue:
		r.issue(alert)
	case evSwitch:
		r.toggle(int(e.a), e.b == 1)
	case evDrain:
		r.drain(e.a)
	case evMove:
		if alert == 1 {
			r.traced(e.a)
		} else {
			r.move()
		}
	case evChurn:
		r.churn(e.a)
	case evRadio:
		r.speak(e.a)
	case evHeard:
		r.heard(e.a, e.b)
	case evAttack:
		r.attack(e.a)
	case evRelent:
		r.relent(e.a)
	case evMark:
		r.frame()
	case evEnd:
		r.end(alert)
	case evClose:
		r.close(alert)
	case evLook:
		r.incidents[alert].look(r, int(e.a), int(e.b))
	case evHeld:
		r.heldOn(e.a, e.b, alert)
	case evPass:
		r.sendOn(e.a, e.b, alert)
	case evRetain:
		r.retain()
	case evFill:
		r.filling(e.a)
	case evLazy:
		r.announced(e.a, e.b, alert)
	case evRound:
		r.round()
	}
}
