// Package command says how a command of the program is declared and found: its help
// with examples and exit codes, its arguments, misspelt words, the order of flags,
// completion and the manual page.
package command

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/gossip/region/spelling"
)

// Complete fills in what all commands share.
func Complete(c *cli.Command) {
	c.HideHelpCommand = true
	c.OnUsageError = OnUsageError
	Quiet(c.Flags)
	if len(c.Subcommands) > 0 {
		subcommands, own := c.Subcommands, c.Action
		c.Action = func(ctx *cli.Context) error {
			if own != nil && ctx.NArg() == 0 {
				return own(ctx)
			}
			return Unknown(ctx, subcommands)
		}
		if own == nil {
			Document(c, exit.OK, exit.Usage)
		}
	}
	for _, sub := range c.Subcommands {
		Complete(sub)
	}
}

// Quiet keeps "(default: false)" out of the help of flags without a value.
func Quiet(flags []cli.Flag) {
	for _, f := range flags {
		if b, ok := f.(*cli.BoolFlag); ok {
			b.DisableDefaultText = true
		}
	}
}

// Document ends the help of c with the exit codes that it can have.
func Document(c *cli.Command, codes ...exit.Code) *cli.Command {
	c.CustomHelpTemplate = strings.TrimRight(cli.SubcommandHelpTemplate, "\n") +
		"\n\nGLOBAL OPTIONS:\n   --data DIR, --portable, --json (see kreidfeuer --help)\n" +
		"\nEXIT STATUS:\n" + exit.StatusText(codes...)
	return c
}

// OnUsageError makes the failure of a command line that the flag package refuses.
func OnUsageError(c *cli.Context, err error, _ bool) error {
	name := strings.TrimSpace(c.Command.HelpName)
	text := strings.TrimPrefix(err.Error(), "flag provided but not defined: ")
	if text != err.Error() {
		return exit.Errorf(exit.Usage, "unknown flag --%s", strings.TrimLeft(text, "-")).Hintf("%s --help lists the flags", name)
	}
	return exit.Errorf(exit.Usage, "%s", text).Hintf("%s --help", name)
}

// Unknown is the action of a command that only has subcommands.
func Unknown(c *cli.Context, known []*cli.Command) error {
	name := c.Command.HelpName
	if c.NArg() == 0 {
		c.App.Writer = c.App.ErrWriter
		if c.Command.Name == c.App.Name {
			_ = cli.ShowAppHelp(c)
		} else {
			_ = cli.ShowSubcommandHelp(c)
		}
		return exit.Silent(exit.Usage)
	}
	f := exit.Errorf(exit.Usage, "unknown command: %s %s", name, c.Args().First()).Hintf("%s --help lists the commands", name)
	if near := nearest(known, c.Args().First()); near != "" {
		f = f.Hintf("did you mean %q? %s --help lists the commands", near, name)
	}
	return f
}

// nearest is the command that differs from word by a slip or two; empty: none.
func nearest(known []*cli.Command, word string) string {
	best, least := "", 3
	for _, c := range known {
		if d := spelling.Distance(c.Name, word); !c.Hidden && d < least && 2*d <= min(len(c.Name), len(word)) {
			best, least = c.Name, d
		}
	}
	return best
}

// Walk calls f for every command below cs.
func Walk(cs []*cli.Command, f func(*cli.Command)) {
	for _, c := range cs {
		f(c)
		Walk(c.Subcommands, f)
	}
}

// WantArgs checks the number of arguments; what names them for people.
func WantArgs(c *cli.Context, low, high int, what string) error {
	if n := c.NArg(); n < low || n > high {
		got := fmt.Sprintf("%d arguments", n)
		switch n {
		case 0:
			got = "no argument"
		case 1:
			got = "one argument"
		}
		return exit.Errorf(exit.Usage, "%s: %s given, want %s", c.Command.HelpName, got, what).
			Hintf("%s --help", c.Command.HelpName)
	}
	return nil
}

// MaxFiles is no limit but the command line's own.
const MaxFiles = 1 << 30

// Count reads the number of a flag that is given as text.
func Count(flag, text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, exit.Errorf(exit.Usage, "--%s %q is no number", flag, text)
	}
	return n, nil
}
