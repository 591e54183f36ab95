package recon

import (
	"math"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Session is one side of a comparison. It is not safe for concurrent use, and it
// works on a snapshot: its set may change, and may be used by others, meanwhile.
type Session struct {
	side  side
	ended bool
}

// side takes a message and leaves what follows from it in the turn.
type side interface {
	step(in []byte, t *turn) error
}

type turn struct {
	out  []byte
	have []wire.Item
	need []Ref
	done bool
}

// Ask returns the asking side of a session over s. Its first Step takes no message.
func Ask(s *Set, l Limits) *Session {
	return &Session{side: &asker{own: s.snapshot(), bucket: bucketOf(l.Oldest)}}
}

// Answer returns the answering side of a session over s.
func Answer(s *Set, l Limits) *Session {
	return &Session{side: &answerer{own: s.snapshot(), bucket: bucketOf(l.Oldest)}}
}

// Step takes the peer's message and returns the next one to send, if out is not
// empty, and what it has found out since the last call: what this side holds and
// the peer lacks, and what the peer holds and this side lacks. After done or an
// error the session is over; a message that comes with done is still to be sent.
// Results that came before an error, or with it, may be used. Step keeps no
// reference to in.
//
// In rare cases have names what the peer knows after all, or need what this side
// has. A session that has found very much ends early: once that is exchanged, the
// next one goes on.
func (x *Session) Step(in []byte) (out []byte, have []wire.Item, need []Ref, done bool, err error) {
	if x.ended || len(in) > MaxMessage {
		x.ended = true
		return nil, nil, nil, true, ErrPeer
	}
	var t turn
	if err := x.side.step(in, &t); err != nil {
		x.ended = true
		return nil, t.have, t.need, true, err
	}
	x.ended = t.done
	return t.out, t.have, t.need, t.done, nil
}

// claim tells the answering side of an item that it has, by its full name.
type claim struct {
	entry
	held bool // the asking side has the item at this level; else it lacks it
}

const claimSize = keySize + 2

func (c *claim) append(b []byte) []byte {
	held := byte(0)
	if c.held {
		held = 1
	}
	return append(c.entry.append(b), held)
}

func (r *reader) claims() []claim {
	claims := make([]claim, r.count(claimSize))
	for i := range claims {
		claims[i].entry = r.entry()
		held := r.byte()
		if held > 1 {
			r.fail()
		}
		claims[i].held = held == 1
	}
	return claims
}

// hello opens a session.
type hello struct {
	bucket uint32 // the oldest that the asking side compares
	count  int
	root   digest
}

// maxCount bounds what a peer may claim to have, far above what fits into a device
// and low enough for sums and products in 32 bits.
const maxCount = 1 << 24

func (h *hello) append(b []byte) []byte {
	b = appendNumber(appendNumber(b, h.bucket), h.count)
	return append(b, h.root[:]...)
}

func (r *reader) hello() hello {
	return hello{uint32(r.number(math.MaxUint32)), int(r.number(maxCount)), r.digest()}
}
