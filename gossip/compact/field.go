package compact

import (
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// context is what the form of one field may depend on: the alert, so far as it
// is read, and its time.
type context struct {
	alert     *cap.Alert
	sent      moment
	lacksText bool // some text part is absent
	areas     int  // of this info block in the core, which patches complete
}

// field is one row of the tables that define the maps of the format: both
// directions of one key.
type field[T any] struct {
	key  uint8
	name string
	home home
	put  func(c *context, v *T) []byte // nil if the element is absent
	get  func(c *context, r *reader, v *T)
}

// home says where a field belongs. What a verdict depends on must be in the
// core: a severity in a part that is held back would deceive. The core may hold
// fields of other homes too.
type home uint8

const (
	inCore     home = iota // nowhere else
	ifShort                // in the core up to maxCoreText, else in a text part
	inText                 // in a text part
	inGeometry             // in the core unless there is much, else in a geometry part
	inMedia
	inSignature
)

// allowedIn reports whether the core or a part of the kind may hold a field of
// this home.
func (h home) allowedIn(k Kind) bool {
	switch k {
	case KindText:
		return h == ifShort || h == inText
	case KindGeometry:
		return h == inGeometry
	case KindMedia:
		return h == inMedia
	case KindSignature:
		return h == inSignature
	}
	return h != inSignature // kindCore
}

// moves reports whether the encoded field belongs into a text part.
func (f *field[T]) moves(raw []byte) bool {
	return f.home == inText || f.home == ifShort && len(raw) > maxCoreText+2
}

// collect encodes all fields of v that are present.
func collect[T any](c *context, table []field[T], v *T) (core, text entries) {
	for i := range table {
		f := &table[i]
		raw := f.put(c, v)
		switch {
		case raw == nil:
		case f.moves(raw):
			text = append(text, entry{f.key, raw})
		default:
			core = append(core, entry{f.key, raw})
		}
	}
	return core, text
}

// apply reads fields of the core (kindCore) or a part into v. A key that is not
// in the table is unknown, one that was seen before stands in two places. The
// reader is borrowed: afterwards it reads on where it was.
func apply[T any](c *context, r *reader, k Kind, table []field[T], fields entries, v *T, seen *uint64) {
	rest, what := r.b, r.what
	for _, e := range fields {
		f := find(table, e.key)
		r.b, r.what = e.raw, "map"
		if f == nil {
			r.unsupported("key", uint64(e.key))
			return
		}
		r.what = f.name
		if !f.home.allowedIn(k) {
			r.bad("does not belong here")
		}
		if *seen>>e.key&1 == 1 {
			r.bad("stands in two places")
		}
		*seen |= 1 << e.key
		f.get(c, r, v)
		r.end()
		if r.err != nil {
			return
		}
	}
	r.b, r.what = rest, what
}

func find[T any](table []field[T], key uint8) *field[T] {
	for i := range table {
		if table[i].key == key {
			return &table[i]
		}
	}
	return nil
}

// The constructors of rows. at gives the place of the element.

func textField[T any](key uint8, name string, h home, at func(*T) *string) field[T] {
	return field[T]{key, name, h,
		func(_ *context, v *T) []byte {
			if *at(v) == "" {
				return nil
			}
			return appendText(nil, *at(v))
		},
		func(_ *context, r *reader, v *T) { *at(v) = r.text() },
	}
}

// enumField leaves out the text absent.
func enumField[T any, S ~string](key uint8, name string, h home, g *registry, absent S, at func(*T) *S) field[T] {
	return field[T]{key, name, h,
		func(_ *context, v *T) []byte {
			if *at(v) == absent {
				return nil
			}
			return g.append(nil, string(*at(v)))
		},
		func(_ *context, r *reader, v *T) { *at(v) = S(g.read(r)) },
	}
}

func setField[T any, S ~string](key uint8, name string, g *registry, at func(*T) *[]S) field[T] {
	return field[T]{key, name, inCore,
		func(_ *context, v *T) []byte { return putSet(g, *at(v)) },
		func(_ *context, r *reader, v *T) { *at(v) = getSet[S](g, r) },
	}
}

func listField[T any](key uint8, name string, h home, g *registry, at func(*T) *[]string) field[T] {
	return field[T]{key, name, h,
		func(_ *context, v *T) []byte { return putList(g, *at(v)) },
		func(_ *context, r *reader, v *T) { *at(v) = getList[string](g, r) },
	}
}

func timeField[T any](key uint8, name string, at func(*T) *cap.Time) field[T] {
	return field[T]{key, name, inCore,
		func(c *context, v *T) []byte {
			if *at(v) == "" {
				return nil
			}
			return appendTime(nil, *at(v), c.sent)
		},
		func(c *context, r *reader, v *T) { *at(v), _ = readTime(r, c.sent) },
	}
}

func pairsField[T any](key uint8, name string, h home, at func(*T) *[]cap.NamedValue) field[T] {
	return field[T]{key, name, h,
		func(_ *context, v *T) []byte { return putPairs(*at(v)) },
		func(_ *context, r *reader, v *T) { *at(v) = getPairs(r) },
	}
}

func decimalField[T any](key uint8, name string, at func(*T) *cap.Decimal) field[T] {
	return field[T]{key, name, inCore,
		func(_ *context, v *T) []byte {
			if *at(v) == "" {
				return nil
			}
			return appendDecimal(nil, string(*at(v)))
		},
		func(_ *context, r *reader, v *T) { *at(v) = cap.Decimal(readDecimal(r)) },
	}
}

// sliceField is an array of items that each have their own form.
func sliceField[T, E any](key uint8, name string, h home, at func(*T) *[]E, put func(*context, []byte, *E) []byte, get func(*context, *reader) E) field[T] {
	return field[T]{key, name, h,
		func(c *context, v *T) []byte {
			list := *at(v)
			if len(list) == 0 {
				return nil
			}
			b := appendArray(nil, len(list))
			for i := range list {
				b = put(c, b, &list[i])
			}
			return b
		},
		func(c *context, r *reader, v *T) {
			var list []E
			for n := r.pairs(1); n > 0 && r.err == nil; n-- {
				list = append(list, get(c, r))
			}
			*at(v) = list
		},
	}
}

// putMap and getMap are a table's fields as a map of their own.

func putMap[T any](c *context, table []field[T], b []byte, v *T) []byte {
	core, text := collect(c, table, v)
	for _, e := range text {
		core = core.set(e.key, e.raw)
	}
	return core.appendTo(b)
}

func getMap[T any](c *context, table []field[T], r *reader, v *T) {
	var seen uint64
	var usual [usualFields]entry
	apply(c, r, kindCore, table, r.fields(usual[:0]), v, &seen)
}
