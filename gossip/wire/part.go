package wire

import (
	"github.com/klauspost/compress/zstd"
)

// Encodings of a transmitted part: its first byte.
const (
	partPlain = 0x00
	partZstd  = 0x01 // RFC 8878
)

const contextPart = "kreidfeuer:1:part"

// PartRef names a detached part in a signed payload: the hash of its content
// and its size in bytes, both before compression. So the same part may travel
// compressed or not, and its cost is known before it is opened.
type PartRef struct {
	_      struct{} `cbor:",toarray"`
	Digest ID
	Size   uint64
}

// SignedPayload is the payload of envelopes with parts: the core, and what the
// parts hash to.
type SignedPayload struct {
	_     struct{} `cbor:",toarray"`
	Core  Raw
	Parts []PartRef
}

// NewPartRef names content.
func NewPartRef(content []byte) PartRef {
	return PartRef{Digest: hashID(contextPart, content), Size: uint64(len(content))}
}

// ParsePayload reads a payload of core and part references, strictly: Marshal of
// the result is b. The core aliases b; it is deterministic CBOR of any shape.
func ParsePayload(b []byte) (SignedPayload, error) {
	c := cursor{rest: b}
	if n := c.array(); n != 2 {
		c.malformed("payload of %d fields, want core and parts", n)
	}
	p := SignedPayload{Core: c.item(1)}
	n := c.array()
	if n > MaxParts {
		c.malformed("%d parts, at most %d", n, MaxParts)
	}
	for ; n > 0 && c.err == nil; n-- {
		p.Parts = append(p.Parts, c.partRef())
	}
	if c.end(); c.err != nil {
		return SignedPayload{}, RefusePayload("payload", c.err)
	}
	return p, nil
}

func (c *cursor) partRef() PartRef {
	if n := c.array(); n != 2 {
		c.malformed("part reference of %d fields, want digest and size", n)
	}
	digest, size := c.id(), c.uint()
	if size > MaxPartSize {
		c.malformed("part of %d bytes, at most %d", size, MaxPartSize)
	}
	if c.err != nil {
		return PartRef{}
	}
	return PartRef{Digest: *digest, Size: size}
}

// Neither keeps a goroutine; both are safe for concurrent use. The encoder's
// default level keeps 1.4 MB where the next keeps 13 MB and saves 2 % of text.
// A single segment makes every frame announce its content's size.
var (
	partEncoder = must(zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault),
		zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true), zstd.WithLowerEncoderMem(true)))
	partDecoder = must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(MaxPartSize),
		zstd.WithDecoderMaxWindow(MaxPartSize), zstd.WithDecoderLowmem(true), zstd.WithDecodeAllCapLimit(true)))
)

// PackPart is the transmitted form of content, compressed where that is shorter.
func PackPart(content []byte) []byte {
	packed := partEncoder.EncodeAll(content, []byte{partZstd})
	if len(packed) < len(content)+1 {
		return packed
	}
	return append([]byte{partPlain}, content...)
}

// Open checks a transmitted part against its reference and returns its content.
// It never writes more than Size bytes.
func (r PartRef) Open(packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, Refuse(ReasonBadPart, "part without encoding byte")
	}
	content := packed[1:]
	switch packed[0] {
	case partPlain:
	case partZstd:
		var err error
		if content, err = r.decompress(content); err != nil {
			return nil, err
		}
	default:
		return nil, Refuse(ReasonUnsupported, "part encoding %d", packed[0])
	}
	if uint64(len(content)) != r.Size {
		return nil, Refuse(ReasonBadPart, "part of %d bytes, signed for %d", len(content), r.Size)
	}
	if NewPartRef(content).Digest != r.Digest {
		return nil, Refuse(ReasonBadPart, "part does not match its digest")
	}
	return content, nil
}

// decompress demands the frame's own content size, so that a bomb is refused
// before it is opened.
func (r PartRef) decompress(b []byte) ([]byte, error) {
	var h zstd.Header
	if err := h.Decode(b); err != nil {
		return nil, Refuse(ReasonBadPart, "part: %v", err)
	}
	if r.Size > MaxPartSize || !h.HasFCS || h.FrameContentSize != r.Size {
		return nil, Refuse(ReasonBadPart, "part announces %d bytes, signed for %d", h.FrameContentSize, r.Size)
	}
	content, err := partDecoder.DecodeAll(b, make([]byte, 0, r.Size))
	if err != nil {
		return nil, Refuse(ReasonBadPart, "part: %v", err)
	}
	return content, nil
}
