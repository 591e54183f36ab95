package wire

// Every bound on remote input stands here, with its reason. A bound is checked
// before the work it bounds. Bounds marked "format" are part of WIRE.md: two
// devices that disagree on them would disagree on what is valid.
const (
	// MaxTransmission bounds the bytes of one envelope with chain and parts, in
	// gossip and on every stream (format). 64 KiB carries a whole warning in
	// nine languages with its polygon, and a thousand of them fit small memory.
	MaxTransmission = 64 << 10

	// MaxTrustObject bounds a root, certificate, beacon or station (format).
	// A certificate with a 100-vertex polygon takes 1.2 kB.
	MaxTrustObject = 4 << 10

	// MaxRevocation bounds a revocation list (format): 512 retired keys, or some
	// 60 compromised ones with what stays good.
	MaxRevocation = 32 << 10

	// MaxSigners bounds the signatures of one envelope (format): a root of nine
	// with a threshold of five plus recovery fits; verification cost stays below 1 ms.
	MaxSigners = 16

	// MaxChainObject bounds one encoded object of a chain (format): MaxTrustObject
	// with MaxSigners signatures of 115 bytes fits.
	MaxChainObject = 6 << 10

	// MaxChain bounds the objects in a chain (format): eight levels of units,
	// the persons who signed, and root versions on the way.
	MaxChain = 24

	// MaxParts bounds the parts of one payload (format): nine languages,
	// geometry, media and a foreign signature.
	MaxParts = 16

	// MaxPartSize bounds one part after decompression (format): a whole-country
	// polygon in deltas; it also bounds what a compression bomb can cost.
	MaxPartSize = 1 << 20

	// MaxExtensions bounds the header fields that version 1 does not know (format).
	MaxExtensions = 16

	// MaxNesting bounds the arrays and maps around an item, within a payload or a
	// protected header (format): it bounds the reader's stack.
	MaxNesting = 16

	// MaxElements bounds one array of a payload or part (format): the numbers of a
	// whole-country polygon.
	MaxElements = 128 << 10

	// MaxPairs bounds one map of a payload or extension (format). Larger tables
	// are arrays.
	MaxPairs = 256

	// MaxAuthority bounds an authority's path in bytes (format).
	MaxAuthority = 160

	// MaxLabel bounds one label of an authority's path or a person's ID (format).
	MaxLabel = 32

	// MaxDepth bounds the labels of an authority's path (format).
	MaxDepth = 8

	// MaxAlertLifetime bounds expires minus created of live alerts, in seconds
	// (format): seven days; what lasts longer is issued anew and so stays signed
	// by somebody who is still in office.
	MaxAlertLifetime = 7 * 24 * 3600

	// MaxTime is the last second of the year 9999 (format): beyond it RFC 3339
	// has no text form.
	MaxTime = 253402300799

	// MaxSequence leaves room below the integers that JSON represents exactly (format).
	MaxSequence = 1 << 52
)
