package node

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/row"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// localSigns is a prefix in the store's local half: what a beacon itself does
// not say, such as who brought it.
const localSigns = "sign"

// lifeSigns are the last beacons of the authorities. Node.mu guards them.
type lifeSigns struct {
	last    map[signKey]*lifeSign
	unsaved map[signKey]bool
	roster  roster
}

type signKey struct {
	domain    wire.ID
	authority string
}

func (k signKey) local() string {
	sum := sha256.Sum256([]byte(k.authority)) // a path may be longer than a name
	return localSigns + "/" + k.domain.String() + "/" + hex.EncodeToString(sum[:16])
}

func newLifeSigns() lifeSigns {
	return lifeSigns{last: map[signKey]*lifeSign{}, unsaved: map[signKey]bool{}}
}

// load reads what is remembered. What is damaged is forgotten: the beacons
// themselves are in the store.
func (s *lifeSigns) load(ctx context.Context, local persist.Local) error {
	for v, err := range local.List(ctx, localSigns) {
		var corrupt *persist.CorruptError
		if errors.As(err, &corrupt) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read signs of life: %w", err)
		}
		var one lifeSign
		if json.Unmarshal(v.Content, &one) == nil {
			s.last[signKey{one.Domain, one.Authority}] = &one
		}
	}
	return nil
}

// put adds what has to be stored to a batch's local values. If the store does
// not take the batch, what was put is again unsaved.
func (s *lifeSigns) put(local map[string][]byte) (put map[signKey]bool) {
	put = s.unsaved
	s.unsaved = map[signKey]bool{}
	for k := range put {
		if local[k.local()] = nil; s.last[k] != nil {
			local[k.local()] = mustJSON(s.last[k])
		}
	}
	return put
}

func (n *Node) moment() moment {
	return moment{now: n.now(), doubt: n.clockDoubted(), mono: time.Now()}
}

// hearSign notes a beacon that arrived and returns the event that tells of it.
// The caller holds n.mu.
func (n *Node) hearSign(r *gossip.Record) (apitype.Event, bool) {
	b, err := identity.ParseBeacon(r.Envelope)
	if err != nil {
		return apitype.Event{}, false
	}
	n.signs.roster.forget()
	key := signKey{b.Domain, b.By}
	m, old := n.moment(), n.signs.last[key]
	for _, d := range n.signs.roster.of(n.pool) {
		if d.id == b.Domain && latest(append(slices.Clone(d.beacons), b), m)[b.By].ID != b.ID {
			return apitype.Event{}, false // another key of this authority was heard later
		}
	}
	s := lifeSignOf(b)
	s.Key, s.Means, s.From, s.Received, s.heard = r.Author, r.Means, printablePeer(r.From), uint64(max(0, r.Received.Unix())), m.mono
	s.follow(old)
	s.Missing = n.stillMissing(s.Missing)
	change := apitype.SignChangeHeard
	if old != nil && old.CutOff {
		if s.silence(m).state == apitype.SignHeard {
			change = apitype.SignChangeRestored
		} else {
			s.CutOff = true // an old sign is no contact
		}
	}
	n.signs.last[key], n.signs.unsaved[key] = s, true
	row := n.signRow(s, m)
	row.Change = change
	return apitype.Event{Kind: apitype.EventSign, Sign: &row}, true
}

// stillMissing leaves those out that this device holds. The caller holds n.mu.
func (n *Node) stillMissing(missing [][8]byte) [][8]byte {
	if len(missing) == 0 {
		return nil
	}
	absent := map[[8]byte]bool{}
	for _, p := range missing {
		absent[p] = true
	}
	for id := range n.known {
		delete(absent, id.Prefix())
	}
	return slices.SortedFunc(maps.Keys(absent), func(a, b [8]byte) int { return slices.Compare(a[:], b[:]) })
}

// lastSigns are the last signs of life of all authorities, brought up to date
// with the trust pool and the alerts held. The caller holds n.mu.
func (n *Node) lastSigns(m moment) []*lifeSign {
	var all []*lifeSign
	for _, d := range n.signs.roster.of(n.pool) {
		for authority, b := range latest(d.beacons, m) {
			key := signKey{d.id, authority}
			s := n.signs.last[key]
			if s == nil || s.Beacon != b.ID {
				fresh := lifeSignOf(b)
				fresh.CutOff = s != nil && s.CutOff
				s = fresh
				n.signs.last[key], n.signs.unsaved[key] = s, true
			}
			if left := n.stillMissing(s.Missing); len(left) != len(s.Missing) {
				s.Missing, n.signs.unsaved[key] = left, true
			}
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *lifeSign) int {
		return cmp.Or(a.Domain.Compare(b.Domain), strings.Compare(a.Authority, b.Authority))
	})
	return all
}

// watchSigns tells of authorities that have fallen silent, and of those that
// turned out not to have, once each. The caller holds n.mu.
func (n *Node) watchSigns() []apitype.Event {
	var events []apitype.Event
	m := n.moment()
	all := n.lastSigns(m)
	for key, s := range n.signs.last {
		if !slices.Contains(all, s) { // unpinned, revoked or over
			delete(n.signs.last, key)
			n.signs.unsaved[key] = true
		}
	}
	for _, s := range all {
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
