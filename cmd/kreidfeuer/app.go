package main

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
)

// run is the program: it returns the exit code.
func run(e *shell.Env, args []string) int {
	app := newApp(e)
	e.JSON = slices.Contains(args, "--json") // errors of the command line too
	warnUnknownVariables(e, app)
	err := app.RunContext(context.Background(), command.Arrange(app, args))
	return int(e.Report(err))
}

var flagText = cli.FlagStringer

// repetition is how cli writes that a flag may be repeated; our usage says so
// in words, and the columns stay narrow.
var repetition = regexp.MustCompile(` \[ --[^\]]* \]`)

func newApp(e *shell.Env) *cli.App {
	cli.FlagStringer = func(f cli.Flag) string { return repetition.ReplaceAllString(flagText(f), "") }
	app := &cli.App{
		Name:     "kreidfeuer",
		HelpName: "kreidfeuer",
		Usage:    "warnings from device to device, without internet and without servers",
		Description: "A device that runs kreidfeuer passes signed warnings (CAP 1.2) on to every device\n" +
			"it meets and judges by itself who issued them and for which place.\n\n" +
			"kreidfeuer COMMAND --help explains a command.",
		Version:                   e.Version,
		Commands:                  commands(e),
		Flags:                     globalFlags(),
		Writer:                    e.Stdout,
		ErrWriter:                 e.Stderr,
		Reader:                    e.Stdin,
		HideHelpCommand:           true,
		EnableBashCompletion:      true,
		DisableSliceFlagSeparator: true, // names hold commas
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              command.OnUsageError,
		Action:                    func(c *cli.Context) error { return command.Unknown(c, c.App.Commands) },
		Before: func(c *cli.Context) error {
			e.JSON = c.Bool("json")
			return nil
		},
	}
	var all []exit.Code
	for _, m := range exit.Meanings {
		all = append(all, m.Code)
	}
	app.CustomAppHelpTemplate = cli.AppHelpTemplate + "\nEXIT STATUS:\n" + exit.StatusText(all...)
	command.Quiet(app.Flags)
	for _, c := range app.Commands {
		command.Complete(c)
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

// warnUnknownVariables tells of environment variables with our prefix that
// nothing reads: a misspelled one is otherwise silent.
func warnUnknownVariables(e *shell.Env, app *cli.App) {
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
	command.Walk(app.Commands, func(c *cli.Command) { collect(c.Flags) })
	for _, entry := range e.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "KREIDFEUER_") && !known[name] {
			e.Warnf("environment variable %s is set, but nothing reads it", name)
		}
	}
}
