package sim

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/persist/retention"
	"github.com/kreidfeuer/kreidfeuer/sim/model"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// levels is how many authorities a chain leads through at least, so that it is as long
// as a real one: a Land, a Kreis and who warns.
var levels = []string{"land", "kreis"}

// authors are who issues a scenario's warnings: a unit with two officers for each
// authority, and for all above it. Where one authority issues all, it is the world's own.
type authors map[string]*trusttest.Unit

// found makes a trust domain of a scenario's authorities, each below the one above it.
func (a authors) found(seed uint64, paths []string, quota func(path string, lane wire.Lane) ledger.Quota) (*trusttest.Tree, error) {
	domain, err := trusttest.New(seed)
	if err != nil {
		return nil, err
	}
	longest := 0
	for _, p := range paths {
		longest = max(longest, 1+strings.Count(p, "/"))
	}
	above := levels[:max(0, len(levels)+1-longest)]
	tree := &trusttest.Tree{Domain: domain}
	for _, p := range paths {
		names := slices.Concat(above, strings.Split(p, "/"))
		var issuer *trusttest.Unit
		var scope identity.Scope
		for i := range names {
			path := strings.Join(names[:i+1], "/")
			unit := a[path]
			if unit == nil {
				scope = charter(issuer, uint8(len(above)+longest-1-i), func(lane wire.Lane) ledger.Quota {
					return quota(strings.Join(names[min(len(above), i+1):i+1], "/"), lane)
				})
				if unit, err = domain.AddUnit(issuer, path, scope, "a", "b"); err != nil {
					return nil, err
				}
				a[path] = unit
			}
			issuer = unit
		}
		tree.Leitstelle = issuer
	}
	for _, p := range paths { // by the names that the scenario gives them
		a[p] = a[strings.Join(slices.Concat(above, []string{p}), "/")]
	}
	return tree, nil
}

// charter is what an authority may do: no more than the one above it.
func charter(above *trusttest.Unit, depth uint8, quota func(wire.Lane) ledger.Quota) identity.Scope {
	scope := trusttest.Scope(2, depth, "ARS 07131")
	most := scope
	if above != nil {
		if cert, err := identity.ParseCertificate(above.Cert); err == nil {
			most = cert.Scope
		}
	}
	for i := range scope.Quotas {
		q := &scope.Quotas[i]
		if q.Lane == wire.LaneLive || q.Lane == wire.LaneDrill {
			granted := quota(q.Lane)
			q.Count, q.Bytes = granted.Count, granted.Bytes
		}
		q.Count, q.Bytes = min(q.Count, most.Quota(q.Lane).Count), min(q.Bytes, most.Quota(q.Lane).Bytes)
	}
	return scope
}

// authorities lists the paths of who issues; nil: one authority issues all, and no quota
// is given.
func (p *player) authorities() (paths []string) {
	for i := range p.warnings {
		if path := p.warnings[i].Authority; !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	slices.SortFunc(paths, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	if len(paths) < 2 && len(p.Scenario.Authorities) == 0 {
		return nil
	}
	return paths
}

// tree is the world's trust domain.
func (p *player) tree(seed uint64) (*trusttest.Tree, error) {
	paths := p.authorities()
	if paths == nil {
		return trusttest.NewTree(seed, 2)
	}
	p.authors = authors{}
	return p.authors.found(seed, paths, p.stage.Quota)
}

// author is who issues a warning.
func (p *player) author(number int) *trusttest.Unit {
	if unit := p.authors[p.warnings[number].Authority]; unit != nil {
		return unit
	}
	return p.world.author
}

// scarce reports whether devices may have to give warnings up.
func (p *player) scarce() bool {
	return len(p.Scenario.Authorities) > 0 || slices.ContainsFunc(p.Scenario.Groups, func(g scenario.Group) bool { return g.Store > 0 })
}

// room is how much a device's store may hold; 0: as much as the program takes.
func (p *player) room(device int) uint64 {
	if g := p.stage.Group(p.cast.roles[device]); g != nil {
		return uint64(g.Store)
	}
	return 0
}

// scarcity counts what devices have given up: what they have told of and do not hold.
func (p *player) scarcity() {
	if !p.scarce() {
		return
	}
	w := p.world
	for _, d := range w.devices {
		if !d.up {
			continue
		}
		held := w.checker.holds(d)
		for number := range p.warnings {
			e := p.signed[number]
			if e == nil || p.warnings[number].Confirms >= 0 || w.Now() >= p.warnings[number].At+p.warnings[number].Lasts {
				continue
			}
			_, told := d.toldOf(e.ID())
			if _, has := held[e.ID().String()]; told && !has {
				p.played.GivenUp = append(p.played.GivenUp, model.Arrival{At: w.Now(), Alert: number, Device: p.cast.roles[d.number]})
			}
		}
	}
}

// released is how many warnings a device has given up for want of room in its store.
func released(d *Device) (n uint64) {
	s, err := d.Store(d.world.ctx)
	if err != nil {
		return 0
	}
	for _, r := range s.Removed {
		if r.Reason == string(retention.OverQuota) {
			n += uint64(r.Count)
		}
	}
	return n
}
