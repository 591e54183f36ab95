package recon

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

const (
	// bucketSeconds is the width of a bucket of expiry: fine enough that devices whose
	// clocks differ by minutes leave out little, coarse enough that it happens seldom.
	bucketSeconds = 3600

	keySize   = 4 + wire.IDSize
	digitBits = 2
	keyDigits = keySize * 8 / digitBits
)

// key orders items: the expiry bucket (big-endian), the ID's hash, its algorithm
// byte. It is read as a string of digits of two bits.
type key [keySize]byte

// entry is an item in a set.
type entry struct {
	key   key
	level wire.Level
}

// Ref is the short name of an item on the wire: the lower half of its expiry bucket
// (16 bits), the first 40 bits of its ID's hash, and its level (8 bits). Whoever
// makes IDs can make two items of one Ref; so it serves to find items, and never to
// prove sets equal.
type Ref uint64

// Level is the named item's level.
func (r Ref) Level() wire.Level { return wire.Level(r) }

// name is the Ref without the level.
func (r Ref) name() uint64 { return uint64(r) >> 8 }

// RefOf names an item that expires at the given time, in seconds UTC.
func RefOf(it wire.Item, expires uint64) Ref {
	e := newEntry(it, expires)
	return e.ref()
}

// Closed reports whether sessions with Limits.Oldest leave out what expires at the
// given time. A device takes items out of its set when they are closed, not when
// they expire: otherwise a neighbour offers them until the bucket ends.
func Closed(expires, oldest uint64) bool { return bucketOf(expires) < bucketOf(oldest) }

// Closes is the least Limits.Oldest by which what expires at the given time is closed.
func Closes(expires uint64) uint64 { return (expires/bucketSeconds + 1) * bucketSeconds }

func bucketOf(expires uint64) uint32 { return uint32(min(expires/bucketSeconds, math.MaxUint32)) }

// floorKey is the least key of a bucket.
func floorKey(bucket uint32) (k key) {
	binary.BigEndian.PutUint32(k[:4], bucket)
	return k
}

func newEntry(it wire.Item, expires uint64) entry {
	k := floorKey(bucketOf(expires))
	copy(k[4:], it.ID[1:])
	k[keySize-1] = it.ID[0]
	return entry{k, it.Level}
}

func (e *entry) item() wire.Item {
	it := wire.Item{Level: e.level}
	it.ID[0] = e.key[keySize-1]
	copy(it.ID[1:], e.key[4:])
	return it
}

// The Ref is a part of the key, so that the tree finds it without an index.
func (e *entry) ref() Ref {
	return Ref(binary.BigEndian.Uint64(e.key[2:10])&^0xff | uint64(e.level))
}

func (k *key) digit(i int) byte {
	return k[i/4] >> (6 - i%4*digitBits) & 3
}

func (k *key) less(other *key) bool { return string(k[:]) < string(other[:]) }

// common is the number of leading digits that two keys share.
func common(a, b *key) int {
	for i := range a {
		if x := a[i] ^ b[i]; x != 0 {
			return i*4 + bits.LeadingZeros8(x)/digitBits
		}
	}
	return keyDigits
}

// prefix stands for all keys that begin with some digits.
type prefix struct {
	key    key // the digits, then zeros
	digits int
}

// child is p with the digits of n appended, most significant first.
func (p prefix) child(n, digits int) prefix {
	for i := digits - 1; i >= 0; i-- {
		d := byte(n>>(i*digitBits)) & 3
		p.key[p.digits/4] |= d << (6 - p.digits%4*digitBits)
		p.digits++
	}
	return p
}

func (p *prefix) covers(k *key) bool { return common(&p.key, k) >= p.digits }

// cut is the prefix of a number of digits of k.
func cut(k *key, digits int) prefix {
	p := prefix{digits: digits}
	copy(p.key[:], k[:(digits+3)/4])
	if rem := digits % 4; rem != 0 {
		p.key[digits/4] &= 0xff << (8 - rem*digitBits)
	}
	return p
}
