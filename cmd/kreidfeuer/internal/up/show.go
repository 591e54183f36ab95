package up

import (
	"context"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/inbox"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/peers"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// greet says who the device is, whom it trusts and where it listens.
func (u *upper) greet(ctx context.Context, n *node.Node, made bool) error {
	s, err := n.Status(ctx)
	if err != nil {
		return err
	}
	if u.JSON {
		return u.PrintJSON(s)
	}
	if made {
		u.Printf("Made a new device in %s\n", u.dir.Path)
	}
	u.Printf("%s\n", u.Paint(shell.Bold, "This is "+orUnnamed(s.Device)+", "+s.PeerID))
	for _, r := range s.Roots {
		u.Printf("trusts    %s, version %d, %s\n", shell.Printable(r.Name), r.Version, r.Fingerprint)
	}
	for _, a := range peers.Reachable(s.Listen) {
		u.Printf("listens   %s\n", a)
	}
	for _, p := range s.Places {
		u.Printf("watches   %s\n", shell.Printable(p.Name))
	}
	if len(s.Signs) > 0 {
		u.Printf("%s\n", signLine(u.Env, s.Signs))
	}
	for _, p := range s.Health {
		switch p.Kind {
		case "no-neighbour", "cut-off": // nobody can be connected yet, and signs of life were shown
		case "no-root":
			u.Printf("%s", u.Paint(shell.Yellow, u.firstSteps()))
		default:
			u.Printf("%s %s\n", u.Paint(shell.Yellow, "attention"), hinted(p))
		}
	}
	u.Printf("Warnings are shown as they come. Ctrl-C stops the device.\n")
	return nil
}

// firstSteps tells what to do with a device that trusts nobody.
func (u *upper) firstSteps() string {
	with := ""
	if u.c.IsSet("data") {
		with = " --data " + shell.Printable(u.dir.Path)
	} else if u.c.Bool("portable") {
		with = " --portable"
	}
	return "\nThis device TRUSTS NOBODY YET and shows no warnings. What to do:\n" +
		"  1. Get the root of your Land or Kreis, a file, and its fingerprint from a second\n" +
		"     source: in print, by telephone, from a colleague.\n" +
		"  2. In another terminal: kreidfeuer root pin" + with + " FILE --fingerprint xxxx-xxxx-...\n" +
		"The device takes it at once. To found a root: kreidfeuer root create --help\n\n"
}

func orUnnamed(name string) string {
	if name == "" {
		return "an unnamed device"
	}
	return shell.Printable(name)
}

// show prints what happens and starts the siren.
func (u *upper) show(ctx context.Context, n *node.Node, since uint64) error {
	siren := newSiren(u.c.String("on-alert"), u.log)
	defer siren.wait()
	return n.Events(ctx, since, func(ev apitype.Event) bool {
		if ev.Alert != nil {
			siren.hear(ctx, &ev)
		}
		if u.JSON {
			return u.PrintJSON(ev) == nil
		}
		printEvent(u.Env, &ev)
		return true
	})
}

// printEvent shows an event to a person; what needs nobody's attention is left
// to the log.
func printEvent(e *shell.Env, ev *apitype.Event) {
	switch {
	case inbox.PrintEvent(e, ev):
	case ev.Sign != nil:
		printSignEvent(e, ev.Time, ev.Sign)
	case ev.Health != nil && ev.Health.Ended:
		e.Printf("%s %s\n", e.Paint(shell.Green, "over"), hinted(ev.Health.Problem))
	case ev.Health != nil:
		e.Printf("%s %s\n", e.Paint(shell.Yellow, "attention"), hinted(ev.Health.Problem))
	}
}
