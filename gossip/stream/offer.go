package stream

import (
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

const (
	// MaxOffer bounds the items of one offer, 35 bytes each.
	MaxOffer = 1024

	// MaxGet bounds the envelopes asked for at once: a batch that is worth verifying together.
	MaxGet = 256

	// SizeUnit is that of sizes in offers, in bytes.
	SizeUnit = 256

	offeredSize = wire.IDSize + 2
)

// Offered is an item of an offer.
type Offered struct {
	ID    wire.ID
	Grade wire.Level // ledger.Entry.Grade
	Size  uint8      // in units of SizeUnit, rounded up; 255: that or more
}

// Describe describes an envelope of some bytes.
func Describe(id wire.ID, grade wire.Level, bytes uint64) Offered {
	return Offered{id, grade, uint8(min(255, (bytes+SizeUnit-1)/SizeUnit))}
}

// Bytes is about how many bytes the item is.
func (o *Offered) Bytes() int { return max(1, int(o.Size)) * SizeUnit }

// PackOffer packs the items of an offer, MaxOffer at most.
func PackOffer(list []Offered) []byte {
	b := make([]byte, 0, len(list)*offeredSize)
	for i := range list {
		b = append(append(b, list[i].ID[:]...), byte(list[i].Grade), list[i].Size)
	}
	return b
}

// UnpackOffer reads what PackOffer packs.
func UnpackOffer(b []byte) ([]Offered, error) {
	if len(b)%offeredSize != 0 || len(b) > MaxOffer*offeredSize {
		return nil, fmt.Errorf("offer of %d bytes, want at most %d items of %d", len(b), MaxOffer, offeredSize)
	}
	list := make([]Offered, 0, len(b)/offeredSize)
	for ; len(b) > 0; b = b[offeredSize:] {
		list = append(list, Offered{wire.ID(b[:wire.IDSize]), wire.Level(b[wire.IDSize]), b[wire.IDSize+1]})
	}
	return list, nil
}

// PackGet packs a request for some items, MaxGet at most.
func PackGet(list []Offered) []byte {
	b := make([]byte, 0, len(list)*wire.IDSize)
	for i := range list {
		b = append(b, list[i].ID[:]...)
	}
	return b
}

// UnpackGet reads what PackGet packs.
func UnpackGet(b []byte) ([]wire.ID, error) {
	if len(b)%wire.IDSize != 0 || len(b) > MaxGet*wire.IDSize {
		return nil, fmt.Errorf("request of %d bytes, want at most %d IDs", len(b), MaxGet)
	}
	ids := make([]wire.ID, 0, len(b)/wire.IDSize)
	for ; len(b) > 0; b = b[wire.IDSize:] {
		ids = append(ids, wire.ID(b[:wire.IDSize]))
	}
	return ids, nil
}
