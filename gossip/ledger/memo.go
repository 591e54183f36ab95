package ledger

import "github.com/kreidfeuer/kreidfeuer/gossip/wire"

// Bounds of what is remembered of envelopes given up. Only verified ones are, so
// the flow is bounded by the quotas; beyond the bound any of them is forgotten,
// which costs one transfer more.
const (
	maxDisplaced = 16384
	maxReleased  = 65536 // a small device among big ones: 60 bytes each
)

// Memo is what is remembered of an envelope that was let go for want of room on
// this device, until it ends. To catch-up it counts as known: else the device would fetch
// from its neighbours, who have more room, for ever what it cannot keep.
type Memo struct {
	ID wire.ID
	wire.Place
	Level   wire.Level
	Whole   bool // it had all its parts
	Expires uint64
}

func (m *Memo) item() wire.Item { return wire.Item{ID: m.ID, Level: grade(m.Level, m.Whole)} }

// memos are the two kinds of what was given up.
type memos struct {
	displaced map[wire.ID]*Entry // by what ranks higher, here as everywhere
	released  map[wire.ID]*Memo  // for want of room, here alone
}

func newMemos() memos {
	return memos{displaced: map[wire.ID]*Entry{}, released: map[wire.ID]*Memo{}}
}

func (m *memos) displace(e *Entry) {
	if len(m.displaced) >= maxDisplaced {
		for id := range m.displaced {
			delete(m.displaced, id)
			break
		}
	}
	m.displaced[e.ID] = e
}

// Release removes a known envelope for want of room, and remembers it.
func (l *Ledger) Release(e *Entry) Memo {
	l.Remove(e)
	m := Memo{ID: e.ID, Place: e.Place, Level: e.Level, Whole: e.Whole, Expires: e.Expires}
	l.Recall(m)
	return m
}

// Recall remembers again what was released before a restart. What is known is left alone.
func (l *Ledger) Recall(m Memo) {
	if l.known[m.ID] != nil {
		return
	}
	if len(l.memos.released) >= maxReleased {
		for id := range l.memos.released {
			l.forget(id)
			break
		}
	}
	l.forget(m.ID)
	l.memos.released[m.ID] = &m
	l.Set(m.Place).Add(m.item(), m.Expires)
}

// forget removes the memos of an envelope.
func (l *Ledger) forget(id wire.ID) {
	delete(l.memos.displaced, id)
	if m := l.memos.released[id]; m != nil {
		delete(l.memos.released, id)
		l.Set(m.Place).Remove(m.item(), m.Expires)
	}
}
