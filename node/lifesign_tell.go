package node

import (
	"encoding/hex"
	"fmt"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/row"
)

// watchSigns tells of authorities that have fallen silent, and of those that
// turned out not to have, once each. The caller holds n.mu.
func (n *Node) watchSigns() []apitype.Event {
	var events []apitype.Event
	m := n.moment()
	for _, s := range n.lastSigns(m) {
		state := s.silence(m).state
		change := apitype.SignChangeCutOff
		switch {
		case state == apitype.SignCutOff && !s.CutOff:
		case state == apitype.SignHeard && s.CutOff: // the clock was put right
			change = apitype.SignChangeRestored
		default:
			continue
		}
		s.CutOff = state == apitype.SignCutOff
		n.signs.unsaved[signKey{s.Domain, s.Authority}] = true
		row := n.signRow(s, m)
		row.Change = change
		events = append(events, apitype.Event{Kind: apitype.EventSign, Sign: &row})
	}
	return events
}

// signRow describes a sign for programs. The caller holds n.mu.
func (n *Node) signRow(s *lifeSign, m moment) apitype.Sign {
	q := s.silence(m)
	out := apitype.Sign{Domain: s.Domain.String(), Authority: s.Authority, State: q.state, Time: row.UTC(s.Created),
		AgeS: wholeSeconds(q.arrived), SilentS: wholeSeconds(q.atLeast),
		PatienceS: wholeSeconds(s.patience()), CutOff: q.state == apitype.SignCutOff, From: s.From, Means: string(s.Means),
		Carried: s.carried(), InForce: s.Named, Complete: len(s.Missing) == 0, Missing: []string{}}
	if s.Received > 0 {
		out.Received = row.UTC(s.Received)
	}
	for _, d := range n.signs.roster.of(n.pool) {
		if d.id == s.Domain {
			out.Name = d.name(s.Authority)
		}
	}
	for _, h := range s.Heads {
		out.Unheard = append(out.Unheard, fmt.Sprintf("%s:%d", h.Lane, h.Sequence))
	}
	for _, p := range s.Missing {
		out.Missing = append(out.Missing, hex.EncodeToString(p[:]))
	}
	return out
}

func wholeSeconds(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return int64(d / time.Second)
}

// signRows are the last signs of all authorities; a pinned domain that has never
// given one is listed too: silence must be seen.
func (n *Node) signRows() []apitype.Sign {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.moment()
	rows := []apitype.Sign{}
	heard := map[wire.ID]bool{}
	for _, s := range n.lastSigns(m) {
		rows = append(rows, n.signRow(s, m))
		heard[s.Domain] = true
	}
	for _, d := range n.signs.roster.of(n.pool) {
		if !heard[d.id] {
			rows = append(rows, apitype.Sign{Domain: d.id.String(), Name: d.root, State: apitype.SignNever, AgeS: -1, SilentS: -1,
				Missing: []string{}})
		}
	}
	return rows
}
