package node

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Status describes the device.
func (n *Node) Status(context.Context) (apitype.Status, error) {
	doubts := n.clockDoubts()
	stats := n.route.Stats()
	s := apitype.Status{
		Schema: apitype.SchemaStatus, Name: n.cfg.Name, PeerID: n.ID().String(), Version: n.cfg.Version, Started: n.started.UTC(),
		Peers: len(n.deps.Host.Network().Peers()),
		Clock: apitype.Clock{Now: n.deps.Now().UTC(), Doubt: len(doubts) > 0, Reasons: doubts},
		Store: apitype.Store{Backend: n.cfg.Backend, Dir: n.cfg.Dir},
		Traffic: apitype.Traffic{Accepted: stats.Accepted, Ignored: stats.Ignored, Rejected: stats.Rejected,
			Duplicate: stats.Duplicate, Dropped: stats.Dropped, CutOff: stats.CutOff},
	}
	if floor := n.anyClock().Floor; floor > 0 {
		s.Clock.Floor = utc(floor)
	}
	for _, a := range n.deps.Host.Addrs() {
		s.Listen = append(s.Listen, fmt.Sprintf("%s/p2p/%s", a, n.ID()))
	}
	for _, id := range n.pool.Domains() {
		s.Domains = append(s.Domains, n.domain(id, false))
	}
	usage := n.deps.Store.Usage()
	for _, lane := range wire.Lanes {
		s.Lanes = append(s.Lanes, apitype.Lane{Lane: lane.String(), Envelopes: uint64(usage[lane].Count), Bytes: uint64(usage[lane].Bytes)})
	}
	_, s.Events = n.deps.Store.EventBounds()
	n.mu.Lock()
	defer n.mu.Unlock()
	s.Store.Full, s.Store.Unsaved = n.full, len(n.unsaved)
	s.Places = slices.Clone(n.places)
	return s, nil
}

// Trust lists what the device trusts.
func (n *Node) Trust(context.Context) (apitype.Trust, error) {
	t := apitype.Trust{Schema: apitype.SchemaTrust}
	for _, id := range n.pool.Domains() {
		t.Domains = append(t.Domains, n.domain(id, true))
	}
	return t, nil
}

func (n *Node) domain(id wire.ID, full bool) apitype.Domain {
	s, _ := n.pool.Status(id)
	d := apitype.Domain{ID: id.String(), Fingerprint: identity.Fingerprint(id), Pinned: s.Pinned, Frozen: len(s.Frozen) > 0}
	if s.Adopted != nil {
		d.Name, d.Version = s.Adopted.Name, s.Adopted.Version
	}
	names := map[string]string{"": d.Name}
	for _, c := range s.Certificates {
		if c.Kind == identity.KindUnit {
			names[c.Authority] = c.Name
		}
		if full {
			d.Authorities = append(d.Authorities, authority(c))
		}
	}
	for _, b := range s.Beacons {
		d.Lifesigns = append(d.Lifesigns, apitype.Lifesign{Authority: b.By, Name: names[b.By], Last: utc(b.Created), Missing: n.missing(b)})
	}
	for _, l := range s.Revocations {
		for _, r := range l.Entries {
			if full {
				d.Revocations = append(d.Revocations, apitype.Revocation{Key: r.Key.String(), Authority: r.Authority,
					Kind: r.Kind.String(), At: utc(r.At), By: l.By})
			}
		}
	}
	return d
}

func authority(c identity.CertificateStatus) apitype.Authority {
	a := apitype.Authority{ID: c.ID.String(), Kind: c.Kind.String(), Authority: c.Authority, Person: c.Person, Name: c.Name,
		Function: c.Function, Key: c.Key.String(), Scope: c.Scope.String(), Created: utc(c.Created), Expires: utc(c.Expires), Counts: c.Vouched > 0}
	if c.Revocation != nil {
		a.Revoked = c.Revocation.Kind.String()
	}
	return a
}

// missing are the alerts that a beacon names in force and this device lacks.
func (n *Node) missing(b *identity.Beacon) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	have := map[[8]byte]bool{}
	for id := range n.known {
		have[id.Prefix()] = true
	}
	var missing []string
	for _, p := range b.InForce {
		if !have[p] {
			missing = append(missing, hex.EncodeToString(p[:]))
		}
	}
	return missing
}

// Peers lists neighbours, connected ones first.
func (n *Node) Peers(context.Context) (apitype.Peers, error) {
	list := apitype.Peers{Schema: apitype.SchemaPeers}
	seen := map[peer.ID]bool{}
	for _, k := range n.conns.Known() {
		p := n.peer(k.ID)
		if len(p.Addrs) == 0 {
			for _, a := range k.Addrs {
				p.Addrs = append(p.Addrs, a.String())
			}
		}
		p.Source = "found"
		if k.Static {
			p.Source = "static"
		}
		seen[k.ID] = true
		list.Items = append(list.Items, p)
	}
	for _, id := range n.deps.Host.Network().Peers() {
		if !seen[id] {
			p := n.peer(id)
			p.Source = "inbound"
			list.Items = append(list.Items, p)
		}
	}
	slices.SortStableFunc(list.Items, func(a, b apitype.Peer) int {
		switch {
		case a.Connected && !b.Connected:
			return -1
		case b.Connected && !a.Connected:
			return 1
		}
		return 0
	})
	return list, nil
}

func (n *Node) peer(id peer.ID) apitype.Peer {
	p := apitype.Peer{ID: id.String(), Connected: n.deps.Host.Network().Connectedness(id) == network.Connected,
		ClockOff: n.clocks.of(id).Round(time.Second).Seconds()}
	for _, c := range n.deps.Host.Network().ConnsToPeer(id) {
		p.Addrs = append(p.Addrs, c.RemoteMultiaddr().String())
		p.Since = c.Stat().Opened.UTC()
	}
	if agent, err := n.deps.Host.Peerstore().Get(id, "AgentVersion"); err == nil {
		p.Agent = fmt.Sprint(agent)
	}
	for _, d := range n.pool.Domains() {
		s, _ := n.pool.Status(d)
		for _, st := range s.Stations {
			if string(st.Peer) == string(id) {
				p.Station = st.By
			}
		}
	}
	return p
}

// Head is the highest sequence of a key in a lane that this device has seen.
func (n *Node) Head(_ context.Context, key identity.PublicKey, lane wire.Lane) (apitype.Head, error) {
	h := apitype.Head{Schema: apitype.SchemaHead, Key: key.String(), Lane: lane.String()}
	if sequence, id := n.route.Head(key, lane); sequence > 0 {
		h.Sequence, h.ID = sequence, id.String()
	}
	return h, nil
}

// Submit takes an envelope from an officer's process. An alert that lacks
// signatures becomes a draft of this station and goes to the other stations of
// its authority; anything else is durable and published when this returns.
func (n *Node) Submit(ctx context.Context, raw []byte) (apitype.Receipt, error) {
	r := apitype.Receipt{Schema: apitype.SchemaReceipt, State: draftPublished, Peers: len(n.deps.Host.Network().Peers())}
	id, err := n.route.Publish(ctx, raw)
	if !isReason(err, wire.ReasonBadQuorum) {
		r.ID = id.String()
		return r, err
	}
	e, _, v, judged := n.judgeDraft(raw)
	if judged != nil {
		return r, judged
	}
	if err := n.keepDraft(ctx, e); err != nil {
		return r, err
	}
	r.ID, r.State, r.Have, r.Needed = e.ID().String(), draftPending, int(v.Level), v.Needed
	r.SentTo = n.sendDraft(ctx, e)
	return r, nil
}

// errNotFound is what lookups return for what the device does not have.
var errNotFound = errors.New("not found on this device")

// IsNotFound reports whether err means that the device does not have it.
func IsNotFound(err error) bool { return errors.Is(err, errNotFound) }
