package main

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

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
		Version:                   e.version,
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
