package model

// Event kinds.
const (
	evArrive = iota // alert from a at b
	evSync          // a and b exchange what they lack
	evIssue         // alert at its station
	evSwitch        // outage number a begins (b=1) or ends (b=0)
	evDrain         // battery of a is empty, if it has had no mains since
	evMove          // devices have moved on
	evChurn         // a leaves or comes back
	evRadio         // a's radio asks what to send
	evHeard         // a's transmission number b has ended
	evAttack        // adversary a acts
	evRelent        // adversary a is honest from now on
	evMark          // frame number a of the map
	evEnd           // alert is over: nobody is told of it any more
	evLazy          // a's announcement of the alert reaches b, which may ask for it
	evCaught        // alert from a at b, by catch-up
	evOffer         // a's offer of the alert reaches b
	evClose         // alert ended so long ago that nobody passes it on any more
	evLook          // who shows the latest state of incident number alert; b: at mark number b-1 of its change number a
	evRetain        // devices give up what their stores have no room for
	evHeld          // b has held the alert that came from a, and looks who has it
	evPass          // b passes the alert on that came from a
	evFill          // a connects with others in the place of those that are gone
	evRound         // whoever holds something unusual reconciles with a neighbour
)

// event is one thing that happens at a time in milliseconds.
type event struct {
	at    uint32
	alert uint32 // alert<<8 | kind
	a, b  uint32
}

const (
	ringBits = 16 // 65 seconds of buckets of a millisecond
	ringSize = 1 << ringBits
)

// queue gives events back in the order of their times; those of one millisecond
// in the order in which they came, so that a run is the same every time. A ring
// of buckets holds the next minute and costs the same however many there are.
type queue struct {
	now  uint32
	ring [ringSize][]event
	far  map[uint32][]event // by epoch: time >> ringBits
	len  int
}

func newQueue() *queue { return &queue{far: map[uint32][]event{}} }

func (q *queue) push(at uint32, kind uint32, alert, a, b uint32) {
	at = max(at, q.now)
	e := event{at, alert<<8 | kind, a, b}
	q.len++
	if at>>ringBits == q.now>>ringBits {
		q.ring[at&(ringSize-1)] = append(q.ring[at&(ringSize-1)], e)
		return
	}
	q.far[at>>ringBits] = append(q.far[at>>ringBits], e)
}

// run hands out every event before end. What handle pushes for the present
// millisecond is handed out in the same.
func (q *queue) run(end uint32, handle func(event), tick func(now uint32)) {
	for epoch := q.now >> ringBits; ; epoch++ {
		for _, e := range q.far[epoch] {
			q.ring[e.at&(ringSize-1)] = append(q.ring[e.at&(ringSize-1)], e)
		}
		delete(q.far, epoch)
		for i := range q.ring {
			at := epoch<<ringBits | uint32(i)
			if at >= end {
				return
			}
			q.now = max(q.now, at)
			bucket := &q.ring[i]
			for k := 0; k < len(*bucket); k++ {
				q.len--
				handle((*bucket)[k])
			}
			if cap(*bucket) > 1<<12 {
				*bucket = nil // a burst leaves no memory behind
			} else {
				*bucket = (*bucket)[:0]
			}
		}
		tick(epoch << ringBits)
		q.now = (epoch + 1) << ringBits
	}
}
