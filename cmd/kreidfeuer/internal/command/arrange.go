package command

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Arrange brings a command line into the order that the flag package reads:
// global flags, the command, its flags, the rest. So flags may stand behind
// files, and global flags anywhere. "help COMMAND" becomes "COMMAND --help".
func Arrange(app *cli.App, args []string) []string {
	if len(args) == 0 || slices.Contains(args, "--generate-bash-completion") {
		return args
	}
	a := arrangement{app: app, commands: app.Commands}
	rest := args[1:]
	for len(rest) > 0 {
		rest = a.take(rest)
	}
	out := append([]string{args[0]}, a.globals...)
	out = append(append(out, a.path...), a.flags...)
	unknown := len(a.commands) > 0 && len(a.operands) > 0
	if a.help && !unknown {
		return append(out, "--help")
	}
	return append(append(out, "--"), a.operands...)
}

type arrangement struct {
	app      *cli.App
	commands []*cli.Command // that may follow
	command  *cli.Command   // found so far

	globals, path, flags, operands []string
	help                           bool
}

// take sorts the first words of args and returns what follows them.
func (a *arrangement) take(args []string) []string {
	word := args[0]
	if word == "--" {
		a.operands = append(a.operands, args[1:]...)
		return nil
	}
	if len(word) > 1 && word[0] == '-' {
		return a.takeFlag(word, args[1:])
	}
	if len(a.commands) > 0 && len(a.operands) == 0 && word == "help" {
		a.help = true
		return args[1:]
	}
	if len(a.operands) == 0 {
		for _, c := range a.commands {
			if c.HasName(word) {
				a.command, a.commands = c, c.Subcommands
				a.path = append(a.path, word)
				return args[1:]
			}
		}
	}
	a.operands = append(a.operands, word)
	return args[1:]
}

func (a *arrangement) takeFlag(word string, next []string) []string {
	name, _, hasValue := strings.Cut(strings.TrimLeft(word, "-"), "=")
	if name == "help" || name == "h" {
		a.help = true
		return next
	}
	list := &a.flags
	var flag cli.Flag
	if a.command != nil {
		flag = findFlag(a.command.Flags, name)
	}
	if flag == nil {
		if flag = findFlag(a.app.Flags, name); flag != nil || a.command == nil {
			list = &a.globals
		}
	}
	*list = append(*list, word)
	if takesValue(flag) && !hasValue && len(next) > 0 {
		*list = append(*list, next[0])
		return next[1:]
	}
	return next
}

func findFlag(flags []cli.Flag, name string) cli.Flag {
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			return f
		}
	}
	return nil
}

func takesValue(f cli.Flag) bool {
	v, ok := f.(cli.DocGenerationFlag)
	return ok && v.TakesValue()
}
