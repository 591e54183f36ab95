package gossip

import (
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Bounds of the router. Each is per device unless it says otherwise.
const (
	// commitQueue bounds accepted envelopes that wait for the disk. Beyond it
	// gossip is told to forget the envelope; catch-up brings it again.
	commitQueue = 1024

	// commitGroup bounds the envelopes of one fsync, so that the first of a
	// burst does not wait for the last; a batch of catch-up fits.
	commitGroup = 256

	// maxUnsaved and maxUnsavedBytes bound accepted envelopes that wait in memory
	// for room on the disk: more than are in force anywhere, in memory that a
	// small device has.
	maxUnsaved      = 2048
	maxUnsavedBytes = 32 << 20

	// retryEvery is the interval of trying to write what the store did not take.
	retryEvery = 5 * time.Second

	// graceAfterExpiry keeps ended envelopes that long: a device whose clock is
	// wrong by a day still relays, and a late all-clear finds its alert.
	graceAfterExpiry = 48 * time.Hour

	// sweepEvery is the interval of removing what ended.
	sweepEvery = time.Minute

	// rawMemo is the number of exact transmissions remembered, so that the same
	// bytes by another way cost a hash and no more.
	rawMemo = 8192
)

const (
	// maxSubscriptions bounds the topics one neighbour may announce at once:
	// four lanes of sixteen domains.
	maxSubscriptions = 64

	// maxForeignTopics and maxTopic bound what is kept of topics that this device
	// does not take part in: 64 domains of four lanes, names of 80 bytes.
	maxForeignTopics = 256
	maxPeerForeign   = 32 // that one neighbour may bring: eight domains
	maxTopic         = 80
)

// Bounds of catch-up. Sessions have no end but the end of their progress: a slow
// link takes as long as it takes.
const (
	// syncFrame bounds the bytes of one frame: the largest message of a comparison.
	syncFrame = recon.MaxMessage + 1<<10

	// haveMax bounds what one comparison keeps to be offered, so that a session costs
	// half a megabyte at most; what is beyond it is left to the next comparison, which follows
	// if at least half of it was worth having.
	haveMax = 16384

	// batchBytes bounds what is asked for at once, two of them at a time. windowFirst is what
	// is asked for before the speed is known.
	batchBytes  = 512 << 10
	windowFirst = 8 << 10
	windowTime  = time.Second // what is asked for should arrive within it

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

	// syncEvery is the interval of comparing with one neighbour in turn.
	syncEvery = 30 * time.Second

	// gossipSettles is how long after connecting gossip may not flow yet: two
	// heartbeats and a slow link's round trip.
	gossipSettles = 2 * time.Second
)

// Bounds of the draft protocol.
const (
	draftTimeout = 10 * time.Second

	// maxComment bounds the words with which a draft is rejected, in bytes.
	maxComment = 1000

	// draftFrame bounds the bytes of one frame: a draft with a comment, and some
	// more. Anybody may open such streams, hundreds of them at once.
	draftFrame = wire.MaxTransmission + 4<<10
)

// Bounds of holding what was accepted before it is passed on.
const (
	// holdShare is the part of a trip there and back that an envelope is held at first: over
	// three hops a tenth of the way.
	holdShare = 20

	// holdLeast is what a busy device takes to hear its neighbours on a LAN; holdMost keeps
	// a neighbour by satellite from holding up the others. holdBehind bounds the wait for the
	// word of those who have it, holdUnknown stands for a trip that nobody has timed.
	holdLeast   = time.Millisecond
	holdMost    = 20 * time.Millisecond
	holdBehind  = 250 * time.Millisecond
	holdUnknown = 40 * time.Millisecond

	// holdMesh is the size of a mesh in which copies are too few to wait for. In a larger one,
	// the wave has passed where one in holdPart has the envelope, or one at least.
	holdMesh = 6
	holdPart = 24

	// holdBusy bounds what is held at once: warnings come one by one, and a flood of them is
	// passed on as it comes. holdDoors bounds those about to be held or not: what gossipsub
	// cannot give a goroutine it drops.
	holdBusy  = 256
	holdDoors = 4096

	// holdRing is how much is remembered of what a neighbour said that it has: what may
	// come while one is held.
	holdRing = 64
)
