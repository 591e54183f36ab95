package recon

// walk calls f with the entries of keys from lo on and before hi, in order, until f
// returns false; nil means no bound. It reports whether it came to the end. f must
// not keep its argument.
func (n *node) walk(lo, hi *key, f func(*entry) bool) bool {
	if n == nil {
		return true
	}
	if n.fork == nil {
		for i := range n.entries {
			e := &n.entries[i]
			if lo != nil && e.key.less(lo) || hi != nil && !e.key.less(hi) {
				continue
			}
			if !f(e) {
				return false
			}
		}
		return true
	}
	first, last := n.fork.span(lo, hi)
	for d := first; d <= last; d++ {
		if !n.fork.kids[d].walk(lo, hi, f) {
			return false
		}
	}
	return true
}

// span says which children may hold keys from lo on and before hi: none if last < first.
func (f *fork) span(lo, hi *key) (first, last int) {
	last = len(f.kids) - 1
	if lo != nil {
		switch {
		case common(lo, &f.path) >= f.depth:
			first = int(lo.digit(f.depth))
		case f.path.less(lo):
			return 1, 0
		}
	}
	if hi != nil {
		switch {
		case common(hi, &f.path) >= f.depth:
			last = int(hi.digit(f.depth))
		case !f.path.less(hi):
			return 1, 0
		}
	}
	return first, last
}

// dropBelow removes all keys before lo, and costs the depth of the tree.
func (t *tree) dropBelow(lo *key) { t.root = t.cutBelow(t.root, lo) }

func (t *tree) cutBelow(n *node, lo *key) *node {
	if n == nil {
		return nil
	}
	if n.fork == nil {
		i, _ := n.search(lo)
		if i == len(n.entries) {
			return nil
		}
		if i == 0 {
			return n
		}
		n = t.mine(n)
		n.entries = n.entries[i:]
		n.count = len(n.entries)
		return n
	}
	first, last := n.fork.span(lo, nil)
	if first > last {
		return nil
	}
	n = t.mine(n)
	for d := range first {
		n.fork.kids[d] = nil
	}
	n.fork.kids[first] = t.cutBelow(n.fork.kids[first], lo)
	n.count = 0
	for _, kid := range n.fork.kids {
		n.count += kid.len()
	}
	return t.tidy(n)
}

// find returns the entries of a short name. What the name leaves out of the bucket
// is its upper half, so there are few places to look in.
func (t *tree) find(r Ref) (found []entry) {
	pattern := r.pattern()
	t.root.match(&pattern, func(e *entry) {
		if e.ref() == r {
			found = append(found, *e)
		}
	})
	return found
}

const (
	patternFrom = 2 * 8 / digitBits // the digits of a key that a Ref fixes
	patternTo   = 9 * 8 / digitBits
)

func (n *node) match(pattern *key, f func(*entry)) {
	if n == nil {
		return
	}
	if n.fork == nil {
		for i := range n.entries {
			f(&n.entries[i])
		}
		return
	}
	path := n.fork.path
	copy(path[:2], pattern[:2]) // do not compare what is left out
	at := n.fork.depth
	if at > patternFrom && common(&path, pattern) < min(at, patternTo) {
		return
	}
	if at < patternFrom || at >= patternTo {
		for _, kid := range n.fork.kids {
			kid.match(pattern, f)
		}
		return
	}
	n.fork.kids[pattern.digit(at)].match(pattern, f)
}

// view is the part of a set below a prefix: a fork's node, or at most leafMax entries.
type view struct {
	node    *node
	entries []entry
}

func (t *tree) view(p *prefix) view {
	n := t.root
	for n != nil && n.fork != nil {
		f := n.fork
		if common(&p.key, &f.path) < min(p.digits, f.depth) {
			return view{}
		}
		if p.digits <= f.depth {
			return view{node: n}
		}
		n = f.kids[p.key.digit(f.depth)]
	}
	if n == nil {
		return view{}
	}
	lo := 0
	for lo < len(n.entries) && !p.covers(&n.entries[lo].key) {
		lo++
	}
	hi := lo
	for hi < len(n.entries) && p.covers(&n.entries[hi].key) {
		hi++
	}
	return view{entries: n.entries[lo:hi]}
}

func (v view) len() int {
	if v.node != nil {
		return v.node.count
	}
	return len(v.entries)
}

func (v view) digest() digest {
	if v.node != nil {
		return v.node.digest()
	}
	return hashEntries(v.entries)
}

func (v view) walk(f func(*entry) bool) {
	if v.node != nil {
		v.node.walk(nil, nil, f)
		return
	}
	for i := range v.entries {
		if !f(&v.entries[i]) {
			return
		}
	}
}
