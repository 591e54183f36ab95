package brief

import (
	_ "embed"
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
	for _, b := range primer {
		for i := 7; i >= 0; i-- {
			m.update(int32(b>>i) & 1)
		}
	}
	return m
})

// primed is a model that has read the primer.
func primed() *model { return primedOnce().clone() }
