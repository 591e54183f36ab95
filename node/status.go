package node

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/row"
)

// Status describes the device.
func (n *Node) Status(context.Context) (apitype.Status, error) {
	doubts := n.clockDoubts()
	s := apitype.Status{
		Schema: apitype.SchemaStatus, Device: n.cfg.Name, PeerID: n.ID().String(), Version: n.cfg.Version, Started: n.started.UTC(),
		UptimeS: int64(time.Since(n.started).Seconds()), Data: n.cfg.Dir, Listen: []string{},
		Neighbours: len(n.deps.Host.Network().Peers()), Roots: []apitype.Root{}, Signs: []apitype.Sign{},
		Clock:  apitype.Clock{Now: n.deps.Now().UTC(), Doubt: len(doubts) > 0, Reasons: append([]string{}, doubts...)},
		Health: []apitype.Problem{},
	}
	if floor := n.anyClock().Floor; floor > 0 {
		s.Clock.Floor = row.UTC(floor)
	}
	for _, a := range n.deps.Host.Addrs() {
		s.Listen = append(s.Listen, fmt.Sprintf("%s/p2p/%s", a, n.ID()))
	}
	for _, id := range n.pool.Domains() {
		st, _ := n.pool.Status(id)
		s.Roots = append(s.Roots, row.Root(st))
	}
	s.Signs = n.signRows()
	s.Events.Oldest, s.Events.Latest = n.journal.bounds()
	n.describeStore(&s)
	n.health(&s)
	return s, nil
}

// describeStore fills in what is kept, and whether more can be.
func (n *Node) describeStore(s *apitype.Status) {
	usage := n.deps.Store.Usage()
	n.mu.Lock()
	defer n.mu.Unlock()
	inForce := map[string]int{}
	now := n.outlook()
	for _, k := range n.known {
		if state := now.stateOf(k); state == apitype.StateInForce || state == apitype.StateUnknown {
			inForce[k.row.Lane]++
		}
	}
	for _, lane := range wire.Lanes {
		s.Lanes = append(s.Lanes, apitype.LaneCount{Lane: lane.String(), Envelopes: int(usage[lane].Count),
			Bytes: int64(usage[lane].Bytes), InForce: inForce[lane.String()]})
		s.Disk.Used += int64(usage[lane].Bytes)
	}
	s.Disk.Used += int64(n.deps.Store.PartUsage().Bytes)
	n.describeDisk(&s.Disk)
	s.Places = slices.Clone(n.places)
}

// health lists what needs attention.
func (n *Node) health(s *apitype.Status) {
	if len(s.Roots) == 0 {
		s.Health = append(s.Health, problemNoRoot)
	}
	for _, r := range s.Roots {
		if r.Frozen {
			s.Health = append(s.Health, apitype.Problem{Kind: "root-frozen", Message: fmt.Sprintf("two versions claim to succeed version %d of %q", r.Version, r.Name),
				Hint: "ask the holders of the root; until then the old version stays in force"})
		}
	}
	if s.Clock.Doubt {
		s.Health = append(s.Health, apitype.Problem{Kind: "clock-doubt", Message: "this device's clock is in doubt: warnings are shown even if they may have ended",
			Hint: "set the clock"})
	}
	s.Health = append(s.Health, n.cfg.Problems...)
	s.Health = append(s.Health, n.storeProblems()...)
	s.Health = append(s.Health, n.waves.problems()...)
	if s.Neighbours == 0 {
		s.Health = append(s.Health, apitype.Problem{Kind: "no-neighbour", Message: "no neighbour is connected: warnings may be missing"})
	}
	s.Health = append(s.Health, linkProblems(n.conns.Known(), time.Now())...)
	s.Health = append(s.Health, signProblems(s.Signs)...)
}

// problemNoRoot is what people are told while nobody is trusted.
var problemNoRoot = apitype.Problem{Kind: "no-root", Message: "this device trusts nobody and shows no warnings",
	Hint: "kreidfeuer root pin FILE --fingerprint ..."}

// missingGrace is how long after a beacon the alerts that it names may still be
// on their way: catching up brings trust objects first.
const missingGrace = 60 // seconds

// signProblems are the authorities from which the device is cut off, in one
// problem, and those that name alerts which are not here.
func signProblems(signs []apitype.Sign) []apitype.Problem {
	var problems []apitype.Problem
	var silent []string
	for _, s := range signs {
		if s.CutOff {
			silent = append(silent, s.Name)
		}
		if n := len(s.Missing); n > 0 && (s.AgeS < 0 || s.AgeS >= missingGrace) {
			problems = append(problems, apitype.Problem{Kind: "missing", Message: fmt.Sprintf("%s names %d alerts in force that are not here", s.Name, n)})
		}
	}
	if n := len(silent); n > 0 {
		const shown = 3
		names := strings.Join(silent[:min(n, shown)], ", ")
		if n > shown {
			names += fmt.Sprintf(" and %d more", n-shown)
		}
		problems = append(problems, apitype.Problem{Kind: "cut-off", Message: "no sign of life from " + names + ": warnings may be missing"})
	}
	return problems
}
