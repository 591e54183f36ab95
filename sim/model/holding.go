package model

// holdings are the alerts that each device holds, a bit for each.
type holdings struct {
	words int
	bits  []uint64
	sum   []uint64         // of the names of what a device holds: equal sums hold the same
	count map[uint64]int32 // devices by sum
	usual uint64           // the sum that most had when it was last looked at
	list  []uint32
}

func newHoldings(devices, words int) holdings {
	return holdings{words: words, bits: make([]uint64, devices*words), sum: make([]uint64, devices), count: map[uint64]int32{0: int32(devices)}}
}

func (h *holdings) has(d, alert uint32) bool {
	return h.bits[int(d)*h.words+int(alert>>6)]>>(alert&63)&1 == 1
}

// flip adds an alert to what a device holds, or takes it away.
func (h *holdings) flip(d, alert uint32, name uint64) {
	h.bits[int(d)*h.words+int(alert>>6)] ^= 1 << (alert & 63)
	old := h.sum[d]
	if h.count[old]--; h.count[old] == 0 {
		delete(h.count, old)
	}
	h.sum[d] ^= name
	h.count[h.sum[d]]++
}

// odd are the devices that do not hold what most do. The result is good until the
// next call.
func (h *holdings) odd() []uint32 {
	if int(h.count[h.usual]) <= len(h.sum)/2 {
		most := h.count[h.usual]
		for sum, n := range h.count { // of two with as many the smaller, whatever the order
			if n > most || n == most && sum < h.usual {
				most, h.usual = n, sum
			}
		}
	}
	h.list = h.list[:0]
	if int(h.count[h.usual]) == len(h.sum) {
		return h.list
	}
	for d, sum := range h.sum {
		if sum != h.usual {
			h.list = append(h.list, uint32(d))
		}
	}
	return h.list
}
