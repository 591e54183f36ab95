package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// The exit codes. Scripts rely on the numbers: append only.
const (
	exitOK          = 0
	exitFound       = 1 // check found errors, compare differences, report what is no result
	exitUsage       = 2
	exitSystem      = 7
	exitInterrupted = 10
)

const exitText = `
EXIT STATUS:
    0  done
    1  check found errors, compare found differences, or report had to leave out
       files that are no results
    2  wrong use of the command, or input that cannot be read
    7  the system failed: disk full, no permission
   10  interrupted; with --out the same command goes on where it stopped
`

// env is what a command touches of the world.
type env struct {
	stdout, stderr io.Writer
	terminal       bool // standard error is one
	interrupts     chan os.Signal
	json           bool
	keeps          bool // results, in --out
}

// failure is an error with its exit code and what to do about it.
type failure struct {
	code int
	err  error
	hint string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func usagef(format string, args ...any) error {
	return &failure{code: exitUsage, err: fmt.Errorf(format, args...)}
}

// run is the program: it returns the exit code.
func run(e *env, args []string) int {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		select {
		case <-e.interrupts:
			signal.Reset() // a second one ends the program
			stop()
		case <-ctx.Done():
		}
	}()
	app := &cli.App{
		Name: "kreidfeuer-sim", HelpName: "kreidfeuer-sim", Version: release(),
		Usage: "ask who is reached by a warning when the lights go out",
		Description: "A scenario is a file that names places, people, links, failures and alerts; the\n" +
			"program comes with a library of them. Two engines play it: the model, with up to\n" +
			"a million devices and the same result for the same seed, and real, with the\n" +
			"unchanged program on a simulated network, for up to some thousand.\n\n" +
			"Examples:\n" +
			"   kreidfeuer-sim list                                   the library\n" +
			"   kreidfeuer-sim run district-flood                     who is reached when\n" +
			"   kreidfeuer-sim sweep district-flood --out results     what would change it\n" +
			"   kreidfeuer-sim report results -o report.html          one page with pictures\n" +
			"   kreidfeuer-sim list district-flood >mine.yaml         to begin one's own with\n" +
			"   kreidfeuer-sim check mine.yaml\n\n" +
			"kreidfeuer-sim COMMAND --help explains a command.",
		Commands: []*cli.Command{listCommand(e), checkCommand(e), runCommand(e), sweepCommand(e), compareCommand(e), reportCommand(e)},
		Flags:    []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print results and errors as JSON, one object a line"}},
		Writer:   e.stdout, ErrWriter: e.stderr, HideHelpCommand: true, DisableSliceFlagSeparator: true,
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   func(_ *cli.Context, err error, _ bool) error { return &failure{code: exitUsage, err: err} },
		Before:         func(c *cli.Context) error { e.json = c.Bool("json"); return nil },
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return noCommand(c)
			}
			return cli.ShowAppHelp(c)
		},
	}
	app.CustomAppHelpTemplate = cli.AppHelpTemplate + exitText
	for _, c := range app.Commands {
		c.HideHelpCommand, c.OnUsageError = true, app.OnUsageError
		c.CustomHelpTemplate = strings.TrimRight(cli.CommandHelpTemplate, "\n") + "\n" + exitText
	}
	return e.report(app.RunContext(ctx, arrange(args)))
}

// noCommand says so, and guesses.
func noCommand(c *cli.Context) error {
	name, names := c.Args().First(), []string{"--help", "--version"}
	for _, known := range c.App.Commands {
		names = append(names, known.Name)
	}
	return &failure{exitUsage, fmt.Errorf("no command %q%s", name, scenario.Suggest(name, names)), "kreidfeuer-sim --help lists them"}
}

// arrange puts --json in front and flags before arguments, so that they may stand
// in any order.
func arrange(args []string) []string {
	valued := map[string]bool{"engine": true, "seeds": true, "jobs": true, "out": true, "set": true, "shard": true, "o": true, "cells": true}
	front, flags, rest := []string{args[0]}, []string{}, []string{}
	for i := 1; i < len(args); i++ {
		a := args[i]
		name := strings.TrimLeft(a, "-")
		switch {
		case a == "--json" || a == "-json":
			front = append(front, a)
		case a == "--":
			return append(append(append(front, rest[:min(1, len(rest))]...), flags...), append([]string{a}, append(rest[min(1, len(rest)):], args[i+1:]...)...)...)
		case !strings.HasPrefix(a, "-") || a == "-":
			rest = append(rest, a)
		case strings.Contains(name, "=") || !valued[name] || i+1 == len(args):
			flags = append(flags, a)
		default:
			flags = append(flags, a, args[i+1])
			i++
		}
	}
	if len(rest) == 0 {
		return append(front, flags...)
	}
	return append(append(append(front, rest[0]), flags...), rest[1:]...)
}

// report prints an error and returns the exit code.
func (e *env) report(err error) int {
	if err == nil {
		return exitOK
	}
	code, hint := exitUsage, ""
	var f *failure
	var path *os.PathError
	switch {
	case errors.Is(err, context.Canceled):
		code, hint = exitInterrupted, "with --out DIR the same command would go on where it stopped"
		if e.keeps {
			hint = "the same command goes on where it stopped"
		}
		err = errors.New("interrupted")
	case errors.As(err, &f):
		code, hint = f.code, f.hint
	case errors.As(err, &path) && !errors.Is(err, fs.ErrNotExist):
		if code = exitSystem; e.keeps {
			hint = "what is in --out is kept; once this is mended, the same command goes on"
		}
	}
	if err.Error() == "" {
		return code // it has been told
	}
	if e.json {
		json.NewEncoder(e.stderr).Encode(map[string]any{"error": err.Error(), "hint": hint, "code": code})
		return code
	}
	fmt.Fprintf(e.stderr, "kreidfeuer-sim: %v\n", err)
	if hint != "" {
		fmt.Fprintf(e.stderr, "%s\n", hint)
	}
	return code
}

func (e *env) encode(v any) error { return json.NewEncoder(e.stdout).Encode(v) }
