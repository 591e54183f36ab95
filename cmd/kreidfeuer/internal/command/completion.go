package command

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
)

// The scripts ask the program itself, with --generate-bash-completion behind the
// words so far, so they never grow old.
const (
	bashCompletion = `_kreidfeuer() {
  local cur="${COMP_WORDS[COMP_CWORD]}" words
  words=("${COMP_WORDS[@]:0:$COMP_CWORD}")
  if [[ "$cur" == -* ]]; then words+=("$cur"); fi
  COMPREPLY=($(compgen -W "$("${words[@]}" --generate-bash-completion 2>/dev/null)" -- "$cur")) # bash 3 of macOS has no mapfile
}
complete -o bashdefault -o default -F _kreidfeuer kreidfeuer
`
	zshCompletion = `#compdef kreidfeuer
_kreidfeuer() {
  local -a opts
  if [[ "${words[-1]}" == -* ]]; then
    opts=("${(@f)$(${words[@]} --generate-bash-completion 2>/dev/null)}")
  else
    opts=("${(@f)$(${words[@]:0:#words[@]-1} --generate-bash-completion 2>/dev/null)}")
  fi
  if [[ -n "${opts[1]}" ]]; then _describe 'kreidfeuer' opts; else _files; fi
}
compdef _kreidfeuer kreidfeuer
`
)

// Completion is "completion", for the shells that people use.
func Completion(e *shell.Env) *cli.Command {
	return Document(&cli.Command{
		Name:      "completion",
		Usage:     "print the completion script of a shell",
		ArgsUsage: "bash|zsh|fish",
		Description: "Examples:\n" +
			"  kreidfeuer completion bash > ~/.local/share/bash-completion/completions/kreidfeuer\n" +
			"  kreidfeuer completion fish > ~/.config/fish/completions/kreidfeuer.fish\n" +
			"  source <(kreidfeuer completion zsh)",
		Action: func(c *cli.Context) error {
			if err := WantArgs(c, 1, 1, "bash, zsh or fish"); err != nil {
				return err
			}
			script := ""
			switch shell := c.Args().First(); shell {
			case "bash":
				script = bashCompletion
			case "zsh":
				script = zshCompletion
			case "fish":
				fish, err := c.App.ToFishCompletion()
				if err != nil {
					return fmt.Errorf("write completion: %w", err)
				}
				script = fish
			default:
				return exit.Errorf(exit.Usage, "no completion for the shell %s", shell).Hintf("bash, zsh and fish are supported")
			}
			e.Printf("%s", script)
			return nil
		},
	}, exit.OK, exit.Usage)
}

// Man is "man".
func Man(e *shell.Env) *cli.Command {
	return Document(&cli.Command{
		Name:  "man",
		Usage: "print the manual page",
		Description: "Examples:\n" +
			"  kreidfeuer man | man -l -\n" +
			"  kreidfeuer man > ~/.local/share/man/man1/kreidfeuer.1",
		Action: func(c *cli.Context) error {
			if err := WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			Walk(c.App.Commands, func(c *cli.Command) {
				c.UsageText = strings.TrimSpace(c.Name+" [options] "+c.ArgsUsage) + "\n\n" + c.Description // the only long text a page takes up
			})
			page, err := c.App.ToManWithSection(1)
			if err != nil {
				return fmt.Errorf("write manual page: %w", err)
			}
			e.Printf("%s\n.SH EXIT STATUS\n", strings.TrimRight(page, "\n"))
			for _, m := range exit.Meanings {
				e.Printf(".TP\n.B %d\n%s\n", m.Code, m.Text)
			}
			return nil
		},
	}, exit.OK, exit.Usage)
}
