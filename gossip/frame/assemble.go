package frame

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// Errors of reading frames.
var (
	ErrDamaged     = errors.New("damaged frame")
	ErrUnsupported = errors.New("frame of a later version")
)

// Limits bound what an [Assembler] keeps of messages that are not complete. A zero
// field is its default.
type Limits struct {
	Bytes       int    // of frames, in all; 1 MiB
	SenderBytes int    // of frames of one sender; 256 KiB, above four of the longest message
	Partials    int    // unfinished messages, in all; 64
	Idle        uint64 // seconds after the last frame until a message is given up; 1800: slow radios take turns
}

func (l *Limits) fill() {
	l.Bytes = cmp.Or(l.Bytes, 1<<20)
	l.SenderBytes = cmp.Or(l.SenderBytes, 256<<10)
	l.Partials = cmp.Or(l.Partials, 64)
	l.Idle = cmp.Or(l.Idle, 1800)
}

const (
	// maxSpare bounds the frames kept beyond those needed: they are kept only when
	// those needed did not fit together.
	maxSpare = 16

	// maxTries bounds the attempts to put one message together. With a false frame
	// among good ones, each attempt leaves out another one.
	maxTries = 64

	// frameCost is what a frame takes beside its bytes, in bytes.
	frameCost = 64

	// maxDone bounds the finished messages that are remembered, to ignore what
	// still comes of them.
	maxDone = 256
)

// Assembler puts messages together from frames, whatever their order, with frames
// missing, repeated or damaged. It is not safe for concurrent use.
type Assembler struct {
	limits   Limits
	partials map[partialKey]*partial
	bytes    map[string]int // by sender
	total    int
	done     []doneMessage // oldest first
}

type partialKey struct {
	sender string
	id     ID
	length int
	needed int
}

type partial struct {
	partialKey
	shards []shard // no two alike
	size   int     // what it is charged for
	tries  int
	seen   uint64 // when the last frame came
}

type shard struct {
	index int
	bytes []byte
}

type doneMessage struct {
	key partialKey
	at  uint64
}

// NewAssembler makes an empty one.
func NewAssembler(l Limits) *Assembler {
	l.fill()
	return &Assembler{limits: l, partials: map[partialKey]*partial{}, bytes: map[string]int{}}
}

// Add takes in one frame from sender, a name under which the link knows it (empty
// where it knows none), at now, in seconds. It returns the message when this
// frame completes it, and nil while frames are missing or of what is complete
// already. A message in one frame is returned each time. What one sender sends
// does not disturb what comes from another.
//
// Nothing is proven by a message that fits together: only its signatures do.
// The error is ErrDamaged or ErrUnsupported; neither says that the sender is bad.
// Add keeps no reference to frame; the result may alias it.
func (a *Assembler) Add(sender string, frame []byte, now uint64) (message []byte, err error) {
	a.expire(now)
	if len(frame) == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrDamaged)
	}
	if frame[0] < markPiece {
		return frame, nil
	}
	p, err := readPiece(frame)
	if err != nil {
		return nil, err
	}
	key := partialKey{sender, p.id, p.length, p.needed}
	if slices.ContainsFunc(a.done, func(d doneMessage) bool { return d.key == key }) {
		return nil, nil
	}
	m := a.partials[key]
	if m == nil {
		m = &partial{partialKey: key}
		a.partials[key] = m
	}
	m.seen = now
	if !m.take(p) {
		return nil, nil
	}
	a.charge(m, len(p.shard)+frameCost)
	message = m.assemble()
	switch {
	case message != nil:
		a.drop(m)
		a.finish(key, now)
	case m.tries >= maxTries || len(m.shards) >= m.needed+maxSpare:
		a.drop(m) // somebody sends false frames: begin again with what comes
	default:
		a.makeRoom(m)
	}
	return message, nil
}

// Progress is how far a message of sender is: frames here, and needed.
type Progress struct {
	Sender string
	ID     ID
	Have   int
	Needed int
}

// Progress lists the unfinished messages, those nearest to their end first.
func (a *Assembler) Progress() []Progress {
	var list []Progress
	for _, m := range a.partials {
		list = append(list, Progress{m.sender, m.id, m.indices(), m.needed})
	}
	slices.SortFunc(list, func(a, b Progress) int {
		return cmp.Or(cmp.Compare(a.Needed-a.Have, b.Needed-b.Have), cmp.Compare(a.Sender, b.Sender), bytes.Compare(a.ID[:], b.ID[:]))
	})
	return list
}

// take adds a piece unless it is here.
func (m *partial) take(p piece) bool {
	for _, s := range m.shards {
		if s.index == p.index && bytes.Equal(s.bytes, p.shard) {
			return false
		}
	}
	m.shards = append(m.shards, shard{p.index, bytes.Clone(p.shard)})
	return true
}

func (m *partial) indices() int {
	n := 0
	for i, s := range m.shards {
		if !slices.ContainsFunc(m.shards[:i], func(o shard) bool { return o.index == s.index }) {
			n++
		}
	}
	return n
}

// assemble returns the message if enough is here. Where pieces do not fit together
// it leaves out one at a time; a false one costs one good one more.
func (m *partial) assemble() []byte {
	for without := -1; without < len(m.shards) && m.tries < maxTries; without++ {
		chosen, ok := m.choose(without)
		if !ok {
			if without < 0 {
				return nil
			}
			continue
		}
		m.tries++
		if message := m.reconstruct(chosen); message != nil {
			return message
		}
	}
	return nil
}

// choose is one shard for each of needed indices, with the latest always among
// them: without it all has been tried before.
func (m *partial) choose(without int) ([][]byte, bool) {
	top := 0
	for _, s := range m.shards {
		top = max(top, s.index)
	}
	chosen := make([][]byte, max(top+1, m.needed))
	count := 0
	for i := len(m.shards) - 1; i >= 0 && count < m.needed; i-- {
		if s := m.shards[i]; i != without && chosen[s.index] == nil {
			chosen[s.index] = s.bytes
			count++
		}
	}
	return chosen, count == m.needed
}

func (m *partial) reconstruct(shards [][]byte) []byte {
	if len(shards) > m.needed {
		code, err := codeFor(m.needed, len(shards))
		if err != nil || code.ReconstructData(shards) != nil {
			return nil
		}
	}
	message := bytes.Join(shards[:m.needed], nil)
	padding := message[m.length:]
	message = message[:m.length:m.length]
	if idOf(message) != m.id || len(bytes.Trim(padding, "\x00")) > 0 || message[0] >= markPiece {
		return nil
	}
	return message
}

func (a *Assembler) charge(m *partial, n int) {
	m.size += n
	a.bytes[m.sender] += n
	a.total += n
}

func (a *Assembler) drop(m *partial) {
	a.charge(m, -m.size)
	if a.bytes[m.sender] == 0 {
		delete(a.bytes, m.sender)
	}
	delete(a.partials, m.partialKey)
}

func (a *Assembler) finish(key partialKey, now uint64) {
	if len(a.done) == maxDone {
		a.done = slices.Delete(a.done, 0, 1)
	}
	a.done = append(a.done, doneMessage{key, now})
}

// expire gives up what is idle, and forgets what was finished long ago: it may come
// again.
func (a *Assembler) expire(now uint64) {
	for _, m := range a.partials {
		if now > m.seen && now-m.seen > a.limits.Idle {
			a.drop(m)
		}
	}
	a.done = slices.DeleteFunc(a.done, func(d doneMessage) bool { return now > d.at && now-d.at > a.limits.Idle })
}

// makeRoom drops unfinished messages until all limits hold: of the sender who has
// too much, or else of all. keep goes last.
func (a *Assembler) makeRoom(keep *partial) {
	for a.bytes[keep.sender] > a.limits.SenderBytes {
		a.drop(a.least(keep, func(m *partial) bool { return m.sender == keep.sender }))
	}
	for a.total > a.limits.Bytes || len(a.partials) > a.limits.Partials {
		a.drop(a.least(keep, func(*partial) bool { return true }))
	}
}

// least is the message with the fewest frames, of those the one that has waited
// longest: who sends first frames under many names does not push out what is
// nearly complete.
func (a *Assembler) least(keep *partial, among func(*partial) bool) *partial {
	var found *partial
	for _, m := range a.partials {
		if m != keep && among(m) && (found == nil || m.compare(found) < 0) {
			found = m
		}
	}
	return cmp.Or(found, keep)
}

func (m *partial) compare(o *partial) int {
	return cmp.Or(cmp.Compare(len(m.shards), len(o.shards)), cmp.Compare(m.seen, o.seen),
		cmp.Compare(m.sender, o.sender), bytes.Compare(m.id[:], o.id[:]), cmp.Compare(m.length, o.length))
}
