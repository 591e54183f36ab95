package brief

import (
	_ "embed"
	"slices"
	"sync"
)

// The primer is what the model has read before it meets a message: phrases of
// warnings in German and English, and cores of alerts. It is part of the format;
// FORMAT.md says how to change it.
//
//go:embed primer.bin
var primer []byte

var primedOnce = sync.OnceValue(func() *model {
	m := newModel()
	m.read(primer)
	return m
})

func (m *model) read(text []byte) {
	for _, b := range text {
		for i := 7; i >= 0; i-- {
			m.update(int32(b>>i) & 1)
		}
	}
}

// referenceHead is how the list of one reference stands in a core: key 19, and an
// ID without its hash.
var referenceHead = []byte{19, 0x81, 0x58, 0x21, 0x01}

// primed is a model that has read the primer, and the hash of previous (nil: none)
// as a reference to it.
func primed(previous []byte) *model {
	m := primedOnce().clone()
	if previous != nil {
		for _, b := range slices.Concat(referenceHead, previous) {
			m.matched = 0
			m.add(b) // to be found by a match; nothing is learnt from it
		}
		m.predict()
	}
	return m
}
