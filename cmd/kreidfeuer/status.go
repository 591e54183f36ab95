package main

import (
	"fmt"
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
	e.printSigns(s)
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

func hinted(p apitype.Problem) string {
	if p.Hint == "" {
		return p.Message
	}
	return p.Message + " (" + p.Hint + ")"
}
