package recon

import "errors"

// Limits bounds a session. The zero value is the default.
type Limits struct {
	// Oldest is the time, in seconds UTC, before which what has expired is not
	// compared; see [Closed]. Clocks differ, so each side names its own and the later
	// one counts. A device in doubt of its clock leaves it 0.
	Oldest uint64
}

// ErrPeer ends a session in which the peer sent what is malformed or contradicts
// itself, or asked for more than any honest session needs. What Step returned so
// far may be used; it harms nobody.
var ErrPeer = errors.New("peer breaks the rules of reconciliation")

// MaxMessage bounds a message in bytes: small enough to be lost on a bad link
// without much harm, large enough for the sketch of 3,000 differences.
const MaxMessage = 64 << 10

// Bounds of a session. A session costs a neighbour that keeps to the rules far
// less; they are what is left to one that does not.
const (
	// firstCells are sent before the size of the difference is known: enough for the
	// few items that devices differ by which meet often.
	firstCells = 24

	// messageCells bounds the cells of one message.
	messageCells = 5632

	// maxClosing bounds the items in closed buckets that are taken out of a sketch: 0.3
	// µs each.
	maxClosing = 1 << 13

	// listRefs bounds the Refs of one message, and listOwn our own items that a range
	// of a list is compared with in one step.
	listRefs = 7600
	listOwn  = 16384

	// maxNeed bounds the Refs that a peer can make us note in one session.
	maxNeed = 1 << 20

	// queryPrefixes bounds the prefixes of one message; maxQueries those of a session,
	// and maxFound the items that they bring out. Only short names that were made to
	// collide lead there.
	queryPrefixes = 64
	maxQueries    = 1 << 13
	maxFound      = 1 << 16

	// baseSteps and itemsPerStep bound the steps of a session: a few for sketch and
	// queries, and one for each part of a list.
	baseSteps    = 512
	itemsPerStep = 2048

	// baseBytes and bytesPerItem bound what the answering side sends: all cells, all
	// queries, and a list.
	baseBytes    = 12 << 20
	bytesPerItem = 16
)

func maxSteps(own, theirs int) int {
	return baseSteps + (own+min(theirs, maxNeed))/itemsPerStep
}
