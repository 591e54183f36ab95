package stream

import (
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Kinds of frames. Append only; the numbers 2 to 4 were those of the first version
// of catch-up.
const (
	Hello    = 1  // both: clock and domains
	Envelope = 5  // answering: one envelope
	End      = 6  // answering: that was all; asking: the session is over
	No       = 7  // draft: this one is rejected, with a note why
	Recon    = 8  // both: a message of the comparison of one lane
	Next     = 9  // asking: offer me more of the lane that we compared
	Offer    = 10 // both: I hold these and you lack them
	Get      = 11 // asking: send me these
)

// Frame is one message.
type Frame struct {
	Kind    uint64    `cbor:"0,keyasint"`
	Time    uint64    `cbor:"1,keyasint,omitempty"` // of the sender's clock, seconds UTC
	Domains []wire.ID `cbor:"2,keyasint,omitempty"`
	Lane    wire.Lane `cbor:"3,keyasint,omitempty"`
	Items   []byte    `cbor:"4,keyasint,omitempty"` // packed
	Raw     []byte    `cbor:"5,keyasint,omitempty"`
	Note    string    `cbor:"6,keyasint,omitempty"`
	More    bool      `cbor:"7,keyasint,omitempty"` // offer: there is more; get: with chains
}

// Place is the lane and domain that a frame is about.
func (f *Frame) Place() (wire.Place, error) {
	if len(f.Domains) != 1 || f.Lane == 0 {
		return wire.Place{}, fmt.Errorf("frame of kind %d is about %d domains and lane %d", f.Kind, len(f.Domains), f.Lane)
	}
	return wire.Place{Domain: f.Domains[0], Lane: f.Lane}, nil
}

// About returns f, said of a place.
func About(p wire.Place, f Frame) Frame {
	f.Domains, f.Lane = []wire.ID{p.Domain}, p.Lane
	return f
}
