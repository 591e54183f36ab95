package cap

// Bounds on what Parse, Embedded and ParseNINA accept. Whoever exceeds one
// gets an error that wraps ErrLimit; nothing is cut off silently.
const (
	// MaxDocument is the largest document in bytes. The largest alert seen in
	// the field, with embedded audio, has 1.7 MB.
	MaxDocument = 8 << 20

	// MaxNINA is the largest NINA document, and the largest companion, in
	// bytes. Real ones have 14 kB and 59 kB; JSON takes far more memory
	// decoded than XML does.
	MaxNINA = 2 << 20

	// maxItems bounds the list entries of a NINA document, of which each
	// becomes a struct.
	maxItems = 20_000

	// maxDepth bounds nesting. CAP needs 4 levels, an XML signature 10, and
	// an envelope around both a few more.
	maxDepth = 32

	// maxElements bounds memory: the largest alert seen has about 13,000
	// elements, 8 MiB of "<a/>" would have two million.
	maxElements = 1 << 16

	// maxAttributes per element; CAP itself has none beside xmlns, a
	// signature at most three.
	maxAttributes = 64

	// MaxProblems bounds the problem list; one more entry then says that
	// there are others and carries their highest severity.
	MaxProblems = 200

	// maxEmbedded bounds the alerts that Embedded returns from one document.
	maxEmbedded = 1000

	// maxRingCheck is the number of vertices up to which a ring is tested for
	// crossing itself, as that test is quadratic: 256 keep it below 0.1 ms
	// for the 4 kB that such a ring is long.
	maxRingCheck = 256

	// maxYears is how long after sent an alert may plausibly expire.
	maxYears = 1

	// sniffLen is how much of a document Sniff looks at for the root element.
	sniffLen = 64 << 10

	// maxExcerpt bounds foreign text that is quoted in a message, in bytes.
	maxExcerpt = 60

	// maxMessage bounds what is passed on of an error of encoding/xml and
	// encoding/json, which quote names in full.
	maxMessage = 200
)
