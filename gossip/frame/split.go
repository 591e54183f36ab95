package frame

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/klauspost/reedsolomon"
)

// Sizes of frames, in bytes.
const (
	// RadioMTU is what a LoRa mesh carries as one payload (Meshtastic's
	// DATA_PAYLOAD_LEN).
	RadioMTU = 233

	// MinMTU leaves a little room beside the head of a frame.
	MinMTU = headSize + 16
)

// Bounds of the format.
const (
	// MaxMessage bounds a message: what a head can say.
	MaxMessage = 1<<16 - 1

	// MaxNeeded bounds the frames that a message needs. The code has 256 of them,
	// so at least as many again are left to make up for lost ones.
	MaxNeeded = 128

	// MaxFrames is how many different frames a message of more than one has.
	MaxFrames = 256
)

// The head of a frame of a longer message: mark, message ID, total length, index,
// check.
const (
	markPiece = 0x80 // the first byte of a whole message is below

	idSize    = 4
	checkSize = 2
	headSize  = 1 + idSize + 2 + 1 + checkSize
)

// ID names a message while its frames come in. It is not unique against an
// attacker.
type ID [idSize]byte

func idOf(message []byte) (id ID) {
	sum := sha256.Sum256(message)
	copy(id[:], sum[:])
	return id
}

// Pieces are the frames of one message. Frame 0 to Needed-1 hold its bytes as they
// are; those up to Count-1 make up for any that are lost.
type Pieces struct {
	id     ID
	length int
	needed int
	shards [][]byte // nil: the message is its only frame
	whole  []byte
}

// Split divides a message into frames of at most mtu bytes (MinMTU or more) and
// adds up to spare frames; no message has more than MaxFrames. A message that
// fits is one frame, and its spare frames are copies. It keeps references to
// message.
func Split(message []byte, mtu, spare int) (*Pieces, error) {
	switch {
	case len(message) == 0 || message[0] >= markPiece:
		return nil, fmt.Errorf("split message: it does not begin as one")
	case len(message) > MaxMessage:
		return nil, fmt.Errorf("split message of %d bytes: at most %d", len(message), MaxMessage)
	case mtu < MinMTU || spare < 0:
		return nil, fmt.Errorf("split message: frames of %d bytes, want at least %d", mtu, MinMTU)
	case len(message) <= mtu:
		return &Pieces{id: idOf(message), length: len(message), needed: 1, whole: message}, nil
	}
	least := ceil(len(message), mtu-headSize)
	size := ceil(len(message), least) // frames of one length, no longer than they must be
	needed := ceil(len(message), size)
	if needed > MaxNeeded {
		return nil, fmt.Errorf("split message of %d bytes: needs %d frames of %d, at most %d", len(message), needed, mtu, MaxNeeded)
	}
	p := &Pieces{id: idOf(message), length: len(message), needed: needed}
	p.shards = make([][]byte, needed+min(spare, MaxFrames-needed))
	padded := make([]byte, size*len(p.shards))
	copy(padded, message)
	for i := range p.shards {
		p.shards[i] = padded[i*size : (i+1)*size]
	}
	code, err := codeFor(needed, len(p.shards))
	if err != nil {
		return nil, err
	}
	return p, code.Encode(p.shards)
}

func ceil(n, by int) int { return (n + by - 1) / by }

// codeFor is the erasure code of FORMAT.md: the identity above a Cauchy matrix. Row
// i does not depend on how many rows are asked for.
func codeFor(needed, total int) (reedsolomon.Encoder, error) {
	return reedsolomon.New(needed, total-needed, reedsolomon.WithCauchyMatrix(), reedsolomon.WithMaxGoroutines(1))
}

// ID is the short name of the message.
func (p *Pieces) ID() ID { return p.id }

// Needed is how many different frames give the message back.
func (p *Pieces) Needed() int { return p.needed }

// Count is how many different frames there are, spare ones among them.
func (p *Pieces) Count() int { return max(1, len(p.shards)) }

// Frame returns frame i modulo Count, in a new slice: whoever repeats a message
// counts on, and every frame serves.
func (p *Pieces) Frame(i int) []byte {
	if p.whole != nil {
		return bytes.Clone(p.whole)
	}
	i %= len(p.shards)
	b := make([]byte, 0, headSize+len(p.shards[i]))
	b = append(append(b, markPiece), p.id[:]...)
	b = append(binary.BigEndian.AppendUint16(b, uint16(p.length)), byte(i))
	b = append(b, 0, 0)
	b = append(b, p.shards[i]...)
	check := checkOf(b)
	copy(b[headSize-checkSize:], check[:])
	return b
}

// checkOf is over all of a frame but the check itself.
func checkOf(b []byte) (check [checkSize]byte) {
	h := sha256.New()
	h.Write(b[:headSize-checkSize])
	h.Write(b[headSize:])
	copy(check[:], h.Sum(nil))
	return check
}

// piece is one frame of a longer message, read.
type piece struct {
	id     ID
	length int // of the message
	index  int
	needed int
	shard  []byte // aliases the frame
}

// readPiece reads a frame that begins with markPiece.
func readPiece(b []byte) (piece, error) {
	if b[0] != markPiece {
		return piece{}, fmt.Errorf("%w: frame of kind 0x%02x", ErrUnsupported, b[0])
	}
	if len(b) <= headSize {
		return piece{}, fmt.Errorf("%w: frame of %d bytes", ErrDamaged, len(b))
	}
	check := checkOf(b)
	if !bytes.Equal(check[:], b[headSize-checkSize:headSize]) {
		return piece{}, fmt.Errorf("%w: its check does not hold", ErrDamaged)
	}
	p := piece{id: ID(b[1:]), length: int(binary.BigEndian.Uint16(b[1+idSize:])), index: int(b[1+idSize+2]), shard: b[headSize:]}
	p.needed = ceil(p.length, len(p.shard))
	if p.needed < 2 || p.needed > MaxNeeded {
		return piece{}, fmt.Errorf("%w: %d bytes in pieces of %d", ErrDamaged, p.length, len(p.shard))
	}
	return p, nil
}
