package identity

import (
	"cmp"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// held is a certificate in the pool. All but strength is immutable.
type held struct {
	cert     *Certificate
	env      *wire.Envelope // without chain
	raw      string         // env encoded
	strength int            // needed signatures towards which the person counts; fromAbove for all others
}

// judgeCertificate holds a certificate against its issuer and its signers,
// signatures apart. It returns towards how many needed signatures a person
// counts.
func (d *domain) judgeCertificate(c *Certificate, e *wire.Envelope) (panel, int, error) {
	p, err := d.convene(e)
	if err != nil {
		return p, 0, err
	}
	if p.root != nil {
		return p, fromAbove, p.judgeByRoot(c)
	}
	if p.unit.cert.Scope.Depth == 0 {
		return p, 0, wire.Refuse(wire.ReasonNotContain, "%q may not certify anybody", c.By)
	}
	if err := c.within(p.unit.cert); err != nil {
		return p, 0, err
	}
	for i := range p.seats {
		p.seats[i].unfit = !p.seats[i].unitKey && !p.seats[i].held.cert.mayCertify(c)
	}
	if c.Authority != c.By {
		return p, fromAbove, p.quorum()
	}
	strength := p.vouchers()
	if strength == 0 {
		return p, 0, p.short(0, 1)
	}
	return p, strength, nil
}

func (p *panel) judgeByRoot(c *Certificate) error {
	if c.Expires > p.root.Expires {
		return wire.Refuse(wire.ReasonNotContain, "valid until %d, root version %d until %d", c.Expires, p.root.Version, p.root.Expires)
	}
	if len(p.seats) < p.needed {
		return wire.Refuse(wire.ReasonBadQuorum, "%d of %d needed root signatures", len(p.seats), p.needed)
	}
	return nil
}

// mayCertify reports whether a person may sign c: nobody gives what they do not have.
func (c *Certificate) mayCertify(child *Certificate) bool {
	return c.Kind == KindPerson && c.Scope.Depth > 0 &&
		int(child.Scope.Depth) <= int(c.Scope.Depth)-child.levelsBelow(c.Authority) && child.Scope.Within(&c.Scope) == nil
}

// quorum holds that the unit itself decided: one person or the unit's key where
// one signature is needed, else as many counting persons as are needed.
func (p *panel) quorum() error {
	if n := p.count(p.needed); n < p.needed && (p.needed > 1 || !p.unitSigned()) {
		return p.short(n, p.needed)
	}
	return nil
}

func (p *panel) unitSigned() bool {
	return slices.ContainsFunc(p.seats, func(s seat) bool { return s.unitKey && !s.withdrawn })
}

// vouchers is the highest k for which k distinct persons have signed who count
// towards k themselves; 1 if but the unit's key has signed. So a person never
// counts for more than those who vouched, whatever the unit needed at the time.
func (p *panel) vouchers() int {
	for k := len(p.seats); k > 0; k-- {
		if p.count(k) >= k {
			return k
		}
	}
	return count(p.unitSigned())
}

// group is the certificates that share a bound: those of one issuer for subjects
// below it, and apart from them those for its own persons.
type group struct {
	issuer wire.ID
	own    bool
}

func (c *Certificate) group() group { return group{c.Issuer, c.By == c.Authority} }

// maxRenewals bounds the certificates of one subject that overlap in time
// (format): a key in use, its successors, and some spare.
const maxRenewals = 8

// maxRootSubjects bounds the subjects certified under one root version (format).
const maxRootSubjects = maxChildren

// rank orders a group's certificates: who counts for more comes first, so that a
// stolen unit key cannot crowd out officers; then the older, by sequence.
func rank(a, b *held) int {
	return cmp.Or(cmp.Compare(b.strength, a.strength), cmp.Compare(a.cert.Sequence, b.cert.Sequence), a.cert.ID.Compare(b.cert.ID))
}

// excess returns the members that the bound on children leaves no room for: a
// member is admitted if, of those ranked before it, fewer than children other
// subjects overlap with it in time. It depends on the set alone, not on clocks
// or the order of arrival. In all, a group never exceeds children × maxRenewals:
// else certificates of a second each would not overlap, and fill any memory.
func excess(members []*held, children int) map[wire.ID]bool {
	index, most := numberSubjects(members)
	if len(index) <= children && most <= maxRenewals {
		return nil
	}
	over := map[wire.ID]bool{}
	seen := make([]int, len(index)) // by subject: the member that saw it last
	var admitted []*held
	for i, m := range slices.SortedFunc(slices.Values(members), rank) {
		own, renewals, others := index[m.cert.subject()], 0, 0
		for _, a := range admitted {
			if a.cert.Expires <= m.cert.Created || m.cert.Expires <= a.cert.Created {
				continue
			}
			if s := index[a.cert.subject()]; s == own {
				renewals++
			} else if seen[s] != i+1 {
				seen[s] = i + 1
				others++
			}
		}
		if renewals >= maxRenewals || renewals == 0 && others >= children || len(admitted) >= children*maxRenewals {
			over[m.cert.ID] = true
			continue
		}
		admitted = append(admitted, m)
	}
	return over
}

// numberSubjects numbers the distinct subjects and counts the most certificates of one.
func numberSubjects(members []*held) (index map[subject]int, most int) {
	index = make(map[subject]int, len(members))
	var counts []int
	for _, m := range members {
		s := m.cert.subject()
		i, ok := index[s]
		if !ok {
			i = len(counts)
			index[s], counts = i, append(counts, 0)
		}
		counts[i]++
		most = max(most, counts[i])
	}
	return index, most
}

// room is the bound on subjects in c's group.
func (d *domain) room(c *Certificate) int {
	if issuer, ok := d.certs[c.Issuer]; ok {
		return int(issuer.cert.Scope.Children)
	}
	return maxRootSubjects
}
