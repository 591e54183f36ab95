package airtime

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Modem is how a LoRa radio modulates.
type Modem struct {
	Spreading int // spreading factor, 7 to 12: a symbol holds that many bits
	Bandwidth int // in Hz
	Coding    int // 1 to 4, for 4/5 to 4/8
	Preamble  int // in symbols, without the 4.25 that every frame has
	Head      int // bytes that the radio's own protocol adds to a payload
}

// presets are those of Meshtastic's firmware, with its 16 symbols of preamble and
// its head of 16 bytes, so that radios of one neighbourhood can share a setting.
var presets = map[string]Modem{
	"shortturbo":   {7, 500_000, 1, 16, 16},
	"shortfast":    {7, 250_000, 1, 16, 16},
	"shortslow":    {8, 250_000, 1, 16, 16},
	"mediumfast":   {9, 250_000, 1, 16, 16},
	"mediumslow":   {10, 250_000, 1, 16, 16},
	"longfast":     {11, 250_000, 1, 16, 16},
	"longmoderate": {11, 125_000, 4, 16, 16},
	"longslow":     {12, 125_000, 4, 16, 16},
}

// Preset returns the modem of a name, such as "longfast".
func Preset(name string) (Modem, error) {
	m, ok := presets[strings.ToLower(name)]
	if !ok {
		return Modem{}, fmt.Errorf("no radio preset %q, want one of %s", name, strings.Join(slices.Sorted(maps.Keys(presets)), ", "))
	}
	return m, nil
}

// symbol is how long one symbol takes.
func (m Modem) symbol() time.Duration {
	return time.Duration(float64(time.Second) * float64(int(1)<<m.Spreading) / float64(m.Bandwidth))
}

// slowSymbol is from where on LoRa spends two bits of a symbol on the drift of
// oscillators (low data rate optimisation).
const slowSymbol = 16 * time.Millisecond

// Airtime is how long a payload of n bytes is on the air, with explicit header
// and checksum (Semtech SX1276 datasheet, 4.1.1.7).
func (m Modem) Airtime(n int) time.Duration {
	sf := m.Spreading
	perBlock := 4 * sf
	if m.symbol() > slowSymbol {
		perBlock = 4 * (sf - 2)
	}
	bits := 8*(n+m.Head) - 4*sf + 28 + 16
	blocks := (max(bits, 0) + perBlock - 1) / perBlock
	symbols := 8 + blocks*(m.Coding+4)
	preamble := float64(m.Preamble) + 4.25
	return time.Duration((preamble + float64(symbols)) * float64(m.symbol()))
}

// slot is how long a radio needs to notice that another one sends: half of the
// preamble. Waiting times are counted in slots.
func (m Modem) slot() time.Duration {
	return time.Duration(m.Preamble) * m.symbol() / 2
}
