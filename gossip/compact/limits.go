package compact

import "github.com/kreidfeuer/kreidfeuer/gossip/wire"

// Bounds on what is read; FORMAT.md states them.
const (
	// MaxContainer bounds a file of Marshal in bytes, 16 MiB: twice the largest
	// document that gossip/cap reads.
	MaxContainer = 16 << 20

	// maxContent bounds what the parts of a container hold together after
	// decompression. A document of 8 MiB needs less than that.
	maxContent = 16 << 20

	// maxContainerParts bounds the parts of a container: its content in parts
	// of wire.MaxPartSize, and as many started ones as an envelope has.
	maxContainerParts = maxContent/wire.MaxPartSize + wire.MaxParts

	// The memory that decoding may cost, whatever the input repeats or shares:
	// freeCost and costFactor times the bytes for the core and for each part of
	// an envelope, and maxCost for all together. So a 64 kB core costs 4.3 MB at
	// most. The worst real alert, with polygons shared by ten languages, takes
	// 37 % of its allowance; the largest document that gossip/cap reads and an
	// envelope can carry takes less than maxCost.
	freeCost   = 256 << 10
	costFactor = 64
	maxCost    = 32 << 20

	// fileCost is granted to a file: it comes from this device's user, and
	// documents that no envelope could carry, such as ten thousand empty areas,
	// must survive too. The costliest that gossip/cap reads takes 90 MB.
	fileCost = 128 << 20

	// What one element costs beside its text: about its size in memory.
	costInfo     = 640
	costResource = 160
	costArea     = 160
	costPair     = 32
	costText     = 16

	// maxDepth bounds nested arrays and maps; the format needs 6.
	maxDepth = 8

	// maxKey bounds map keys. Keys are small by design, and 5 bytes of an
	// unknown key must not mean anything.
	maxKey = 63
)

// Choices of the encoder. Decoders do not depend on them.
const (
	// maxCoreText is the longest text element that stays in the core, in bytes:
	// the 160 of a short message.
	maxCoreText = 160

	// maxCoreRing is the longest encoded polygon that stays in the core, in
	// bytes: a handful of vertices.
	maxCoreRing = 32

	// maxCoreAreas is the size up to which all areas of an alert stay in the
	// core, in bytes, without their polygons: some 150 municipalities by key.
	maxCoreAreas = 2 << 10

	// maxCoreValue is the longest parameter that stays in the core, in bytes.
	maxCoreValue = 64

	// minSection is the size below which a part is not worth its reference of
	// 39 bytes in the core, so that its content stays there.
	minSection = 48

	// sharedText is the size up to which several languages share one text part.
	sharedText = 2 << 10

	// Parts by kind: with a geometry and a signature they fit wire.MaxParts.
	maxTextSections  = 9
	maxMediaSections = wire.MaxParts - maxTextSections - 2
)
