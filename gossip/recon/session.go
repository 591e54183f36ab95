package recon

import (
	"encoding/binary"
	"errors"
	"maps"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Limits bounds a session. The zero value is the default.
type Limits struct {
	// Oldest is the end of life, in seconds UTC, before which items are not
	// compared. Clocks differ, so each side names its own and the later one counts,
	// rounded up to a bucket. A device in doubt of its clock leaves it 0.
	Oldest uint64
}

// ErrPeer wraps all errors for which the peer is to blame: what it sent is
// malformed, too large, or contradicts itself. The session is over.
var ErrPeer = errors.New("peer breaks the rules of reconciliation")

// MaxMessage bounds a message in bytes.
const MaxMessage = 4 << 20

// Session is one side of a comparison. It is not safe for concurrent use.
type Session struct {
	items   map[wire.ID]entry
	oldest  uint64
	asking  bool
	started bool
}

// Ask returns the asking side of a session over s. Its first Step takes no message.
func Ask(s *Set, l Limits) *Session {
	return &Session{items: maps.Clone(s.items), oldest: l.Oldest, asking: true}
}

// Answer returns the answering side of a session over s.
func Answer(s *Set, l Limits) *Session {
	return &Session{items: maps.Clone(s.items), oldest: l.Oldest}
}

// Step takes the peer's message and returns the next one to send, if out is not
// empty, and what it has found out since the last call: what this side holds and
// the peer lacks, and what the peer holds and this side lacks. After done or an
// error the session is over; a message that comes with done is still to be sent.
// The results found before an error may be used. Step keeps no reference to in.
func (x *Session) Step(in []byte) (out []byte, have []wire.Item, need []Ref, done bool, err error) {
	if x.asking && !x.started {
		x.started = true
		return x.list(nil, x.items), nil, nil, false, nil
	}
	if len(in) < 8 || (len(in)-8)%42 != 0 || len(in) > MaxMessage {
		return nil, nil, nil, true, ErrPeer
	}
	x.oldest = max(x.oldest, binary.BigEndian.Uint64(in))
	theirs := map[wire.ID]entry{}
	for in = in[8:]; len(in) > 0; in = in[42:] {
		theirs[wire.ID(in[:33])] = entry{wire.Level(in[33]), binary.BigEndian.Uint64(in[34:])}
	}
	for id, e := range x.items {
		if t, ok := theirs[id]; x.open(e) && (!ok || t.level < e.level) {
			have = append(have, wire.Item{ID: id, Level: e.level})
		}
	}
	for id, t := range theirs {
		if e, ok := x.items[id]; x.open(t) && (!ok || e.level < t.level) {
			need = append(need, RefOf(wire.Item{ID: id, Level: t.level}, t.expires))
		}
	}
	if !x.asking {
		return x.list(nil, x.items), have, nil, true, nil
	}
	return nil, have, need, true, nil
}

// open reports whether an item's bucket is compared.
func (x *Session) open(e entry) bool {
	return e.expires/bucketSeconds >= (x.oldest+bucketSeconds-1)/bucketSeconds
}

func (x *Session) list(out []byte, items map[wire.ID]entry) []byte {
	out = binary.BigEndian.AppendUint64(out, x.oldest)
	for id, e := range items {
		if x.open(e) {
			out = append(append(out, id[:]...), byte(e.level))
			out = binary.BigEndian.AppendUint64(out, e.expires)
		}
	}
	return out
}
