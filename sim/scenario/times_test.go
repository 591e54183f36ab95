package scenario

import (
	"strings"
	"testing"
)

const attacked = small + `adversaries:
  - {kind: suppressor, count: 3, at: village, links: [wifi]}
`

// TestHours: what an adversary cannot do when the scenario says is refused, where it says so.
func TestHours(t *testing.T) {
	for _, c := range []struct{ hours, want string }{
		{"suppressor, from: 10m, until: 20m", ""},
		{"eclipse, until: 9h", ""},
		{"clock-skew, until: 2h", ""},
		{"clock-skew, from: 0", ""},
		{"clock-skew, from: 10m", "line 19, column 30: adversaries[0].from: a clock-skew adversary's clock is wrong from beginning to end"},
		{"clock-skew, until: 10m", "line 19, column 31: adversaries[0].until: a clock-skew adversary's clock is wrong from beginning to end"},
		{"sybil, from: 2h", "line 19, column 25: adversaries[0].from: begins after the end of the scenario"},
		{"sybil, from: 20m, until: 20m", "line 19, column 37: adversaries[0].until: ends before it begins"},
		{"flooder, rate: 1000", ""},
		{"flooder, rate: 1000.5", "line 19, column 27: adversaries[0].rate: want at most 1000 a second; for more, count more devices"},
	} {
		_, err := Parse([]byte(strings.Replace(attacked, "suppressor", c.hours, 1)))
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("%s: error %v, want %q", c.hours, err, c.want)
		}
	}
}

// TestSlowLinks: nobody connects over a link on which a packet is under way for days.
func TestSlowLinks(t *testing.T) {
	for _, c := range []struct{ link, want string }{
		{"latency: 1h, exchange: 1d", ""},
		{"latency: 61m", "line 8, column 19: links.wifi.latency: want at most 1h"},
		{"exchange: 25h", "line 8, column 20: links.wifi.exchange: want at most 1d"},
	} {
		_, err := Parse([]byte(strings.Replace(small, "range: 50m", c.link+", range: 50m", 1)))
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("%s: error %v, want %q", c.link, err, c.want)
		}
	}
}
