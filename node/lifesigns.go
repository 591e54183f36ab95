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
	matched bool   // with the pool, at version
	version uint64 // of the pool
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
	key := signKey{b.Domain, b.By}
	m, old := n.moment(), n.signs.last[key]
	same := old != nil && old.Beacon == b.ID // found in the pool meanwhile
	if old != nil && !same && old.Key != r.Author && !m.later(b.Created, old.Created) {
		return apitype.Event{}, false // another key of this authority was heard later
	}
	s := lifeSignOf(b)
	s.Key, s.Means, s.From, s.Received, s.heard = r.Author, r.Means, printablePeer(r.From), uint64(max(0, r.Received.Unix())), m.mono
	if s.follow(old); same {
		s.Interval = old.Interval
	}
	n.settle(s)
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

// settle notes what a beacon names and is here, and reports whether there was
// something new. The caller holds n.mu.
func (n *Node) settle(s *lifeSign) (changed bool) {
	missing, heads := len(s.Missing), len(s.Heads)
	s.Missing = n.stillMissing(s.Missing)
	s.Heads = slices.DeleteFunc(s.Heads, func(h namedHead) bool { return n.known[h.ID] != nil })
	return len(s.Missing) != missing || len(s.Heads) != heads
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
	n.matchSigns(m)
	all := make([]*lifeSign, 0, len(n.signs.last))
	for key, s := range n.signs.last {
		if n.settle(s) {
			n.signs.unsaved[key] = true
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *lifeSign) int {
		return cmp.Or(a.Domain.Compare(b.Domain), strings.Compare(a.Authority, b.Authority))
	})
	return all
}

// matchSigns brings the signs in line with the pool after trust has changed: a
// revocation may have taken a beacon away, a pin may have brought some. What
// arrives in between is heard one by one. The caller holds n.mu.
func (n *Node) matchSigns(m moment) {
	version := n.pool.Version()
	if n.signs.matched && n.signs.version == version {
		return
	}
	n.signs.matched, n.signs.version = true, version
	n.signs.roster.forget()
	there, seen := map[wire.ID]bool{}, map[signKey]bool{}
	for _, d := range n.signs.roster.of(n.pool) {
		for _, b := range d.beacons {
			there[b.ID] = true
		}
		for authority, b := range latest(d.beacons, m) {
			key := signKey{d.id, authority}
			seen[key] = true
			if s := n.signs.last[key]; s == nil || !there[s.Beacon] {
				fresh := lifeSignOf(b)
				if s != nil {
					fresh.CutOff, fresh.Interval = s.CutOff, s.Interval
				}
				n.signs.last[key], n.signs.unsaved[key] = fresh, true
			}
		}
	}
	if !n.isLoaded() {
		return // beacons are still to be read
	}
	for key := range n.signs.last {
		if !seen[key] { // unpinned, revoked or over
			delete(n.signs.last, key)
			n.signs.unsaved[key] = true
		}
	}
}

func (n *Node) isLoaded() bool {
	select {
	case <-n.loaded:
		return true
	default:
		return false
	}
}
