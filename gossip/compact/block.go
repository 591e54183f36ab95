package compact

import "slices"

// block is the map of one info block, or of the alert, in the core or in a
// part. Blocks of one place share what they have in common: a block may name
// an earlier one as its base, whose fields then hold for it too. So the
// languages of an alert cost their words only.
type block struct {
	info   int // index of the info block; infoAlert for the alert
	fields entries
}

const infoAlert = -1

// inherit writes the fields of a block by what differs from the base.
func (b block) inherit(base block) entries {
	out := entries{{keyBase, appendUint(nil, uint64(base.info))}}
	var without []byte
	gone := 0
	for _, e := range base.fields {
		if b.fields.get(e.key) == nil {
			without = appendUint(without, uint64(e.key))
			gone++
		}
	}
	for _, e := range b.fields {
		if string(base.fields.get(e.key)) != string(e.raw) {
			out = append(out, e)
		}
	}
	if gone > 0 {
		out = out.set(keyWithout, append(appendArray(nil, gone), without...))
	}
	return out
}

// shortest is the encoded map of a block: alone, or with the first or the
// latest of the blocks before it as base.
func (b block) shortest(before []block) []byte {
	best := b.fields.appendTo(nil)
	if b.info == infoAlert {
		return best
	}
	for i, base := range before {
		if base.info == infoAlert || i > 1 && i < len(before)-1 {
			continue
		}
		if raw := b.inherit(base).appendTo(nil); len(raw) < len(best) {
			best = raw
		}
	}
	return best
}

// inheritCost is charged for each inherited field.
const inheritCost = 32

// expand returns all fields of a block: its own and those of its base.
func (r *reader) expand(own entries, before map[int]entries) entries {
	if len(own) == 0 || own[0].key != keyBase {
		return own
	}
	base := &reader{meter: r.meter, b: own[0].raw, what: "base"}
	inherited, ok := before[base.index(1<<31-1)]
	if !ok {
		base.bad("not an earlier block")
		return nil
	}
	own = own[1:]
	var without []uint64
	if raw := own.get(keyWithout); raw != nil {
		w := &reader{meter: r.meter, b: raw, what: "without"}
		for n := w.pairs(1); n > 0 && r.err == nil; n-- {
			without = append(without, w.uint())
		}
	}
	all := make(entries, 0, len(own)+len(inherited))
	for _, e := range own {
		if e.key != keyWithout {
			all = append(all, e)
		}
	}
	for _, e := range inherited {
		r.spend(inheritCost)
		if own.get(e.key) == nil && !slices.Contains(without, uint64(e.key)) {
			all = all.set(e.key, e.raw)
		}
	}
	return all
}

// section is the content of one or more parts: blocks of one kind.
type section struct {
	kind   Kind
	blocks []block
}

// encode writes a section: [block number, map, ...], where number 0 is the
// alert and n+1 the info block n.
func (s *section) encode(share bool) []byte {
	b := appendArray(nil, 2*len(s.blocks))
	for i, bl := range s.blocks {
		b = appendUint(b, uint64(bl.info+1))
		if share {
			b = append(b, bl.shortest(s.blocks[:i])...)
		} else {
			b = bl.fields.appendTo(b)
		}
	}
	return b
}

// add puts fields of a block into the section.
func (s *section) add(info int, fields entries) {
	if len(fields) > 0 {
		s.blocks = append(s.blocks, block{info, fields})
	}
}

// infos lists the info blocks of a section.
func (s *section) infos() []int {
	var list []int
	for _, b := range s.blocks {
		if b.info != infoAlert {
			list = append(list, b.info)
		}
	}
	return list
}
