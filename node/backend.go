package node

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
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
		s.Clock.Floor = utc(floor)
	}
	for _, a := range n.deps.Host.Addrs() {
		s.Listen = append(s.Listen, fmt.Sprintf("%s/p2p/%s", a, n.ID()))
	}
	for _, id := range n.pool.Domains() {
		st, _ := n.pool.Status(id)
		s.Roots = append(s.Roots, rootOf(st))
		s.Signs = append(s.Signs, n.signs(st)...)
	}
	s.Events.Oldest, s.Events.Latest = n.deps.Store.EventBounds()
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
	for _, k := range n.known {
		if row := n.view(k); row.State == apitype.StateInForce || row.State == apitype.StateUnknown {
			inForce[row.Lane]++
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
		s.Health = append(s.Health, apitype.Problem{Kind: "disk-full", Message: "warnings arrive and are shown, but are not kept", Hint: "free some disk space"})
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

func rootOf(s identity.DomainStatus) apitype.Root {
	r := apitype.Root{Domain: s.ID.String(), Fingerprint: identity.Fingerprint(s.ID), Frozen: len(s.Frozen) > 0, Keys: []string{}, Conflict: []string{}}
	if s.Adopted != nil {
		r.Name, r.Version, r.Threshold = s.Adopted.Name, s.Adopted.Version, int(s.Adopted.Threshold)
		for _, k := range s.Adopted.Keys {
			r.Keys = append(r.Keys, k.String())
		}
	}
	for _, f := range s.Frozen {
		r.Conflict = append(r.Conflict, f.ID.String())
	}
	return r
}

// Certificates lists the certificates this device holds, by authority.
func (n *Node) Certificates(_ context.Context, f apitype.TrustFilter, p apitype.Page) (apitype.List[apitype.Certificate], error) {
	var all []apitype.Certificate
	for _, id := range n.pool.Domains() {
		s, _ := n.pool.Status(id)
		for _, c := range s.Certificates {
			if (f.Domain == "" || f.Domain == id.String()) && alert.IsWithin(c.Authority, f.Authority) {
				all = append(all, certificateOf(c, n.now()))
			}
		}
	}
	items, next := page(all, p, func(c apitype.Certificate) string { return c.ID })
	return apitype.List[apitype.Certificate]{Schema: apitype.SchemaCerts, Items: items, Next: next}, nil
}

// severities are CAP's words for priorities.
var severities = map[wire.Priority]string{wire.PriorityRoutine: "Unknown", wire.PriorityMinor: "Minor",
	wire.PriorityModerate: "Moderate", wire.PrioritySevere: "Severe", wire.PriorityExtreme: "Extreme"}

func certificateOf(c identity.CertificateStatus, now uint64) apitype.Certificate {
	out := apitype.Certificate{ID: c.ID.String(), Domain: c.Domain.String(), Kind: c.Kind.String(), Authority: c.Authority, Person: c.Person,
		Name: c.Name, Function: c.Function, Key: c.Key.String(), Issuer: c.Issuer.String(), Created: utc(c.Created), Expires: utc(c.Expires),
		State: "valid", Counts: c.Vouched > 0, Areas: []string{}, Lanes: []string{}, Needed: int(c.Scope.Needed), Highest: severities[c.Scope.Severity]}
	for _, a := range c.Scope.Areas {
		out.Areas = append(out.Areas, a.String())
	}
	for _, l := range wire.Lanes {
		if c.Scope.Lanes.Has(l) {
			out.Lanes = append(out.Lanes, l.String())
		}
	}
	switch {
	case c.Revocation != nil:
		out.State = c.Revocation.Kind.String()
	case now < c.Created:
		out.State = "not-yet"
	case now >= c.Expires:
		out.State = "expired"
	}
	return out
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
		list = append(list, apitype.Sign{Domain: s.ID.String(), Authority: b.By, Name: names[b.By], Time: utc(b.Created), AgeS: -1, Missing: n.missing(b)})
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

// Peers lists neighbours, connected ones first.
func (n *Node) Peers(_ context.Context, p apitype.Page) (apitype.List[apitype.Peer], error) {
	var all []apitype.Peer
	seen := map[peer.ID]bool{}
	for _, k := range n.conns.Known() {
		one := n.peer(k.ID)
		if len(one.Addresses) == 0 {
			for _, a := range k.Addrs {
				one.Addresses = append(one.Addresses, a.String())
			}
		}
		one.Static, one.Met = k.Static, k.Met
		if !one.Connected {
			one.Next = k.NextDial
		}
		seen[k.ID] = true
		all = append(all, one)
	}
	for _, id := range n.deps.Host.Network().Peers() {
		if !seen[id] {
			all = append(all, n.peer(id))
		}
	}
	slices.SortFunc(all, func(a, b apitype.Peer) int {
		if a.Connected != b.Connected {
			if a.Connected {
				return -1
			}
			return 1
		}
		return strings.Compare(a.PeerID, b.PeerID)
	})
	items, next := page(all, p, func(one apitype.Peer) string { return one.PeerID })
	return apitype.List[apitype.Peer]{Schema: apitype.SchemaPeers, Items: items, Next: next}, nil
}

func (n *Node) peer(id peer.ID) apitype.Peer {
	p := apitype.Peer{PeerID: id.String(), Addresses: []string{}, Connected: n.deps.Host.Network().Connectedness(id) == network.Connected,
		RTTMs: float64(n.deps.Host.Peerstore().LatencyEWMA(id).Microseconds()) / 1000}
	for _, c := range n.deps.Host.Network().ConnsToPeer(id) {
		p.Addresses = append(p.Addresses, c.RemoteMultiaddr().String())
		p.Met, p.Direction, p.Transport = c.Stat().Opened.UTC(), strings.ToLower(c.Stat().Direction.String()), c.ConnState().Transport
	}
	if agent, err := n.deps.Host.Peerstore().Get(id, "AgentVersion"); err == nil {
		p.Agent = fmt.Sprint(agent)
	}
	for _, d := range n.pool.Domains() {
		s, _ := n.pool.Status(d)
		for _, st := range s.Stations {
			if string(st.Peer) == string(id) {
				p.Name, p.Authority = st.Name, st.By
			}
		}
	}
	return p
}

// page cuts a page out of a list whose items have distinct names; the cursor is
// the name of the last item given.
func page[T any](all []T, p apitype.Page, name func(T) string) (items []T, next string) {
	from := 0
	if p.Cursor != "" {
		from = slices.IndexFunc(all, func(v T) bool { return name(v) == p.Cursor }) + 1
	}
	limit := p.Limit
	if limit <= 0 {
		limit = apitype.DefaultLimit
	}
	to := min(from+limit, len(all))
	items = append([]T{}, all[from:to]...)
	if to < len(all) && len(items) > 0 {
		next = name(items[len(items)-1])
	}
	return items, next
}

// Submit takes an envelope from an officer's process: it is durable and
// published when this returns. One that is known already is published again.
func (n *Node) Submit(ctx context.Context, raw []byte) (apitype.Submitted, error) {
	s := apitype.Submitted{Schema: apitype.SchemaSubmitted, Neighbours: len(n.deps.Host.Network().Peers())}
	id, err := n.route.Publish(ctx, raw)
	if isReason(err, wire.ReasonSeen) {
		s.Known, err = true, nil
	}
	if err != nil {
		return s, err
	}
	s.ID = id.String()
	if level, ok := n.route.Known(id); ok {
		s.Level = int(level)
	}
	return s, nil
}

// errNotFound is what lookups return for what the device does not have.
var errNotFound = &apitype.Error{Schema: apitype.SchemaError, Code: apitype.CodeNotFound, Message: "not on this device"}
