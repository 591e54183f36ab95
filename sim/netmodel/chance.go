package netmodel

// What the draws of one packet, node or leg are for, so that they are independent.
const (
	saltLoss = iota + 1
	saltJitter
	saltX
	saltY
	saltPhase
	saltSpread
)

// unit is a number in [0, 1) that depends on nothing but its arguments.
func unit(seed, salt uint64, p Packet) float64 {
	h := mix(seed ^ mix(salt))
	h = mix(h ^ uint64(p.From)<<32 ^ uint64(uint32(p.To)))
	h = mix(h ^ p.Number)
	return float64(h>>11) / (1 << 53)
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood, 2014) after one step.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
