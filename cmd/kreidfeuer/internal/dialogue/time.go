package dialogue

import (
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert/compose"
)

func fillTimes(e *shell.Env, c *cli.Context, d *compose.Draft) error {
	for _, f := range []struct {
		flag  string
		field *uint64
	}{{"onset", &d.Onset}, {"expires", &d.Expires}} {
		if !c.IsSet(f.flag) {
			continue
		}
		t, err := ParseMoment(e, c.String(f.flag))
		if err != nil {
			return fmt.Errorf("--%s: %w", f.flag, err)
		}
		*f.field = t
	}
	return nil
}

// ParseMoment reads a time as people say it: from now on (6h), today or
// tomorrow by the clock on the wall (18:30), a day and time, or RFC 3339.
func ParseMoment(e *shell.Env, text string) (uint64, error) {
	if seconds, err := shell.ParseSpan(text); err == nil {
		return e.Unix() + seconds, nil
	}
	now := e.Now()
	if t, err := time.ParseInLocation("15:04", text, now.Location()); err == nil {
		at := time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), 0, 0, now.Location())
		if !at.After(now) {
			at = at.AddDate(0, 0, 1)
		}
		return uint64(at.Unix()), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", "02.01.2006 15:04"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil && t.Unix() > 0 {
			return uint64(t.Unix()), nil
		}
	}
	return 0, exit.Errorf(exit.Usage, "%q is no time", text).Hintf("6h, 18:30, 2027-01-31T18:30 or 2027-01-31T18:30:00+01:00")
}
