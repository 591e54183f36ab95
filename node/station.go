package node

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// judgeDraft says what a draft is and whether it is one: genuine, in scope, and
// short of signatures.
func (n *Node) judgeDraft(raw []byte) (*wire.Envelope, *alert.Alert, identity.Verified, error) {
	e, err := wire.Decode(raw)
	if err != nil {
		return nil, nil, identity.Verified{}, err
	}
	if _, err := n.pool.AddChain(e); err != nil {
		return nil, nil, identity.Verified{}, err
	}
	v, err := n.pool.Verify(e)
	if err != nil {
		return nil, nil, v, err
	}
	a, err := open(e)
	if err != nil {
		return nil, nil, v, err
	}
	if err := v.Permit(a.Demand()); err != nil {
		return nil, nil, v, err
	}
	return e, a, v, nil
}

// onDraft takes a draft from another station. Only stations of the same
// authority hand drafts over, so that nobody's drawer is filled by strangers.
func (n *Node) onDraft(from peer.ID, d gossip.Draft) error {
	e, _, _, err := n.judgeDraft(d.Raw)
	if err != nil {
		return err
	}
	if !slices.Contains(n.stations(e.Domain(), e.Header.Authority), from) {
		return fmt.Errorf("this device is not known as a station of %q: bind it with `kreidfeuer cert station`", e.Header.Authority)
	}
	ctx := context.Background()
	if err := n.keepDraft(ctx, e, from.String()); err != nil || !d.Rejected {
		return err
	}
	return n.noteRejection(ctx, e, d.Comment)
}

// noteRejection notes and tells that a draft was rejected, here or at another
// station. One that was answered already stays as it is.
func (n *Node) noteRejection(ctx context.Context, e *wire.Envelope, comment string) error {
	pending := false
	err := n.putDraft(ctx, e, func(d *draft) {
		if pending = d.State == apitype.DraftPending; pending {
			d.State, d.Comment = apitype.DraftRejected, comment
		}
	})
	if err == nil && pending {
		n.announceDraft(ctx, e.ID())
	}
	return err
}

// stations are the devices bound to an authority, this one excepted.
func (n *Node) stations(domain wire.ID, authority string) []peer.ID {
	s, ok := n.pool.Status(domain)
	if !ok {
		return nil
	}
	var list []peer.ID
	for _, st := range s.Stations {
		if p, err := peer.IDFromBytes(st.Peer); err == nil && st.By == authority && p != n.ID() {
			list = append(list, p)
		}
	}
	return list
}

// handover is what was handed over, and to whom.
type handover struct {
	draft   wire.ID
	station peer.ID
}

// sendDraft hands a draft to stations of its authority, as far as they lack it
// and can be reached; the others get it when they are connected.
func (n *Node) sendDraft(ctx context.Context, e *wire.Envelope, stations []peer.ID) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, p := range stations {
		to := handover{e.ID(), p}
		n.drafts.mu.Lock()
		has := n.drafts.handed[to]
		n.drafts.mu.Unlock()
		if has >= len(e.Signers) {
			continue
		}
		wg.Go(func() {
			if err := n.route.SendDraft(ctx, p, gossip.Draft{Raw: e.EncodeFull()}); err != nil {
				n.log.Warn("hand over draft", "station", p, "err", err)
				return
			}
			n.drafts.mu.Lock()
			n.drafts.handed[to] = len(e.Signers)
			n.drafts.mu.Unlock()
		})
	}
}

// sendRejection tells the other stations that a draft was rejected, as far as
// they can be reached now.
func (n *Node) sendRejection(ctx context.Context, e *wire.Envelope, comment string) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, p := range n.stations(e.Domain(), e.Header.Authority) {
		wg.Go(func() {
			if err := n.route.SendDraft(ctx, p, gossip.Draft{Raw: e.EncodeFull(), Rejected: true, Comment: comment}); err != nil {
				n.log.Warn("pass on rejection", "station", p, "err", err)
			}
		})
	}
}

// resendDrafts hands pending drafts to stations that could not be reached before.
func (n *Node) resendDrafts(ctx context.Context) {
	n.drafts.mu.Lock()
	var list []*wire.Envelope
	for _, d := range n.drafts.all {
		if d.State != apitype.DraftPending {
			continue
		}
		if e, err := wire.Decode(d.Envelope); err == nil {
			list = append(list, e)
		}
	}
	n.drafts.mu.Unlock()
	for _, e := range list {
		n.sendDraft(ctx, e, slices.DeleteFunc(n.stations(e.Domain(), e.Header.Authority), func(p peer.ID) bool {
			return n.deps.Host.Network().Connectedness(p) != network.Connected
		}))
	}
}

// isOwn reports whether this device is a station of the authority.
func (n *Node) isOwn(domain wire.ID, authority string) bool {
	s, ok := n.pool.Status(domain)
	if !ok {
		return false
	}
	for _, st := range s.Stations {
		if st.By == authority && string(st.Peer) == string(n.ID()) {
			return true
		}
	}
	return false
}
