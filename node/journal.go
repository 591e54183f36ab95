package node

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/kreidfeuer/kreidfeuer/persist"
)

const (
	// maxTail bounds the events that wait in memory for room on the disk with what
	// they say; of older ones the numbers are left.
	maxTail = 4096

	// maxNumbers bounds the numbers: a month of an event every three seconds.
	maxNumbers = 1 << 20
)

// errTailFull says that an event is lost: nobody has heard of it.
var errTailFull = errors.New("too many events wait for room on the disk")

// journal numbers events. They go into the store; what the store does not take,
// on a full disk, follows in memory under the numbers it will have, so that
// those who listen are told all the same. A restart before there is room loses
// that tail and gives its numbers again.
type journal struct {
	store *persist.Store

	writing sync.Mutex // held by writers, also while they wait for the disk
	doubt   bool       // guarded by writing; a failed write may have been done

	mu     sync.Mutex // guards what follows, for moments
	last   uint64     // number of the last event that is known to be stored
	tail   [][]byte   // what follows it; empty: no longer known
	wake   chan struct{}
	closed bool
}

func newJournal(st *persist.Store) *journal {
	_, last := st.EventBounds()
	return &journal{store: st, last: last, wake: make(chan struct{})}
}

// put makes a batch durable with its events. The events are told even if the
// store does not take the batch; then the error says why. The batch is to be
// put again without them.
func (j *journal) put(ctx context.Context, b persist.Batch) error {
	j.writing.Lock()
	defer j.writing.Unlock()
	if err := j.settle(ctx); err != nil {
		return errors.Join(err, j.append(b.Events))
	}
	before := len(j.tail)
	told := b.Events
	b.Events = slices.Concat(j.tail, b.Events)
	err := j.write(ctx, b)
	if err == nil {
		return nil
	}
	if full := j.append(told); full != nil {
		return errors.Join(err, full)
	}
	if len(b.Entries)+len(b.Parts) == 0 || len(told)+before == 0 {
		return err
	}
	// The store keeps some room free for what is small: without the envelopes,
	// what people were told may still be written.
	if j.settle(ctx) == nil && len(j.tail) > 0 {
		_ = j.write(ctx, persist.Batch{Events: j.tail, Local: b.Local}) // the tail stays where it is
	}
	return err
}

// write stores a batch that begins with the tail's events.
func (j *journal) write(ctx context.Context, b persist.Batch) error {
	_, err := j.store.Put(ctx, b)
	if err != nil {
		j.doubt = true
		return err
	}
	j.stored()
	return nil
}

// settle finds out what became of a write that failed: it may have been done.
func (j *journal) settle(ctx context.Context) error {
	if !j.doubt {
		return nil
	}
	if _, err := j.store.Put(ctx, persist.Batch{}); err != nil { // makes the store look
		return err
	}
	j.doubt = false
	j.stored()
	return nil
}

// stored drops from the tail what the store holds, and wakes those who wait.
func (j *journal) stored() {
	_, last := j.store.EventBounds()
	j.mu.Lock()
	defer j.mu.Unlock()
	if last > j.last {
		j.tail = j.tail[min(last-j.last, uint64(len(j.tail))):]
		j.last = last
	}
	j.rouse()
}

// append puts events behind the tail.
func (j *journal) append(events [][]byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.tail)+len(events) > maxNumbers {
		return errTailFull
	}
	j.tail = append(j.tail, events...)
	for i := len(j.tail) - maxTail - 1; i >= 0 && len(j.tail[i]) > 0; i-- {
		j.tail[i] = []byte{}
	}
	j.rouse()
	return nil
}

// rouse wakes those who wait. The caller holds j.mu.
func (j *journal) rouse() {
	if !j.closed {
		close(j.wake)
		j.wake = make(chan struct{})
	}
}

// close wakes those who wait for the last time.
func (j *journal) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.rouse()
	j.closed = true
}

// bounds are the numbers of the oldest and the newest event.
func (j *journal) bounds() (first, last uint64) {
	first, _ = j.store.EventBounds()
	j.mu.Lock()
	defer j.mu.Unlock()
	return first, j.last + uint64(len(j.tail))
}

// after returns a channel that is closed when there may be events after since;
// nil if there are some already.
func (j *journal) after(since uint64) (wake <-chan struct{}, closed bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.last+uint64(len(j.tail)) > since {
		return nil, j.closed
	}
	return j.wake, j.closed
}

// read returns events after since, at most limit. A damaged event is left out,
// so its number is missing.
func (j *journal) read(ctx context.Context, since uint64, limit int) ([]persist.Event, error) {
	j.mu.Lock()
	last, tail := j.last, slices.Clone(j.tail)
	j.mu.Unlock()
	var list []persist.Event
	if newest := last + uint64(len(tail)); since > newest {
		first, _ := j.bounds()
		return nil, &persist.PastGoneError{First: first, Last: newest}
	}
	if since < last {
		for one, err := range j.store.EventsSince(ctx, since) {
			var corrupt *persist.CorruptError
			if errors.As(err, &corrupt) {
				continue
			}
			if err != nil {
				return list, err
			}
			if one.Number > last || len(list) >= limit {
				break
			}
			list = append(list, one)
		}
		since = last
	}
	for i := since - last; i < uint64(len(tail)) && len(list) < limit; i++ {
		list = append(list, persist.Event{Number: last + 1 + i, Content: tail[i]})
	}
	return list, nil
}
