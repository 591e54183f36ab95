package contact

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Change is the beginning or the end of a contact between two hosts.
type Change struct {
	At   time.Duration // since the log's zero
	A, B int32         // numbers of hosts, A < B
	Up   bool          // it begins
}

// Log is contacts in the order of their changes.
type Log struct {
	// Names are the hosts as the source writes them; a host's number is its index.
	Names   []string
	Changes []Change
}

// compare orders changes by time; at the same time ends come first, so that a
// contact that is renewed at once is one after the other.
func compare(a, b Change) int {
	if a.At == b.At && a.Up != b.Up {
		if b.Up {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B))
}

// Sort puts the changes of a log in order. Contacts of one pair that overlap, as
// when both hosts wrote theirs down, become one.
func (l *Log) Sort() {
	slices.SortFunc(l.Changes, compare)
	depth := map[[2]int32]int{}
	l.Changes = slices.DeleteFunc(l.Changes, func(c Change) bool {
		pair := [2]int32{c.A, c.B}
		if c.Up {
			depth[pair]++
			return depth[pair] > 1
		}
		switch depth[pair] {
		case 0:
			return true
		case 1:
			delete(depth, pair)
			return false
		}
		depth[pair]--
		return true
	})
}

// Contacts counts the contacts and sums up how long they last. Contacts that are
// open when the log ends count up to then.
func (l *Log) Contacts() (count int, total time.Duration) {
	open, end := map[[2]int32]time.Duration{}, time.Duration(0)
	for _, c := range l.Changes {
		pair := [2]int32{c.A, c.B}
		end = c.At
		if began, is := open[pair]; c.Up && !is {
			open[pair], count = c.At, count+1
		} else if !c.Up && is {
			total += c.At - began
			delete(open, pair)
		}
	}
	for _, began := range open {
		total += end - began
	}
	return count, total
}

// hosts gives numbers to names.
type hosts struct {
	number map[string]int32
	names  []string
}

func (h *hosts) of(name string) int32 {
	if n, known := h.number[name]; known {
		return n
	}
	if h.number == nil {
		h.number = map[string]int32{}
	}
	n := int32(len(h.names))
	h.number[name] = n
	h.names = append(h.names, name)
	return n
}

// change makes a change of a line's fields.
func (h *hosts) change(at time.Duration, a, b string, up bool) (Change, error) {
	if a == b {
		return Change{}, fmt.Errorf("host %s meets itself", a)
	}
	x, y := h.of(a), h.of(b)
	return Change{At: at, A: min(x, y), B: max(x, y), Up: up}, nil
}
