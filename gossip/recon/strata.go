package recon

import (
	"encoding/binary"
	"math"
	"math/bits"
)

const (
	strataLevels = 10
	strataBits   = 384 // of a level
	strataSize   = strataLevels * strataBits / 8
)

// strata estimates how many Refs are in the difference of two sets. Level j takes
// in 2^-(j+1) of all Refs, and each of them flips one of the level's bits. Where
// two sets' bits differ, about that many Refs differ.
type strata [strataLevels][strataBits / 64]uint64

func (s *strata) toggle(r Ref) {
	h := mix(uint64(r) ^ seedStratum)
	level := min(bits.TrailingZeros64(h), strataLevels-1)
	bit := h >> 32 * strataBits >> 32
	s[level][bit/64] ^= 1 << (bit % 64)
}

func (s *strata) append(b []byte) []byte {
	for _, level := range s {
		for _, word := range level {
			b = binary.BigEndian.AppendUint64(b, word)
		}
	}
	return b
}

func readStrata(b []byte) (s strata) {
	for i := range s {
		for j := range s[i] {
			s[i][j] = binary.BigEndian.Uint64(b)
			b = b[8:]
		}
	}
	return s
}

// difference is the most likely size of the difference of two sets.
func (s *strata) difference(other *strata) int {
	var flipped [strataLevels]int
	for i := range s {
		for j := range s[i] {
			flipped[i] += bits.OnesCount64(s[i][j] ^ other[i][j])
		}
	}
	best, estimate := math.Inf(-1), 0.0
	for d := 1.0; d <= maxCount; d *= 1.02 {
		if l := likelihood(&flipped, d); l > best {
			best, estimate = l, d
		}
	}
	return int(estimate + 0.5)
}

// likelihood is the logarithm of the probability, up to a constant, that d Refs
// flip these bits: an odd number of them hits a bit with probability (1-exp(-2
// lambda))/2.
func likelihood(flipped *[strataLevels]int, d float64) (sum float64) {
	for i, n := range flipped {
		share := math.Ldexp(1, -min(i+1, strataLevels-1))
		p := -math.Expm1(-2*d*share/strataBits) / 2
		sum += float64(n)*math.Log(p) + float64(strataBits-n)*math.Log1p(-p)
	}
	return sum
}
