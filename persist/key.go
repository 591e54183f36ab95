package persist

import (
	"fmt"
	"strings"
	"time"

	"github.com/ipfs/go-datastore"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Keys, as FORMAT.md specifies them. They are text, so that no byte of an ID
// can be mistaken for a separator.
const (
	keySchema   = "/schema"
	keyState    = "/state"
	keyEnvelope = "/env"         // /env/<id>
	keyKnown    = "/known"       // /known/<domain>/<lane>/<bucket>/<id>
	keyArrival  = "/arrival"     // /arrival/<number>
	keySlot     = "/slot"        // /slot/<domain>/<author>/<type>
	keyPart     = "/part"        // /part/<digest>
	keyRefs     = "/refs"        // /refs/<digest>
	keyEvent    = "/local/event" // /local/event/<number>
	keyLocal    = "/local/value" // /local/value/<name>
)

// Bucket is an hour of expiry, written yyyymmddhh in UTC. Sync compares sets
// bucket by bucket, and whole buckets go when their hour has long passed.
type Bucket uint32

const maxHour = wire.MaxTime / 3600

// BucketOf is the bucket of what expires at t (Unix seconds).
func BucketOf(t uint64) Bucket { return Bucket(min(t/3600, maxHour)) }

// Start is the first second of the bucket (Unix seconds).
func (b Bucket) Start() uint64 { return uint64(b) * 3600 }

func (b Bucket) String() string { return time.Unix(int64(b.Start()), 0).UTC().Format("2006010215") }

func join(parts ...string) string { return strings.Join(parts, "/") }

func envelopeKey(id wire.ID) string { return join(keyEnvelope, id.String()) }

func laneKey(domain wire.ID, lane wire.Lane) string {
	return join(keyKnown, domain.String(), lane.String())
}

func knownKey(r *Row) string {
	return join(laneKey(r.Domain, r.Lane), r.Bucket().String(), r.ID.String())
}

// Numbers are written in 16 hexadecimal digits, so that text order is their order.
func numberKey(prefix string, n uint64) string { return fmt.Sprintf("%s/%016x", prefix, n) }

func slotKey(r *Row) string {
	return fmt.Sprintf("%s/%s/%x/%s", keySlot, r.Domain, r.Author, r.Type)
}

func partKey(digest wire.ID) string { return join(keyPart, digest.String()) }
func refsKey(digest wire.ID) string { return join(keyRefs, digest.String()) }

func dsKey(key string) datastore.Key { return datastore.RawKey(key) }
