package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// commands lists the subcommands in the order of the help text.
func commands(e *env) []*cli.Command {
	return append([]*cli.Command{
		initCommand(e),
		upCommand(e),
		statusCommand(e),
		peersCommand(e),
		demoCommand(e),
		rootCommand(e),
		certCommand(e),
		alertCommand(e),
		carryCommand(e),
		storeCommand(e),
		capCommand(e),
		completionCommand(e),
		manCommand(e),
	}, hostileCommands(e)...)
}

// run is the program: it returns the exit code.
func run(e *env, args []string) int {
	app := newApp(e)
	e.json = slices.Contains(args, "--json") // errors of the command line too
	e.warnUnknownVariables(app)
	err := app.RunContext(context.Background(), arrange(app, args))
	return int(e.report(err))
}

var flagText = cli.FlagStringer

// repetition is how cli writes that a flag may be repeated; our usage says so
// in words, and the columns stay narrow.
var repetition = regexp.MustCompile(` \[ --[^\]]* \]`)

func newApp(e *env) *cli.App {
	cli.FlagStringer = func(f cli.Flag) string { return repetition.ReplaceAllString(flagText(f), "") }
	app := &cli.App{
		Name:     "kreidfeuer",
		HelpName: "kreidfeuer",
		Usage:    "warnings from device to device, without internet and without servers",
		Description: "A device that runs kreidfeuer passes signed warnings (CAP 1.2) on to every device\n" +
			"it meets and judges by itself who issued them and for which place.\n\n" +
			"kreidfeuer COMMAND --help explains a command.",
		Version:                   version,
		Commands:                  commands(e),
		Flags:                     globalFlags(),
		Writer:                    e.stdout,
		ErrWriter:                 e.stderr,
		Reader:                    e.stdin,
		HideHelpCommand:           true,
		EnableBashCompletion:      true,
		DisableSliceFlagSeparator: true, // names hold commas
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              onUsageError,
		Action:                    func(c *cli.Context) error { return unknownCommand(c, c.App.Commands) },
		Before: func(c *cli.Context) error {
			e.json = c.Bool("json")
			return nil
		},
	}
	var all []exitCode
	for _, m := range exitMeanings {
		all = append(all, m.code)
	}
	app.CustomAppHelpTemplate = cli.AppHelpTemplate + "\nEXIT STATUS:\n" + statusText(all...)
	quiet(app.Flags)
	for _, c := range app.Commands {
		complete(c)
	}
	return app
}

// globalFlags may stand anywhere on the command line; see arrange.
func globalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "data", Usage: "keep this device's data in `DIR`", EnvVars: []string{"KREIDFEUER_DATA"}},
		&cli.BoolFlag{Name: "portable", Usage: "keep the data beside the program, on a stick for example"},
		&cli.BoolFlag{Name: "json", Usage: "print results and errors as JSON, one object a line"},
	}
}

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

// warnUnknownVariables tells of environment variables with our prefix that
// nothing reads: a misspelled one is otherwise silent.
func (e *env) warnUnknownVariables(app *cli.App) {
	known := map[string]bool{}
	collect := func(flags []cli.Flag) {
		for _, f := range flags {
			if d, ok := f.(cli.DocGenerationFlag); ok {
				for _, name := range d.GetEnvVars() {
					known[name] = true
				}
			}
		}
	}
	collect(app.Flags)
	walk(app.Commands, func(c *cli.Command) { collect(c.Flags) })
	for _, entry := range e.environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "KREIDFEUER_") && !known[name] {
			e.warnf("environment variable %s is set, but nothing reads it", name)
		}
	}
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
