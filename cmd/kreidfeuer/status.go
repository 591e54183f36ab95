package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

func statusCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:  "status",
		Usage: "show how this machine's device is doing",
		Description: "Says who the device is, whom it trusts, when its authorities last gave a sign of\n" +
			"life, what it keeps, and what needs attention. \"No warnings\" and \"cut off\" look\n" +
			"different here.\n\n" +
			"Examples:\n" +
			"  kreidfeuer status\n" +
			"  kreidfeuer status --json | jq .health",
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			dev, err := e.device(c)
			if err != nil {
				return err
			}
			defer dev.Close()
			s, err := dev.Status(c.Context)
			if err != nil {
				return deviceError(err)
			}
			if e.json {
				return e.printJSON(s)
			}
			e.printStatus(&s)
			return nil
		},
	}, exitOK, exitUsage, exitDaemon, exitSystem)
}

func (e *env) printStatus(s *apitype.Status) {
	row := func(name, text string) { e.printf("%-15s%s\n", name, text) }
	row("device", orUnnamed(s.Device)+", "+s.PeerID)
	row("running", (time.Duration(s.UptimeS)*time.Second).String()+", version "+s.Version+", data in "+printable(s.Data))
	for _, a := range s.Listen {
		row("listens", a)
	}
	row("neighbours", fmt.Sprint(s.Neighbours))
	for _, r := range s.Roots {
		row("trusts", fmt.Sprintf("%s, version %d, %s", printable(r.Name), r.Version, r.Fingerprint))
	}
	for _, sign := range lastSigns(s) {
		row("lebenszeichen", e.describeSign(sign, s.Clock.Now))
	}
	for _, l := range s.Lanes {
		text := fmt.Sprintf("%d kept, %d kB", l.Envelopes, (l.Bytes+999)/1000)
		if l.Lane == "live" || l.Lane == "drill" {
			text += fmt.Sprintf(", %d in force", l.InForce)
		}
		row(l.Lane, text)
	}
	clock := s.Clock.Now.Format(time.RFC3339)
	if s.Clock.Doubt {
		clock += e.paint(sgrYellow, " in doubt: "+strings.Join(s.Clock.Reasons, "; "))
	}
	row("clock", clock)
	for _, p := range s.Places {
		row("watches", printable(p.Name))
	}
	for _, p := range s.Health {
		row("attention", e.paint(sgrYellow, hinted(p)))
	}
}

// lastSigns is the last sign of life of each authority, and an empty one for
// each domain that has given none: silence must be seen.
func lastSigns(s *apitype.Status) []apitype.Sign {
	var last []apitype.Sign
	for _, sign := range s.Signs {
		i := slices.IndexFunc(last, func(o apitype.Sign) bool { return o.Domain == sign.Domain && o.Authority == sign.Authority })
		switch {
		case i < 0:
			last = append(last, sign)
		case sign.Time.After(last[i].Time):
			last[i] = sign
		}
	}
	for _, r := range s.Roots {
		if !slices.ContainsFunc(last, func(o apitype.Sign) bool { return o.Domain == r.Domain }) {
			last = append(last, apitype.Sign{Domain: r.Domain, Name: r.Name})
		}
	}
	slices.SortStableFunc(last, func(a, b apitype.Sign) int {
		return cmp.Or(strings.Compare(a.Domain, b.Domain), strings.Compare(a.Authority, b.Authority))
	})
	return last
}

// describeSign says when an authority was heard last, and what of it is missing.
func (e *env) describeSign(sign apitype.Sign, now time.Time) string {
	name := oneLine(sign.Name)
	if sign.Authority != "" {
		name += " (" + sign.Authority + ")"
	}
	if sign.Time.IsZero() {
		return name + ": " + e.paint(sgrYellow, "never")
	}
	text := fmt.Sprintf("%s: %s (%s)", name, ago(now.Sub(sign.Time)), sign.Time.Format(time.RFC3339))
	if sign.CutOff {
		text += e.paint(sgrYellow, ", CUT OFF: warnings may be missing")
	}
	if n := len(sign.Missing); n > 0 {
		text += e.paint(sgrYellow, fmt.Sprintf(", %d of its warnings in force are MISSING here", n))
	}
	return text
}

// ago says in one unit how long something is past.
func ago(d time.Duration) string {
	switch {
	case d < 0:
		return "in the future by this device's clock"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours())/24)
}
