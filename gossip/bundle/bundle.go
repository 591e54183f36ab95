// Package bundle reads and writes bundles: files of envelopes to carry by hand,
// on a stick, by mail or in a chat. A bundle is a stream, checked record by
// record and as a whole. What is damaged is named by its place in the file, and
// everything around it is still read; of one that is cut off, everything before
// the cut. FORMAT.md is the format.
//
// Nothing here judges an envelope: what a bundle holds is as good as what a
// stranger says, and goes through ingest like everything else.
package bundle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Version is the format version this package reads and writes.
const Version = 1

// preamble is the first lines of every bundle: what it is, for whoever opens it
// in a text viewer. Nothing depends on it; the header record holds the version.
const preamble = "KREIDFEUER BUNDLE 1\r\n" +
	"Signierte Warnungen zum Weitertragen. Einlesen: kreidfeuer carry import DATEI\r\n" +
	"Signed warnings to carry by hand. Read them in: kreidfeuer carry import FILE\r\n"

// Magic begins every bundle of every version that is not damaged there.
const Magic = "KREIDFEUER BUNDLE "

// marker begins every record, so that a reader finds the next one behind damage.
// It is no UTF-8, and a file that was transferred as text loses its line ends.
const marker = "\xf1KFR\r\n\x1a\n"

// Kinds of records. Append only; a reader skips kinds that it does not know.
const (
	kindHeader   = 1 // text; see Header
	kindEnvelope = 2 // an envelope in transmission
	kindEnd      = 3 // count and digest of all before it
	kindSpare    = 4 // how many envelopes come before it, and one of them again
)

// Sizes within a record: marker, kind, length of the content, the head's
// checksum; then the content and its checksum.
const (
	headSize  = len(marker) + 1 + 4 + 4
	tailSize  = 4
	countSize = 8
	endSize   = countSize + 32
	endRecord = headSize + endSize + tailSize
)

// Bounds of what is read.
const (
	// maxContent bounds a record: the largest envelope in transmission, as a spare. A
	// header of 64 domains takes 4 kB.
	maxContent = wire.MaxTransmission + countSize

	maxRecord = headSize + maxContent + tailSize

	// bufferSize is what a reader holds in memory: some records, so that looking
	// for the next sound one does not move the same bytes again and again.
	bufferSize = 4 * maxRecord

	// MaxSize bounds a whole bundle in bytes: FAT32 holds files below 4 GiB, and
	// some programs on the way count in signed 32 bits.
	MaxSize = 1<<31 - 1

	// maxDomains bounds the domains that a header names: as many as a device
	// takes part in, four times over.
	maxDomains = 64

	// maxNoise bounds what is looked through before the first sound record of a
	// file without our first line: one that is something else altogether.
	maxNoise = 1 << 20

	// maxWaste bounds the bytes checked in vain on the way from damage to the
	// next sound record, beyond wasteFactor times the bytes read: heads with long
	// contents, nested into each other, would cost hours. Honest damage wastes
	// one record at a time.
	maxWaste    = 64 << 20
	wasteFactor = 4
)

// ErrNotBundle says that a file is something else.
var ErrNotBundle = errors.New("not a bundle: it neither begins with \"" + Magic + "\" nor holds a record of one")

// ErrFull says that a bundle has reached MaxSize.
var ErrFull = errors.New("a bundle of 2 GiB holds no more")

// VersionError is a bundle that this version cannot read.
type VersionError struct{ Version uint64 }

func (e *VersionError) Error() string {
	return fmt.Sprintf("the bundle has format version %d and this program reads %d: use the newer program that wrote it", e.Version, Version)
}

// DamageError is a stretch of a bundle that cannot be read. Reading goes on
// behind it.
type DamageError struct {
	From, To int64 // bytes from the beginning of the file; To is the first that is sound again, or the file's end
	Reason   string
	CutOff   bool // the bundle ends here, before its end
}

func (e *DamageError) Error() string {
	if e.From == e.To {
		return fmt.Sprintf("at byte %d: %s", e.From, e.Reason)
	}
	return fmt.Sprintf("bytes %d to %d: %s", e.From, e.To-1, e.Reason)
}

// Rank orders envelopes in a bundle, lowest first: what proves the rest, then
// live by severity, drill, mail by priority. A bundle that is cut off, or a reader
// who runs out of time, then has the most important.
func Rank(lane wire.Lane, p wire.Priority) int {
	if lane == wire.LaneTrust {
		return 0 // in the order in which they came: issuers before subjects
	}
	return int(lane)<<8 - int(p)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord appends a whole record.
func appendRecord(b []byte, kind byte, content []byte) []byte {
	start := len(b)
	b = append(append(b, marker...), kind)
	b = binary.BigEndian.AppendUint32(b, uint32(len(content)))
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
	b = append(b, content...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// parseHead reads a record's head; false if it is none.
func parseHead(b []byte) (kind byte, length int, ok bool) {
	n := len(marker)
	if len(b) < headSize || string(b[:n]) != marker || binary.BigEndian.Uint32(b[n+5:]) != crc32.Checksum(b[:n+5], castagnoli) {
		return 0, 0, false
	}
	size := binary.BigEndian.Uint32(b[n+1:])
	return b[n], int(min(size, maxContent+1)), size <= maxContent
}

// isSound checks a whole record.
func isSound(b []byte) bool {
	at := len(b) - tailSize
	return binary.BigEndian.Uint32(b[at:]) == crc32.Checksum(b[:at], castagnoli)
}
