package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// complete fills in what all commands share.
func complete(c *cli.Command) {
	c.HideHelpCommand = true
	c.OnUsageError = onUsageError
	quiet(c.Flags)
	if len(c.Subcommands) > 0 {
		subcommands, own := c.Subcommands, c.Action
		c.Action = func(ctx *cli.Context) error {
			if own != nil && ctx.NArg() == 0 {
				return own(ctx)
			}
			return unknownCommand(ctx, subcommands)
		}
		if own == nil {
			document(c, exitOK, exitUsage)
		}
	}
	for _, sub := range c.Subcommands {
		complete(sub)
	}
}

// quiet keeps "(default: false)" out of the help of flags without a value.
func quiet(flags []cli.Flag) {
	for _, f := range flags {
		if b, ok := f.(*cli.BoolFlag); ok {
			b.DisableDefaultText = true
		}
	}
}

// document ends the help of c with the exit codes that it can have.
func document(c *cli.Command, codes ...exitCode) *cli.Command {
	c.CustomHelpTemplate = strings.TrimRight(cli.SubcommandHelpTemplate, "\n") +
		"\n\nGLOBAL OPTIONS:\n   --data DIR, --portable, --json (see kreidfeuer --help)\n" +
		"\nEXIT STATUS:\n" + statusText(codes...)
	return c
}

func onUsageError(c *cli.Context, err error, _ bool) error {
	name := strings.TrimSpace(c.Command.HelpName)
	text := strings.TrimPrefix(err.Error(), "flag provided but not defined: ")
	if text != err.Error() {
		return failf(exitUsage, "unknown flag --%s", strings.TrimLeft(text, "-")).hintf("%s --help lists the flags", name)
	}
	return failf(exitUsage, "%s", text).hintf("%s --help", name)
}

// unknownCommand is the action of a command that only has subcommands.
func unknownCommand(c *cli.Context, known []*cli.Command) error {
	name := c.Command.HelpName
	if c.NArg() == 0 {
		c.App.Writer = c.App.ErrWriter
		if c.Command.Name == c.App.Name {
			_ = cli.ShowAppHelp(c)
		} else {
			_ = cli.ShowSubcommandHelp(c)
		}
		return silent(exitUsage)
	}
	f := failf(exitUsage, "unknown command: %s %s", name, c.Args().First()).hintf("%s --help lists the commands", name)
	if near := nearest(known, c.Args().First()); near != "" {
		f = f.hintf("did you mean %q? %s --help lists the commands", near, name)
	}
	return f
}

// nearest is the command that differs from word by a slip or two; empty: none.
func nearest(known []*cli.Command, word string) string {
	best, least := "", 3
	for _, c := range known {
		if d := slips(c.Name, word); !c.Hidden && d < least && 2*d <= min(len(c.Name), len(word)) {
			best, least = c.Name, d
		}
	}
	return best
}

// slips counts the letters to insert, drop or change that turn a into b.
func slips(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// walk calls f for every command below cs.
func walk(cs []*cli.Command, f func(*cli.Command)) {
	for _, c := range cs {
		f(c)
		walk(c.Subcommands, f)
	}
}

// wantArgs checks the number of arguments; what names them for people.
func wantArgs(c *cli.Context, low, high int, what string) error {
	if n := c.NArg(); n < low || n > high {
		got := fmt.Sprintf("%d arguments", n)
		switch n {
		case 0:
			got = "no argument"
		case 1:
			got = "one argument"
		}
		return failf(exitUsage, "%s: %s given, want %s", c.Command.HelpName, got, what).
			hintf("%s --help", c.Command.HelpName)
	}
	return nil
}

// maxFiles is no limit but the command line's own.
const maxFiles = 1 << 30

func parseCount(flag, text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, failf(exitUsage, "--%s %q is no number", flag, text)
	}
	return n, nil
}
