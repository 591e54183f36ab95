package persist

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// The journal's form (goleveldb's package journal): blocks of chunks, each with a
// masked CRC-32C over what follows it, a length and a type. What is left of a block
// behind its last chunk and takes no header is filled with zeros.
const (
	journalBlock  = 32 << 10
	journalHeader = 7
	chunkFull     = 1 // begins and ends a record
	chunkFirst    = 2 // begins one that goes on in the next block, and fills its own
	chunkMiddle   = 3 // goes on with one, and fills its block
	chunkLast     = 4 // ends one
)

// sectorSize is the least that a disk writes at once: 512 bytes since the first
// hard disks; today's write 4,096, which are eight of them.
const sectorSize = 512

// checkJournal looks for damage in a journal or manifest.
//
// Every record is synced before the next one is written, and nobody appends to a
// journal that has been opened again. So at most the last record may be incomplete,
// and its writer was told nothing yet. What the end of a process leaves of it is
// its beginning; what the end of power leaves may be as long as it should be, with
// zeros in place of sectors that were not written. A journal that breaks off in
// any other way was changed after it had been written.
func checkJournal(b []byte) error {
	within := false // a record that has begun and not ended
	for at := 0; at < len(b); {
		end := min(at-at%journalBlock+journalBlock, len(b))
		if end-at < journalHeader {
			at = end // zeros that fill the block, or a header that was cut short
			continue
		}
		size, whole := wholeChunk(b[at:end])
		if !whole && !emptyFirst(b[at:end]) {
			return checkBreak(b, at, within)
		}
		kind := b[at+journalHeader-1]
		if !follows(kind, within) {
			return fmt.Errorf("the chunk at byte %d does not follow the one before it", at)
		}
		within = kind == chunkFirst || kind == chunkMiddle
		at += size
	}
	return nil
}

// follows reports whether a chunk of this kind may stand within a record that
// has begun and not ended, or else behind one.
func follows(kind byte, within bool) bool {
	if within {
		return kind == chunkMiddle || kind == chunkLast
	}
	return kind == chunkFull || kind == chunkFirst
}

// checkBreak tells a journal that was cut short in the chunk at byte at from one
// that was changed there.
func checkBreak(b []byte, at int, within bool) error {
	written, head := writtenEnd(b), at+journalHeader
	if head > written {
		return nil // cut short in the chunk's header
	}
	kind, end := b[head-1], head+int(binary.LittleEndian.Uint16(b[at+4:]))
	blockEnd := at - at%journalBlock + journalBlock
	switch fills := kind == chunkFirst || kind == chunkMiddle; {
	case !follows(kind, within), end == head, end > blockEnd, fills && end != blockEnd:
		return fmt.Errorf("the header of the chunk at byte %d is not what was written", at)
	case end <= written:
		return fmt.Errorf("the chunk at byte %d is not what was written", at)
	}
	// It goes on behind what was written, or its length says so and is wrong.
	block := b[at:min(blockEnd, len(b))]
	if chunkSum(block) == binary.LittleEndian.Uint32(block) {
		return fmt.Errorf("the length of the chunk at byte %d is not what was written", at)
	}
	for next := 1; next+journalHeader < len(block); next++ {
		if kind := block[next+journalHeader-1]; kind != chunkFull && kind != chunkFirst {
			continue
		}
		if _, whole := wholeChunk(block[next:]); whole {
			return fmt.Errorf("the chunk at byte %d is not what was written: a whole record stands behind it at byte %d", at, at+next)
		}
	}
	return nil
}

// writtenEnd is where the zeros begin that stand for sectors at the end of the
// file that were not written.
func writtenEnd(b []byte) int {
	end := len(b)
	for end > 0 && b[end-1] == 0 {
		end--
	}
	return min((end+sectorSize-1)/sectorSize*sectorSize, len(b))
}

// wholeChunk returns the size of the chunk that b begins with, if it is whole.
func wholeChunk(b []byte) (size int, whole bool) {
	if len(b) < journalHeader {
		return 0, false
	}
	size = journalHeader + int(binary.LittleEndian.Uint16(b[4:]))
	if size == journalHeader || size > len(b) {
		return size, false
	}
	return size, binary.LittleEndian.Uint32(b) == chunkSum(b[:size])
}

// emptyFirst reports whether b, up to the end of a block, is the beginning of a
// record for which there was room in the block for the header alone.
func emptyFirst(b []byte) bool {
	return len(b) == journalHeader && b[journalHeader-1] == chunkFirst && binary.LittleEndian.Uint16(b[4:]) == 0 &&
		binary.LittleEndian.Uint32(b) == chunkSum(b)
}

// chunkSum is what the header of a chunk says of it: of its kind and content, not
// of its length.
func chunkSum(chunk []byte) uint32 {
	sum := crc32.Checksum(chunk[journalHeader-1:], castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}
