package catchup

import (
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
)

// Bounds of sessions. Those of one neighbour's budget are package meter's.
const (
	// maxFrame bounds the bytes of one frame: the largest message of a comparison.
	maxFrame = recon.MaxMessage + 1<<10

	// maxHave bounds what one comparison keeps to be offered, the most urgent of what it finds, so
	// that this costs half a megabyte at most; what is beyond it is left to the next comparison, which
	// follows if at least half of it was worth having. The comparison itself costs what package recon says.
	maxHave = 16384

	// batchBytes bounds what is asked for at once, two of them at a time. windowFirst is what
	// is asked for before the speed is known.
	batchBytes  = 512 << 10
	windowFirst = 8 << 10
	windowTime  = time.Second // what is asked for should arrive within it

	// openTime bounds the opening of a stream: some round trips of a bad link.
	openTime = time.Minute

	// stallTime and stallBytes say what progress is: 1 kB a minute, which a link of
	// 5 kbit/s under heavy loss still does, and who holds sessions open for the sake of it does not.
	stallTime  = time.Minute
	stallBytes = 1 << 10

	// servePeer and serveTotal bound the sessions answered at once, per neighbour and
	// in total. When all are taken, whoever had most of them lately gives way
	// to who had less, after serveTurn: it loses nothing, because sessions carry on where they ended.
	servePeer  = 2
	serveTotal = 64
	serveTurn  = 5 * time.Second

	// vainRow bounds what a neighbour gives in vain, one after another, in one
	// session. A good one under other trust may come to it; what was in vain is skipped next time.
	vainRow = 4096

	// Every is the interval of comparing with one neighbour in turn.
	Every = 30 * time.Second

	// Settles is how long after connecting gossip may not flow yet: two
	// heartbeats and a slow link's round trip.
	Settles = 2 * time.Second
)
