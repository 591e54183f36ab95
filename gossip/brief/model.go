package brief

// The model predicts bits by what stood before, mixed from several views of it
// (context mixing, after M. Mahoney's PAQ). It is part of the format: integers
// only, the same on every machine. FORMAT.md, "Model".

const (
	views     = 7          // contexts, below; the match is one input more
	inputs    = views + 1  //
	slotBits  = 16         // of the table of one view
	matchBits = 14         // of the table that finds earlier places
	matchMin  = 5          // bytes that must agree
	matchMax  = 31         // bytes from which on agreeing longer says nothing more
	rateLimit = 60         // a probability never moves slower than by 1/61.5 of its error
	half      = 1 << 15    // of probabilities in 16 bits
	weightOne = 1 << 16    // of weights
	learning  = 10         // of weights
	maxLogit  = 1<<11 - 1  // 8, in steps of 1/256
	hashOne   = 0x9e3779b1 // odd numbers that spread bits
	hashTwo   = 0x85ebca6b //
	slotMask  = 1<<slotBits - 1
	matchMask = 1<<matchBits - 1
)

// logistic is 65536/(1+exp(-x)) for x = -8, -7.5, ..., 8.
var logistic = [33]int32{22, 36, 60, 98, 162, 267, 439, 720, 1179, 1921, 3108, 4971, 7812, 11955, 17625, 24743,
	32768, 40793, 47911, 53581, 57724, 60565, 62428, 63615, 64357, 64816, 65097, 65269, 65374, 65438, 65476, 65500, 65514}

// squash is the probability in 16 bits of a logit in 1/256.
func squash(x int32) int32 {
	x = min(max(x, -maxLogit), maxLogit) + 2048
	i, rest := x>>7, x&127
	return (logistic[i]*(128-rest) + logistic[i+1]*rest) >> 7
}

// logits is the inverse of squash, for probabilities in 12 bits.
var logits = func() (table [4096]int16) {
	x := int32(-maxLogit)
	for p := range table {
		for x < maxLogit && squash(x) < int32(p)<<4+8 {
			x++
		}
		table[p] = int16(x)
	}
	return table
}()

// rates are how far a probability moves towards the bit that came, by how often
// it has moved: 65536/(n+1.5).
var rates = func() (table [rateLimit + 1]int32) {
	for n := range table {
		table[n] = int32(2 * 65536 / (2*n + 3))
	}
	return table
}()

// odds is an adaptive probability of a 1.
type odds struct {
	p uint16
	n uint8
}

func (o *odds) update(bit int32) {
	o.p += uint16(((bit*65535 - int32(o.p)) * rates[o.n]) >> 16)
	if o.n < rateLimit {
		o.n++
	}
}

// model is the state after the bytes of history.
type model struct {
	history []byte
	node    uint32 // a 1 and the bits of the byte so far
	word    uint32 // hash of the letters since the last byte that is none

	slots  [views][]odds
	hashes [views]uint32
	chosen [views]*odds

	places   []int32 // by hash of the last matchMin bytes: where they stood last
	matched  int     // bytes that agree before match; 0: none
	match    int     // where the byte stands that is expected
	agree    [matchMax + 1]odds
	expected int32 // bit; -1: none

	weights [matchMax + 1][inputs]int32
	logit   [inputs]int32
	chance  int32 // of a 1, in 16 bits
}

func newModel() *model {
	m := &model{node: 1, places: make([]int32, 1<<matchBits)}
	for i := range m.slots {
		m.slots[i] = make([]odds, 1<<slotBits)
		for j := range m.slots[i] {
			m.slots[i][j].p = half
		}
	}
	for i := range m.weights {
		m.agree[i].p = half
		for j := range m.weights[i] {
			m.weights[i][j] = weightOne / 4
		}
	}
	m.boundary()
	m.predict()
	return m
}

// clone shares nothing with m but the bytes of its history.
func (m *model) clone() *model {
	c := *m
	c.history = m.history[:len(m.history):len(m.history)]
	c.places = append([]int32(nil), m.places...)
	for i := range c.slots {
		c.slots[i] = append([]odds(nil), m.slots[i]...)
	}
	c.predict()
	return &c
}

// update takes in a bit and predicts the next one.
func (m *model) update(bit int32) {
	err := (bit<<16 - m.chance) * learning >> 4
	w := &m.weights[min(m.matched, matchMax)]
	for i := range w {
		w[i] += (m.logit[i]*err + 1<<15) >> 16
	}
	for _, o := range m.chosen {
		o.update(bit)
	}
	if m.expected >= 0 {
		hit := int32(0)
		if bit == m.expected {
			hit = 1
		}
		m.agree[min(m.matched, matchMax)].update(hit)
		if hit == 0 {
			m.matched = 0
		}
	}
	m.node = m.node<<1 | uint32(bit)
	if m.node >= 256 {
		m.add(byte(m.node))
		m.node = 1
	}
	m.predict()
}

// add takes in a whole byte.
func (m *model) add(b byte) {
	m.history = append(m.history, b)
	if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0x80 {
		m.word = (m.word + uint32(b) + 1) * hashOne
	} else {
		m.word = 0
	}
	if m.matched > 0 {
		m.matched++
		m.match++
	}
	m.boundary()
}

// boundary prepares the views of the next byte.
func (m *model) boundary() {
	n := len(m.history)
	last := func(i int) uint32 { // the i-th byte from the end
		if i > n {
			return 0
		}
		return uint32(m.history[n-i])
	}
	order := func(k int) (h uint32) {
		for i := 1; i <= k; i++ {
			h = (h + last(i) + 1) * hashOne
		}
		return h
	}
	m.hashes = [views]uint32{0, order(1), order(2), order(3), order(4), order(6), m.word + last(1)<<24}
	for i := range m.hashes {
		m.hashes[i] = (m.hashes[i] + uint32(i)) * hashTwo
	}
	if n < matchMin {
		return
	}
	place := &m.places[order(matchMin)>>(32-matchBits)]
	if m.matched == 0 && *place > 0 {
		m.match = int(*place)
		for m.matched < matchMax && m.matched < m.match && m.history[m.match-1-m.matched] == m.history[n-1-m.matched] {
			m.matched++
		}
		if m.matched < matchMin {
			m.matched = 0
		}
	}
	*place = int32(n)
}

// predict mixes what the views say of the next bit.
func (m *model) predict() {
	for i := range m.chosen {
		at := (m.hashes[i] ^ m.node*hashOne) * hashTwo >> (32 - slotBits)
		m.chosen[i] = &m.slots[i][at]
		m.logit[i] = int32(logits[m.chosen[i].p>>4])
	}
	m.expected, m.logit[views] = -1, 0
	if m.matched > 0 {
		next := uint32(m.history[m.match]) | 256
		bits := 0
		for m.node>>bits > 1 {
			bits++
		}
		if next>>(8-bits) == m.node {
			m.expected = int32(next>>(7-bits)) & 1
			x := int32(logits[m.agree[min(m.matched, matchMax)].p>>4])
			if m.expected == 0 {
				x = -x
			}
			m.logit[views] = x
		} else {
			m.matched = 0
		}
	}
	w := &m.weights[min(m.matched, matchMax)]
	sum := int64(0)
	for i, x := range m.logit {
		sum += int64(w[i]) * int64(x)
	}
	m.chance = squash(int32(min(max(sum>>16, -maxLogit), maxLogit)))
}
