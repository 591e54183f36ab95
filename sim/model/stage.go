package model

import (
	"slices"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/sim/contact"
	"github.com/kreidfeuer/kreidfeuer/sim/mobility"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// Stage is the world of a scenario with its devices, links, failures and alerts,
// in which nothing spreads: another engine lets its own devices play on it, and
// has what came of it counted as the model counts. For a seed it is the stage on
// which the model itself plays.
type Stage struct {
	cfg  Config
	cost meter
	run  *run
}

// Warning is an alert to be issued.
type Warning struct {
	At       time.Duration
	Lasts    time.Duration
	Station  int // device
	Severity cap.Severity
	Drill    bool
	Size     int // bytes of its transmission
	Kind     alert.Kind
	Follows  []int // numbers of those that it updates or ends
	Alone    bool  // one person has signed, and not all of the unit's
	Confirms int   // number of the one that it is the second signature of, or -1
	// Authority is the path of who issues it.
	Authority string
}

// Change is what a device can do from a time on.
type Change struct {
	At     time.Duration
	Device int
	On     bool   // it is there and has power
	Links  uint16 // that work, a bit for each of [Stage.Links]
}

// Arrival is a device that has an alert for the first time.
type Arrival struct {
	At            time.Duration
	Alert, Device int  // numbers in [Stage.Warnings] and of the device
	Over          bool // the device takes it for over, and does not show it
}

// NewStage lays a world out.
func NewStage(cfg Config) (*Stage, error) {
	s := &Stage{cfg: cfg, cost: startCost()}
	var err error
	if s.run, err = s.lay(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Stage) lay() (*run, error) {
	r, err := newRun(s.cfg)
	if err == nil {
		r.given = true
		err = r.furnish()
	}
	return r, err
}

// Devices counts the devices, and with them the adversaries', which come last.
func (s *Stage) Devices() (honest, all int) { return s.run.counts, len(s.run.group) }

// Links are the kinds of link in the order of their bits.
func (s *Stage) Links() []scenario.Link {
	var list []scenario.Link
	for i := range s.run.links {
		list = append(list, s.run.links[i].Link)
	}
	return list
}

// Dials are the pairs of devices that a link joins for good, who dials first. A
// link with a range joins whoever is in it.
func (s *Stage) Dials(link int) [][2]uint32 {
	if s.run.links[link].Range > 0 {
		return nil
	}
	return s.run.links[link].dials
}

// Group is a device's group; nil: it is an adversary's.
func (s *Stage) Group(d int) *scenario.Group { return s.run.groupOf(uint32(d)) }

// Adversary is whose device it is; nil: a group's.
func (s *Stage) Adversary(d int) *scenario.Adversary {
	if g := s.run.group[d]; g >= foeGroup {
		return s.run.foes[g-foeGroup].Adversary
	}
	return nil
}

// Has reports whether a device has a link, working or not.
func (s *Stage) Has(d, link int) bool { return s.run.mine[d]>>link&1 == 1 }

// Place is the number of a device's place.
func (s *Stage) Place(d int) int { return int(s.run.at[d]) }

// Quota is what certificates grant an authority, by its path, in a lane.
func (s *Stage) Quota(path string, lane wire.Lane) ledger.Quota {
	return s.run.quotaOf(accountKey{path, lane})
}

// Offset is how wrong a device's clock is.
func (s *Stage) Offset(d int) time.Duration { return s.run.offset(uint32(d)) }

// Awake reports whether a device listens.
func (s *Stage) Awake(d int, now time.Duration) bool {
	awake, _ := s.run.awake(uint32(d), millis(now))
	return awake
}

// Wakes is when a device wakes next; zero: it never sleeps.
func (s *Stage) Wakes(d int, now time.Duration) time.Duration {
	if g := s.run.groupOf(uint32(d)); g == nil || *g.Awake >= 1 {
		return 0
	}
	at := millis(now)
	turn, into := s.run.sleep(uint32(d), at)
	return ms(at) + time.Duration(turn-into)*time.Millisecond
}

// Where is where a device is. Time must not go back.
func (s *Stage) Where(now time.Duration) func(d int) mobility.Point {
	r := s.run
	for i := range r.moving {
		r.moving[i].advance(now)
		p := r.moving[i].leg.At(now)
		r.x[r.moving[i].dev], r.y[r.moving[i].dev] = float32(p.X), float32(p.Y)
	}
	return func(d int) mobility.Point { return mobility.Point{X: float64(r.x[d]), Y: float64(r.y[d])} }
}

// Contacts are the meetings of a recorded log, by device, over the first link of
// its group, whose number is the second result.
func (s *Stage) Contacts() (list []contact.Change, link int) {
	for _, c := range s.run.steps.traces {
		if hosts := s.run.steps.hosts; int(max(c.A, c.B)) < len(hosts) {
			c.A, c.B = int32(hosts[c.A]), int32(hosts[c.B])
			list = append(list, c)
		}
	}
	return list, int(s.run.steps.link)
}

// Host reports whether a recorded log says when a device meets others over its link.
func (s *Stage) Host(d int) bool {
	_, is := slices.BinarySearch(s.run.steps.hosts, uint32(d))
	return is
}

// Warnings are the alerts in the order in which they are issued.
func (s *Stage) Warnings() (list []Warning) {
	for i := range s.run.alerts {
		a := &s.run.alerts[i]
		w := Warning{At: ms(a.at), Lasts: ms(a.expires - a.at), Station: int(a.station), Severity: a.severity, Drill: a.drill, Size: int(a.size),
			Kind: a.kind, Authority: a.authority, Alone: a.level < signers, Confirms: int(a.confirms)}
		for t := range s.run.alerts[:i] {
			if b := &s.run.alerts[t]; b.confirms < 0 && (slices.Contains(a.follows, uint32(t)) || slices.Contains(a.references, b.triple)) {
				w.Follows = append(w.Follows, t)
			}
		}
		if len(w.Follows) == 0 { // a document may speak of what is not in the scenario
			w.Kind = alert.KindAlert
		}
		list = append(list, w)
	}
	return list
}

func ms(t uint32) time.Duration { return time.Duration(t) * time.Millisecond }

// Changes are all that happens to devices and their links: first, at 0, what each
// of them can do.
func (s *Stage) Changes() (list []Change, err error) {
	r, err := s.lay()
	if err != nil {
		return nil, err
	}
	last := make([]Change, len(r.group))
	note := func() {
		for d := range r.group {
			c := Change{At: ms(r.q.now), Device: d, On: r.state[d]&(offAway|offEmpty) == 0, Links: r.works[d]}
			if len(list) < len(last) || c.On != last[d].On || c.Links != last[d].Links {
				last[d], list = c, append(list, c)
			}
		}
	}
	note()
	r.plan()
	r.q.run(r.ended, func(e event) {
		switch e.alert & 0xff {
		case evSwitch, evDrain, evChurn:
			r.handle(e)
			note()
		}
	}, func(uint32) {})
	return list, nil
}

// Played is what came of a play beside the arrivals.
type Played struct {
	Engine                 string
	Bytes                  []float64 // sent by each device
	Copies, Lost, Collided uint64
	Airtime                time.Duration // of radios
	Attack                 scenario.Attack
	Released               uint64    // alerts given up for want of room in a store
	GivenUp                []Arrival // devices that do not have an alert any more, though it holds
}

// Result counts a play.
func (s *Stage) Result(arrivals []Arrival, p Played) (*scenario.Result, error) {
	r, err := s.lay()
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(arrivals, func(a, b Arrival) int { return int(a.At - b.At) })
	r.plan()
	for _, a := range arrivals {
		over := uint32(0)
		if a.Over {
			over = 1
		}
		r.q.push(millis(a.At), evArrive, uint32(a.Alert), over, uint32(a.Device))
	}
	r.q.run(r.ended, func(e event) {
		switch e.alert & 0xff {
		case evArrive:
			if r.over = e.a == 1; !r.heardOf(e.b, e.alert>>8) {
				r.accept(e.b, e.alert>>8)
			}
		case evMove:
			if e.alert>>8 == 0 {
				r.step()
				r.q.push(r.q.now+r.steps.length, evMove, 0, 0, 0)
			}
		case evIssue, evSwitch, evDrain, evChurn, evMark, evEnd, evClose, evLook:
			r.handle(e)
		}
	}, func(uint32) {})
	for d, b := range p.Bytes[:min(len(p.Bytes), len(r.group))] {
		r.tally.bytes[d] = float32(b)
	}
	r.tally.copies, r.tally.lost, r.tally.attack = p.Copies, p.Lost, p.Attack
	r.tally.collided, r.tally.airtime = p.Collided, p.Airtime
	r.tally.released, r.tally.displaced = p.Released, uint64(len(p.GivenUp))-min(p.Released, uint64(len(p.GivenUp)))
	for _, g := range p.GivenUp {
		if a := &r.alerts[g.Alert]; r.counted(uint32(g.Device), a) {
			a.givenUp++
		}
	}
	res := r.result()
	res.Engine, res.Traffic.Contacts, res.Attack.Checks = p.Engine, nil, nil
	s.cost.end(&res.Cost, uint64(len(arrivals)), len(r.group))
	return res, nil
}
