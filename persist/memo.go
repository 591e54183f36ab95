package persist

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Memo is what is remembered of an envelope that was let go for want of room.
type Memo struct {
	ID      wire.ID
	Domain  wire.ID
	Lane    wire.Lane
	Level   wire.Level
	Whole   bool   // it had all its parts
	Expires uint64 // Unix seconds, signed
}

const (
	keyMemo  = "/memo" // /memo/<id>
	memoSize = 1 + 1 + 1 + 8 + wire.IDSize
)

func memoKey(id wire.ID) string { return join(keyMemo, id.String()) }

func (m *Memo) encode() []byte {
	b := []byte{byte(m.Level), byte(m.Lane), 0}
	if m.Whole {
		b[2] = 1
	}
	return append(binary.BigEndian.AppendUint64(b, m.Expires), m.Domain[:]...)
}

func parseMemo(v *value) (m Memo, err error) {
	if len(v.content) != memoSize || v.content[2] > 1 {
		return m, &CorruptError{v.key, fmt.Errorf("%d bytes are no memo", len(v.content))}
	}
	if m.ID, err = wire.ParseID(strings.TrimPrefix(v.key, keyMemo+"/")); err != nil {
		return m, &CorruptError{v.key, err}
	}
	m.Level, m.Lane, m.Whole = wire.Level(v.content[0]), wire.Lane(v.content[1]), v.content[2] == 1
	m.Expires, m.Domain = binary.BigEndian.Uint64(v.content[3:]), wire.ID(v.content[11:])
	return m, nil
}

// Memos iterates over the memos. A damaged one yields a [*CorruptError] and the
// iteration goes on; any other error ends it.
func (s *Store) Memos(ctx context.Context) iter.Seq2[Memo, error] {
	return func(yield func(Memo, error) bool) {
		for v, err := range s.scan(ctx, keyMemo, "", 0) {
			var m Memo
			if err == nil {
				m, err = parseMemo(&v)
			}
			if !yield(m, err) {
				return
			}
		}
	}
}

func (v *verifier) memo(val value) {
	if _, err := parseMemo(&val); err != nil {
		v.report.found(err)
		v.fix[val.key] = nil
	}
}
