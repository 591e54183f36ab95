package gossip

import (
	"time"

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
