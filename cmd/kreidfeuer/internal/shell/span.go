package shell

import (
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Validity reads a length of time such as 10y, 90d or 12h and returns its end.
func Validity(text string, from uint64) (uint64, error) {
	seconds, err := ParseSpan(text)
	if err != nil {
		return 0, err
	}
	if from+seconds > wire.MaxTime {
		return 0, exit.Errorf(exit.Usage, "%q ends after the year 9999", text)
	}
	return from + seconds, nil
}

// ParseSpan reads a length of time in seconds: 30m, 12h, 90d, 2w or 10y.
func ParseSpan(text string) (uint64, error) {
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour, 'y': 365 * 24 * time.Hour}
	if text != "" {
		unit := units[text[len(text)-1]]
		n, err := strconv.ParseUint(text[:len(text)-1], 10, 32)
		if err == nil && unit > 0 && n > 0 && n <= 10_000_000 {
			return n * uint64(unit/time.Second), nil
		}
	}
	return 0, exit.Errorf(exit.Usage, "%q is no length of time", text).Hintf("a number with m, h, d, w or y, as in 90d")
}

// Stamp writes seconds UTC for people and programs alike.
func Stamp(t uint64) string { return time.Unix(int64(t), 0).UTC().Format(time.RFC3339) }

// EndWithin is the end that --valid asks for. Without the flag it is usual
// seconds after from; it never lies behind limit.
func EndWithin(c *cli.Context, from, usual, limit uint64) (uint64, error) {
	if !c.IsSet("valid") {
		return min(from+usual, limit), nil
	}
	end, err := Validity(c.String("valid"), from)
	if err == nil && end > limit {
		err = exit.Errorf(exit.Trust, "--valid %s ends %s, the issuer's own validity %s", c.String("valid"), Stamp(end), Stamp(limit)).
			Hintf("ask for less, or renew the issuer's certificate first")
	}
	return end, err
}
