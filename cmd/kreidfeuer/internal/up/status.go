package up

import (
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Status is "status".
func Status(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:  "status",
		Usage: "show how this machine's device is doing",
		Description: "Says who the device is, whom it trusts, when its authorities last gave a sign of\n" +
			"life, what it keeps, and what needs attention. \"No warnings\" and \"cut off\" look\n" +
			"different here.\n\n" +
			"Examples:\n" +
			"  kreidfeuer status\n" +
			"  kreidfeuer status --json | jq .health",
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			dev, err := device.Client(e, c)
			if err != nil {
				return err
			}
			defer dev.Close()
			s, err := dev.Status(c.Context)
			if err != nil {
				return device.Error(err)
			}
			if e.JSON {
				return e.PrintJSON(s)
			}
			printStatus(e, &s)
			return nil
		},
	}, exit.OK, exit.Usage, exit.Daemon, exit.System)
}

func printStatus(e *shell.Env, s *apitype.Status) {
	row := func(name, text string) { e.Printf("%-15s%s\n", name, text) }
	row("device", orUnnamed(s.Device)+", "+s.PeerID)
	row("running", (time.Duration(s.UptimeS)*time.Second).String()+", version "+s.Version+", data in "+shell.Printable(s.Data))
	for _, a := range s.Listen {
		row("listens", a)
	}
	row("neighbours", fmt.Sprint(s.Neighbours))
	for _, r := range s.Roots {
		row("trusts", fmt.Sprintf("%s, version %d, %s", shell.Printable(r.Name), r.Version, r.Fingerprint))
	}
	printSigns(e, s)
	for _, l := range s.Lanes {
		text := fmt.Sprintf("%d kept, %d kB", l.Envelopes, (l.Bytes+999)/1000)
		if l.Lane == "live" || l.Lane == "drill" {
			text += fmt.Sprintf(", %d in force", l.InForce)
		}
		row(l.Lane, text)
	}
	clock := s.Clock.Now.Format(time.RFC3339)
	if s.Clock.Doubt {
		clock += e.Paint(shell.Yellow, " in doubt: "+strings.Join(s.Clock.Reasons, "; "))
	}
	row("clock", clock)
	for _, p := range s.Places {
		row("watches", shell.Printable(p.Name))
	}
	for _, p := range s.Health {
		row("attention", e.Paint(shell.Yellow, hinted(p)))
	}
}

func hinted(p apitype.Problem) string {
	if p.Hint == "" {
		return p.Message
	}
	return p.Message + " (" + p.Hint + ")"
}
