package sim

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/discovery"
	"github.com/kreidfeuer/kreidfeuer/sim/model"
	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// Limits of a played scenario: a device takes up to 3 MB, and a warning is looked up
// on every device at each event.
const (
	MaxPlayed   = 3000 // devices, adversaries' among them
	maxWarnings = 2000
)

// PlayConfig is one run of a scenario with real devices.
type PlayConfig struct {
	Scenario *scenario.Scenario
	Seed     uint64
	// Open reads a file that the scenario names. Needed if it names one.
	Open func(name string) ([]byte, error)
	// Progress is told the share that is done. May be nil.
	Progress func(done float64)
	// MapCells is how many columns the frames of the map have; 0: no frames.
	MapCells int
	// Arrived is told, at the end, of each first arrival at a device other than the
	// one that issued. May be nil.
	Arrived func(alert, device int, age time.Duration)
	// Params of the program as far as the stage depends on them. Zero: the program's.
	Params model.Params
}

// Play plays a scenario with real devices on the stage on which the model plays for
// the same seed, and counts as it does. It says what it cannot play, and what
// invariant did not hold.
func Play(t *testing.T, cfg PlayConfig) (*scenario.Result, error) {
	t.Helper()
	p, err := newPlayer(cfg)
	if err != nil {
		return nil, err
	}
	violations := play(t, Config{
		Devices: p.cast.devices, Seed: cfg.Seed, Tree: p.tree, Room: p.room, Scarce: p.scarce(), Mesh: p.mesh, Network: p, Clock: p.clock, Sources: p.sources, Radio: p.radio,
		Bound: time.Duration(cfg.Scenario.Duration) + time.Hour, // who is reached is the question here
	}, p.script)
	for _, v := range violations {
		err = errors.Join(err, errors.New(v.String()))
	}
	if err = errors.Join(p.err, err); err != nil {
		return nil, err
	}
	return p.stage.Result(p.arrivals, p.played)
}

// player plays one scenario.
type player struct {
	PlayConfig
	stage    *model.Stage
	cast     cast
	warnings []model.Warning
	acts     []act
	world    *World
	infos    []peer.AddrInfo // of the world's devices
	raid     *raid
	authors  authors
	sleepers sleepers

	reach  *reach
	ethers []*ether // by link; nil: it carries packets
	*state

	issued   []bool           // by alert
	signed   []*wire.Envelope // likewise; nil: not yet, or it is a second signature
	accepted uint64           // copies that were first, by gossip
	arrivals []model.Arrival
	played   model.Played
	err      error
}

// state is what devices can do now. The network asks from many goroutines.
type state struct {
	mu    sync.Mutex
	on    []bool
	works []uint16 // links
}

func newPlayer(cfg PlayConfig) (*player, error) {
	if err := playable(cfg.Scenario); err != nil {
		return nil, err
	}
	stage, err := model.NewStage(model.Config{Scenario: cfg.Scenario, Seed: cfg.Seed, Open: cfg.Open, MapCells: cfg.MapCells,
		Arrived: cfg.Arrived, Params: cfg.Params})
	if err != nil {
		return nil, err
	}
	_, all := stage.Devices()
	p := &player{PlayConfig: cfg, stage: stage, cast: newCast(stage, cfg.Scenario.Duration), warnings: stage.Warnings(),
		state: &state{on: make([]bool, all), works: make([]uint16, all)}}
	if len(p.warnings) > maxWarnings {
		return nil, fmt.Errorf("%d alerts: the real engine plays at most %d; --engine model plays them", len(p.warnings), maxWarnings)
	}
	p.issued, p.signed = make([]bool, len(p.warnings)), make([]*wire.Envelope, len(p.warnings))
	p.raid = newRaid(p)
	p.reach = newReach(stage, p.state)
	p.played.Engine, p.played.Bytes = "real", make([]float64, all)
	return p, errors.Join(p.tune(), p.plan())
}

// playable says what of a scenario real devices cannot play.
func playable(s *scenario.Scenario) error {
	var errs []error
	cannot := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	devices := 0.0
	for _, g := range s.Groups {
		devices += float64(g.Count) * float64(*g.Adoption)
	}
	for _, a := range s.Adversaries {
		devices += float64(a.Count * max(1, a.Per))
		if n := radios(s, a.Links); n > 1 || n > 0 && a.Kind != "clock-skew" {
			cannot("adversary %s with a radio", a.Kind)
		}
	}
	if devices > MaxPlayed {
		cannot("%.0f devices, at most %d", devices, MaxPlayed)
	}
	for _, g := range s.Groups {
		if n := radios(s, g.Links); n > 1 {
			cannot("group %s: %d radios in a device", g.Name, n)
		}
	}
	for i, a := range s.Alerts {
		if lasts := time.Duration(a.Expires); lasts > wire.MaxAlertLifetime*time.Second {
			cannot("alert %d: lasts %s, at most %s", i+1, lasts, wire.MaxAlertLifetime*time.Second)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("the real engine does not play this, --engine model does: %w", errors.Join(errs...))
}

// radios counts the links among these that send frames.
func radios(s *scenario.Scenario, links []string) (n int) {
	for _, name := range links {
		if s.Links[name].Airtime != "" {
			n++
		}
	}
	return n
}

// mesh has each device dial those that the stage joins it with for good.
func (p *player) mesh(devices int, _ uint64) [][]int {
	dials := make([][]int, devices)
	for l := range p.stage.Links() {
		for _, e := range p.stage.Dials(l) {
			if a, b := p.cast.players[e[0]], p.cast.players[e[1]]; a < devices && b < devices && !slices.Contains(dials[a], b) {
				dials[a] = append(dials[a], b)
			}
		}
	}
	return dials
}

func (p *player) clock(device int) netmodel.Clock {
	return netmodel.Clock{Offset: p.stage.Offset(p.cast.roles[device])}
}

func (p *player) sources(device int) []discovery.Source {
	if every := p.reach.looks(p.cast.roles[device]); every > 0 {
		return []discovery.Source{&lookout{p, device, every}}
	}
	return nil
}

// Link implements [netmodel.Model].
func (p *player) Link(now time.Duration, from, to int) netmodel.Link {
	return p.reach.link(now, p.cast.roles[from], p.cast.roles[to])
}
