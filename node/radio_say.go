package node

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// wanted lists what has to be said: alerts, and the certificates they rest on. What was
// accepted a moment ago is about to be written, at its new level too, and then it is said.
func (w *airwaves) wanted(ctx context.Context) map[wire.ID]saying {
	all, chains := map[wire.ID]saying{}, map[wire.ID]chain{}
	for _, s := range w.node.sayings() {
		rests, ok := w.chains[s.id]
		if !ok || rests.level < s.level {
			var err error
			if rests, err = w.node.restsOn(ctx, s.id); errors.Is(err, errNotFound) {
				w.wake()
				continue
			}
			if err != nil {
				w.log.Warn("an alert cannot be read, nor the certificates that it rests on", "id", s.id, "err", err)
				rests.level = s.level // it would fail again
			}
		}
		if rests.level < s.level {
			w.wake()
			s.level = rests.level
		}
		all[s.id], chains[s.id] = s, rests
		for _, id := range rests.certs {
			proof, ok := all[id]
			if !ok {
				proof = saying{id: id, proof: true, severity: s.severity, doubtful: s.doubtful}
			}
			if proof.severity.Rank() < s.severity.Rank() {
				proof.severity = s.severity
			}
			proof.lasting = max(proof.lasting, s.lasting)
			all[id] = proof
		}
	}
	w.chains = chains
	return all
}

// restsOn lists the certificates that it takes to verify an alert as it is written: its issuer's
// and its signers', and those that these rest on, up to the root, which everybody
// has to have from elsewhere. An alert that is not written is [errNotFound].
func (n *Node) restsOn(ctx context.Context, id wire.ID) (c chain, err error) {
	stored, err := (keeper{n}).Get(ctx, id)
	if errors.Is(err, persist.ErrNotFound) {
		return c, errNotFound
	}
	if err != nil {
		return c, err
	}
	e, err := wire.Decode(stored.Envelope)
	if err != nil {
		return c, err
	}
	c.level, c.certs = stored.Level, n.vouchers(e, nil)
	for i := 0; i < len(c.certs) && len(c.certs) < maxChain; i++ {
		raw, err := n.Envelope(ctx, c.certs[i])
		if err != nil {
			continue // not held any more
		}
		if e, err := wire.Decode(raw); err == nil {
			c.certs = n.vouchers(e, c.certs)
		}
	}
	return c, nil
}

// vouchers adds to a list the certificates of an envelope's issuer and signers, the root's apart.
func (n *Node) vouchers(e *wire.Envelope, list []wire.ID) []wire.ID {
	for _, c := range identity.RestsOn(e, nil) {
		if _, ok := n.pool.Certificate(c); ok && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

// sayings lists the alerts of live that a radio says: those in force and the ends
// of incidents, the most severe and newest first.
func (n *Node) sayings() []saying {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.outlook()
	var list []*known
	for _, k := range n.known {
		if k.fact.Lane != wire.LaneLive || k.fact.Revoked {
			continue
		}
		switch state := now.stateOf(k); {
		case state == apitype.StateInForce || state == apitype.StateUnknown || state == apitype.StateNotYet:
		case isEnd(k.fact.Kind) && state != apitype.StateSuperseded && state != apitype.StateRevoked && k.fact.Expires > now.clock.Now:
		default:
			continue
		}
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b *known) int {
		return cmp.Or(cmp.Compare(b.fact.Severity, a.fact.Severity), cmp.Compare(b.fact.Created, a.fact.Created), a.fact.ID.Compare(b.fact.ID))
	})
	var all []saying
	for _, k := range list[:min(len(list), maxSaid)] {
		s := saying{id: k.fact.ID, level: k.fact.Level, severity: cap.Severity(k.row.Severity), lasting: longestSaid, doubtful: now.clock.Doubtful()}
		if isEnd(k.fact.Kind) && s.severity.Rank() < cap.Severe.Rank() {
			s.severity = cap.Severe // an end must reach whoever got the alert
		}
		if left := time.Duration(k.fact.Expires-min(now.clock.Now, k.fact.Expires)) * time.Second; !s.doubtful {
			s.lasting = min(left, longestSaid)
		}
		all = append(all, s)
	}
	return all
}

func isEnd(k alert.Kind) bool { return k == alert.KindAllClear || k == alert.KindWithdrawal }
