package alert

import (
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

func (f *Fact) key(t cap.Reference) tripleKey { return tripleKey{f.Domain, f.Lane, f.Authority, t} }

func (s *State) insert(f Fact) *Fact {
	f.Refs, f.RefTriples = once(f.Refs), once(f.RefTriples)
	p := &f
	s.facts[f.ID] = p
	for _, id := range f.Refs {
		s.followers[id] = append(s.followers[id], p)
	}
	s.triples[f.key(f.Triple)] = append(s.triples[f.key(f.Triple)], p)
	for _, t := range f.RefTriples {
		s.named[f.key(t)] = append(s.named[f.key(t)], p)
	}
	q := sequenceKey{f.Author, f.Lane, f.Sequence}
	s.sequences[q] = append(s.sequences[q], p)
	return p
}

// once returns the elements of list without repetitions.
func once[E comparable](list []E) []E {
	seen := make(map[E]bool, len(list))
	return slices.DeleteFunc(slices.Clone(list), func(e E) bool {
		again := seen[e]
		seen[e] = true
		return again
	})
}

func (s *State) remove(f *Fact) {
	delete(s.facts, f.ID)
	for _, id := range f.Refs {
		drop(s.followers, id, f)
	}
	drop(s.triples, f.key(f.Triple), f)
	for _, t := range f.RefTriples {
		drop(s.named, f.key(t), f)
	}
	drop(s.sequences, sequenceKey{f.Author, f.Lane, f.Sequence}, f)
}

func drop[K comparable](m map[K][]*Fact, k K, f *Fact) {
	m[k] = slices.DeleteFunc(m[k], func(g *Fact) bool { return g == f })
	if len(m[k]) == 0 {
		delete(m, k)
	}
}

// targetFacts are the facts that f names, with right or without. Envelope IDs
// decide; triples count only where an alert gives no ID, as imports may.
func (s *State) targetFacts(f *Fact) []*Fact {
	var list []*Fact
	for _, id := range f.Refs {
		if t := s.facts[id]; t != nil && t != f {
			list = append(list, t)
		}
	}
	if len(f.Refs) > 0 {
		return list
	}
	for _, r := range f.RefTriples {
		for _, t := range s.triples[f.key(r)] {
			if byAge(t, f) < 0 {
				list = append(list, t)
			}
		}
	}
	return list
}

// targets are the facts that f follows up with right and effect.
func (s *State) targets(f *Fact) []*Fact {
	return slices.DeleteFunc(s.targetFacts(f), func(t *Fact) bool { return !f.hasEffectOn(t) })
}

// groups splits the facts that the given ones are connected with into
// incidents, each sorted by age; in the order of their earliest fact.
func (s *State) groups(from []*Fact) [][]*Fact {
	var groups [][]*Fact
	seen := map[*Fact]bool{}
	for _, f := range from {
		if seen[f] {
			continue
		}
		seen[f] = true
		group := []*Fact{f}
		for i := 0; i < len(group); i++ {
			for _, n := range s.neighbours(group[i]) {
				if !seen[n] {
					seen[n] = true
					group = append(group, n)
				}
			}
		}
		slices.SortFunc(group, byAge)
		groups = append(groups, group)
	}
	slices.SortFunc(groups, func(a, b []*Fact) int { return byAge(a[0], b[0]) })
	return groups
}

// neighbours are the facts of the same incident next to f: what it follows up,
// what follows it up, what speaks of the same missing alert for the same
// authority, and what claims the same triple.
func (s *State) neighbours(f *Fact) []*Fact {
	if f.Revoked {
		return nil
	}
	list := s.targets(f)
	for _, g := range s.followers[f.ID] {
		if g.hasEffectOn(f) {
			list = append(list, g)
		}
	}
	for _, g := range s.named[f.key(f.Triple)] {
		if len(g.Refs) == 0 && byAge(f, g) < 0 && g.hasEffectOn(f) {
			list = append(list, g)
		}
	}
	for _, id := range f.Refs {
		if s.facts[id] != nil || f.Kind == KindAlert {
			continue
		}
		for _, g := range s.followers[id] {
			if f.sameIssuer(g) && g.Kind != KindAlert && !g.Revoked {
				list = append(list, g)
			}
		}
	}
	for _, g := range s.triples[f.key(f.Triple)] {
		if !g.Revoked {
			list = append(list, g)
		}
	}
	return list
}

// hasEffectOn reports whether f, which refers to t, may and does follow it up.
func (f *Fact) hasEffectOn(t *Fact) bool {
	return f.Kind != KindAlert && !f.Revoked && !t.Revoked && f != t && f.mayFollow(t)
}

func (f *Fact) sameIssuer(g *Fact) bool {
	return f.Domain == g.Domain && f.Lane == g.Lane && f.Authority == g.Authority
}

// equivocal are the alerts of a group that contradict another one: same triple,
// or same place in a key's sequence.
func (s *State) equivocal(group []*Fact) []wire.ID {
	var ids []wire.ID
	for _, f := range group {
		fork := s.sequences[sequenceKey{f.Author, f.Lane, f.Sequence}]
		if len(s.triples[f.key(f.Triple)]) > 1 || f.Sequence > 0 && len(fork) > 1 {
			ids = append(ids, f.ID)
		}
	}
	return ids
}
