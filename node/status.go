package node

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
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
		s.Signs = append(s.Signs, n.signs(st)...)
	}
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
	s.Disk.State, s.Disk.Free = apitype.DiskOK, -1
	if n.full != nil {
		s.Disk.State, s.Disk.Error = apitype.DiskFull, n.full.Error()
	}
	s.Places = slices.Clone(n.places)
}

// health lists what needs attention.
func (n *Node) health(s *apitype.Status) {
	if len(s.Roots) == 0 {
		s.Health = append(s.Health, apitype.Problem{Kind: "no-root", Message: "this device trusts nobody and shows no warnings",
			Hint: "kreidfeuer root pin FILE --fingerprint ..."})
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
	if s.Disk.State == apitype.DiskFull {
		s.Health = append(s.Health, problemFull)
	}
	if s.Neighbours == 0 {
		s.Health = append(s.Health, apitype.Problem{Kind: "cut-off", Message: "no neighbour is connected: warnings may be missing"})
	}
	for _, sign := range s.Signs {
		if len(sign.Missing) > 0 {
			s.Health = append(s.Health, apitype.Problem{Kind: "missing", Message: fmt.Sprintf("%s names %d alerts in force that are not here", sign.Name, len(sign.Missing))})
		}
	}
}

// signs are the last signs of life of a domain's authorities.
func (n *Node) signs(s identity.DomainStatus) []apitype.Sign {
	names := map[string]string{}
	if s.Adopted != nil {
		names[""] = s.Adopted.Name
	}
	for _, c := range s.Certificates {
		if c.Kind == identity.KindUnit {
			names[c.Authority] = c.Name
		}
	}
	var list []apitype.Sign
	for _, b := range s.Beacons {
		list = append(list, apitype.Sign{Domain: s.ID.String(), Authority: b.By, Name: names[b.By], Time: row.UTC(b.Created), AgeS: -1, Missing: n.missing(b)})
	}
	return list
}

// missing are the alerts that a beacon names in force and this device lacks.
func (n *Node) missing(b *identity.Beacon) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	have := map[[8]byte]bool{}
	for id := range n.known {
		have[id.Prefix()] = true
	}
	missing := []string{}
	for _, p := range b.InForce {
		if !have[p] {
			missing = append(missing, hex.EncodeToString(p[:]))
		}
	}
	return missing
}
