package model

// holdings are the alerts that each device holds, a bit for each. Bits stand in the
// order of ranks, what ranks first at the front.
type holdings struct {
	words int
	bits  []uint64
	place []uint32         // bit of each alert
	alert []uint32         // alert of each bit
	sum   []uint64         // of the names of what a device compares: equal sums lack nothing of each other
	count map[uint64]int32 // devices by sum
	usual uint64           // the sum that most had when it was last looked at
	list  []uint32
}

// newHoldings are those of devices that hold nothing, of alerts ranked in an order.
func newHoldings(devices int, order []uint32) holdings {
	words := (len(order) + 63) / 64
	h := holdings{words: words, bits: make([]uint64, devices*words), sum: make([]uint64, devices), count: map[uint64]int32{0: int32(devices)},
		alert: order, place: make([]uint32, len(order))}
	for bit, alert := range order {
		h.place[alert] = uint32(bit)
	}
	return h
}

func (h *holdings) has(d, alert uint32) bool { return h.in(h.bits, d, alert) }

// in reports whether an alert's bit is set in a device's share of bits.
func (h *holdings) in(bits []uint64, d, alert uint32) bool {
	bit := h.place[alert]
	return bits[int(d)*h.words+int(bit>>6)]>>(bit&63)&1 == 1
}

// set sets or clears it.
func (h *holdings) set(bits []uint64, d, alert uint32, on bool) {
	bit := h.place[alert]
	word := &bits[int(d)*h.words+int(bit>>6)]
	*word &^= 1 << (bit & 63)
	if on {
		*word |= 1 << (bit & 63)
	}
}

// flip adds an alert to what a device holds and compares, or takes it away.
func (h *holdings) flip(d, alert uint32, name uint64) {
	h.set(h.bits, d, alert, !h.has(d, alert))
	h.compare(d, name)
}

// compare adds an alert to what a device compares, or takes it away.
func (h *holdings) compare(d uint32, name uint64) {
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
