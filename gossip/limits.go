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
	// burst does not wait for the last.
	commitGroup = 128

	// maxUnsaved and maxUnsavedBytes bound accepted envelopes that wait in memory
	// for room on the disk: more than are in force anywhere, in memory that a
	// small device has.
	maxUnsaved      = 2048
	maxUnsavedBytes = 32 << 20

	// retryEvery is the interval of trying to write what the store did not take.
	retryEvery = 5 * time.Second

	// maxEvictedMemos bounds what is remembered of given-up envelopes.
	maxEvictedMemos = 16384

	// peerRate and peerBurst bound the new envelopes per second from one
	// neighbour. 2,000 an hour nationally is 0.6 a second; the burst is a
	// neighbour's whole hour.
	peerRate  = 200
	peerBurst = 2000

	// floodRate and floodBurst bound the messages, new or not, and topics that one
	// neighbour sends by gossip. Gossipsub delivers a message once, so an honest neighbour comes near
	// them at most when a burst of 2,000 is announced whole, twice.
	floodRate  = 1000
	floodBurst = 4000

	// strikeBurst is how many envelopes a peer may send that it should have
	// known to be wrong, before it is cut off; one is forgiven every strikeEvery.
	strikeBurst = 8
	strikeEvery = 10 * time.Second

	// banTime is how long a peer that was cut off stays out.
	banTime = 10 * time.Minute

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
	maxTopic         = 80

	// relayRate and relayBurst bound what is gossiped on after it came by
	// catch-up: enough for the alerts in force, never a backlog.
	relayRate  = 5
	relayBurst = 50
)

// Bounds of the catch-up protocol, per stream.
const (
	catchUpMaxItems   = 50_000           // listed per domain and lane
	catchUpMaxRequest = 64               // IDs per request
	catchUpFrame      = 2 << 20          // bytes of one frame: 50,000 items of 35 bytes
	catchUpTimeout    = 2 * time.Minute  // one whole session
	catchUpStep       = 15 * time.Second // one answer
	catchUpEvery      = 30 * time.Second // with one neighbour in turn
	gossipSettles     = 2 * time.Second  // after connecting: two heartbeats and a slow link's round trip
	catchUpServe      = 2                // sessions served per peer at once
	catchUpServeTotal = 16               // and in total
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
