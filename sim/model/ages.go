package model

import "math"

// ages counts first arrivals by age: exactly at the marks, and for the curve and the
// quantiles in buckets that are a hundredth wide.
type ages struct {
	marks         []int // no older than each mark
	buckets       []uint32
	reached, late int
	concerned     int
	oldest        uint32
}

// bucketsPerOctave makes a bucket 1.1 % wide.
const bucketsPerOctave = 64

func bucket(age uint32) int {
	return int(math.Log2(float64(age)+1) * bucketsPerOctave)
}

// bucketAge is the greatest age of a bucket, in whole milliseconds as ages are.
func bucketAge(i int) float64 { return math.Ceil(math.Exp2(float64(i+1)/bucketsPerOctave)-1) - 1 }

// count counts an arrival at each mark that it is no older than, all in milliseconds.
func count(at []int, marks []uint32, age uint32) {
	for i, m := range marks {
		if age <= m {
			at[i]++
		}
	}
}

func (a *ages) add(age uint32, marks []uint32) {
	count(a.marks, marks, age)
	i := bucket(age)
	for len(a.buckets) <= i {
		a.buckets = append(a.buckets, 0)
	}
	a.buckets[i]++
	a.reached++
	a.oldest = max(a.oldest, age)
}

// within is how many arrivals are at most so old, in milliseconds; those in the bucket
// of that age are left out, so that none is told before it came.
func (a *ages) within(age float64) (n int) {
	for i := 0; i < len(a.buckets) && min(bucketAge(i), float64(a.oldest)) <= age; i++ {
		n += int(a.buckets[i])
	}
	return n
}

// quantile is the age, in seconds, by which a share of those concerned have it, to a
// hundredth and never too early; -1 where fewer ever did.
func (a *ages) quantile(share float64) float64 {
	want, n := int(math.Ceil(share*float64(a.concerned))), 0
	for i, b := range a.buckets {
		if n += int(b); n >= want && n > 0 {
			return math.Min(bucketAge(i), float64(a.oldest)) / 1000
		}
	}
	return -1
}
