package identity

import (
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// maxRivals bounds the kept successors of one root version: two prove a fork,
// more prove nothing else.
const maxRivals = 2

// rootForm is a root version with the signatures held.
type rootForm struct {
	*Root
	env      *wire.Envelope // without chain
	raw      string         // env encoded
	recovery bool           // the previous version's recovery keys signed
	passOn   bool           // every signature of env is verified: others will accept it
	settled  bool           // a successor was adopted once
}

func newRootForm(r *Root, e *wire.Envelope, recovery, passOn bool) *rootForm {
	e = e.Stored()
	return &rootForm{Root: r, env: e, raw: string(e.Encode()), recovery: recovery, passOn: passOn}
}

// rootLine is a domain's succession of root versions, from the oldest known
// ancestor through the baseline to the adopted version.
type rootLine struct {
	line     []*rootForm
	baseline int                     // index of the pinned version in line
	rivals   map[wire.ID][]*rootForm // verified successors of versions in line
	frozen   []*rootForm             // rivals that nothing decides between
	genuine  *signatures             // the pool's
}

func newRootLine(pinned *rootForm, genuine *signatures) *rootLine {
	return &rootLine{line: []*rootForm{pinned}, rivals: map[wire.ID][]*rootForm{}, genuine: genuine}
}

func (l *rootLine) adopted() *rootForm { return l.line[len(l.line)-1] }

// find returns a version in the line.
func (l *rootLine) find(id wire.ID) (*rootForm, bool) {
	i := slices.IndexFunc(l.line, func(f *rootForm) bool { return f.ID == id })
	if i < 0 {
		return nil, false
	}
	return l.line[i], true
}

// counts returns a version whose signatures count: in the line, at or above the
// adopted version's floor.
func (l *rootLine) counts(id wire.ID) (*Root, error) {
	f, ok := l.find(id)
	if !ok {
		if len(l.frozen) > 0 {
			return nil, wire.Refuse(wire.ReasonFrozen, "root version %s is not adopted: its domain is frozen at version %d", id.Short(), l.adopted().Version)
		}
		return nil, wire.Refuse(wire.ReasonUnknownIssuer, "root version %s", id.Short())
	}
	if floor := l.adopted().Floor; f.Version < floor {
		return nil, wire.Refuse(wire.ReasonRevoked, "root version %d lies below the floor %d", f.Version, floor)
	}
	return f.Root, nil
}

// known returns the held form of a version, in the line or a rival.
func (l *rootLine) known(r *Root) (*rootForm, bool) {
	if f, ok := l.find(r.ID); ok {
		return f, true
	}
	for _, f := range l.rivals[r.Previous] {
		if f.ID == r.ID {
			return f, true
		}
	}
	return nil, false
}

// check verifies a version against what is known and returns the form held or to
// be inserted. A version below the line is vouched for by the hash link from
// above, its signatures by nothing until the version before it is known: it is
// then not to be passed on.
func (l *rootLine) check(r *Root, e *wire.Envelope) (*rootForm, error) {
	if f, ok := l.known(r); ok && (f.passOn || f == l.line[0]) && f.raw == string(e.Encode()) {
		return f, nil
	}
	first := l.line[0]
	if r.ID == first.ID || r.ID == first.Previous && r.Version+1 == first.Version {
		if r.Version > 1 {
			return newRootForm(r, e, false, false), nil
		}
		return newRootForm(r, e, false, true), selfSigned(r, e, l.genuine)
	}
	before, ok := l.find(r.Previous)
	switch {
	case r.Version == 1:
		return nil, wire.Refuse(wire.ReasonUnknownDomain, "another genesis")
	case !ok && r.Version <= first.Version:
		return nil, wire.Refuse(wire.ReasonSuperseded, "root version %d lies below the oldest known one, %d", r.Version, first.Version)
	case !ok && len(l.frozen) > 0:
		return nil, wire.Refuse(wire.ReasonFrozen, "root version %d follows none that is adopted", r.Version)
	case !ok:
		return nil, wire.Refuse(wire.ReasonUnknownIssuer, "root version before %d", r.Version)
	case r.Version != before.Version+1:
		return nil, wire.Refuse(wire.ReasonBadPayload, "root version %d follows %d", r.Version, before.Version)
	}
	recovery, err := checkSuccession(before.Root, r, e, l.genuine)
	if err != nil {
		return nil, err
	}
	return newRootForm(r, e, recovery, true), nil
}

// insert takes a checked form in and reports whether the adopted version or the
// freeze changed.
func (l *rootLine) insert(f *rootForm) (changed bool) {
	if held, ok := l.find(f.ID); ok {
		if f.passOn && !held.passOn {
			held.passOn, held.env, held.raw = true, f.env, f.raw
		}
		if !f.recovery || held.recovery || f.ID == l.line[0].ID {
			return false
		}
	} else if f.ID == l.line[0].Previous {
		l.line = slices.Insert(l.line, 0, f)
		l.baseline++
		return true // certificates issued under it now find their root
	}
	l.rivals[f.Previous] = keepRivals(l.rivals[f.Previous], f)
	return l.walk()
}

// rebase makes a version in the line, or a rival of one, the baseline. It
// reports whether it was there.
func (l *rootLine) rebase(r *Root) bool {
	i := slices.IndexFunc(l.line, func(f *rootForm) bool { return f.ID == r.ID })
	if i < 0 {
		f, rival := l.known(r)
		i = 1 + slices.IndexFunc(l.line, func(f *rootForm) bool { return f.ID == r.Previous })
		if !rival {
			return false
		}
		l.line = append(slices.Clone(l.line[:i]), f)
	}
	l.baseline = max(l.baseline, i)
	l.walk()
	return true
}

// keepRivals adds f, and keeps those that decide, with the lowest IDs, so that
// every order of arrival ends alike: what recovery has signed, if anything.
func keepRivals(rivals []*rootForm, f *rootForm) []*rootForm {
	rescued := func(o *rootForm) bool { return o.recovery }
	if !f.recovery && slices.ContainsFunc(rivals, rescued) {
		return rivals
	}
	kept := slices.DeleteFunc(slices.Clone(rivals), func(o *rootForm) bool { return o.recovery != f.recovery || o.ID == f.ID })
	kept = append(kept, f)
	slices.SortFunc(kept, func(a, b *rootForm) int { return a.ID.Compare(b.ID) })
	return kept[:min(len(kept), maxRivals)]
}

// walk follows the succession from the baseline again and reports a change.
func (l *rootLine) walk() bool {
	before, wasFrozen := l.line, len(l.frozen) > 0
	for _, f := range before[:len(before)-1] {
		f.settled = true
	}
	l.line, l.frozen = slices.Clone(before[:l.baseline+1]), nil
	for {
		next, conflict := l.choose(before)
		if next == nil {
			l.frozen = conflict
			break
		}
		l.line = append(l.line, next)
	}
	for id := range l.rivals {
		if _, ok := l.find(id); !ok {
			delete(l.rivals, id)
		}
	}
	return wasFrozen != (len(l.frozen) > 0) || !slices.Equal(before, l.line)
}

// choose picks the successor of the last version in l.line; before is the line
// as it was. A version that had a successor already is settled: keys that were
// rotated away cannot undo it, unless they are the recovery keys, and no later
// settled version was signed by recovery in turn.
func (l *rootLine) choose(before []*rootForm) (next *rootForm, conflict []*rootForm) {
	here := l.adopted()
	var rescued, signed []*rootForm
	for _, f := range l.rivals[here.ID] {
		if f.recovery {
			rescued = append(rescued, f)
		} else {
			signed = append(signed, f)
		}
	}
	if i := len(l.line); i < len(before) && before[i].Previous == here.ID && before[i].settled {
		retired := slices.ContainsFunc(before[i:], func(f *rootForm) bool { return f.recovery && f.settled })
		if retired || len(rescued) == 0 {
			return before[i], nil
		}
	}
	for _, rivals := range [][]*rootForm{rescued, signed} {
		switch len(rivals) {
		case 0:
		case 1:
			return rivals[0], nil
		default:
			return nil, rivals
		}
	}
	return nil, nil
}

// forks lists every held version beside the line.
func (l *rootLine) forks() []*Root {
	var forks []*Root
	for _, rivals := range l.rivals {
		for _, f := range rivals {
			if _, ok := l.find(f.ID); !ok {
				forks = append(forks, f.Root)
			}
		}
	}
	slices.SortFunc(forks, func(a, b *Root) int { return a.ID.Compare(b.ID) })
	return forks
}
