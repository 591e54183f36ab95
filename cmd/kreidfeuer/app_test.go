package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/testenv"
)

func TestEveryHelpEndsWithExitStatus(t *testing.T) {
	e, _, _ := testenv.New()
	n := 0
	command.Walk(newApp(e).Commands, func(c *cli.Command) {
		n++
		if _, tail, ok := strings.Cut(c.CustomHelpTemplate, "\nEXIT STATUS:\n"); !ok || !strings.Contains(tail, " 0  done") {
			t.Errorf("%s: the help does not end with its exit status: use document", c.Name)
		}
		if c.Usage == "" {
			t.Errorf("%s has no usage line", c.Name)
		}
	})
	if n < 15 {
		t.Errorf("only %d commands", n)
	}
}

// TestArrange keeps to commands and flags of this package: "cap check" has no
// flag of its own, "cap convert" has --to with a value and --strict without.
func TestArrange(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", "--"},
		{"cap check a.xml --json", "--json cap check -- a.xml"},
		{"--data d cap check a.xml", "--data d cap check -- a.xml"},
		{"cap check a.xml --data d b.xml", "--data d cap check -- a.xml b.xml"},
		{"cap --data=d check a.xml", "--data=d cap check -- a.xml"},
		{"cap convert a.xml --to xml", "cap convert --to xml -- a.xml"},
		{"cap convert --strict a.xml --to xml", "cap convert --strict --to xml -- a.xml"},
		{"cap convert --to --strict a.xml", "cap convert --to --strict -- a.xml"},
		{"cap convert -o - -", "cap convert -o - -- -"},
		{"cap check -- --json", "cap check -- --json"},
		{"cap check check", "cap check -- check"},
		{"cap check a.xml cap", "cap check -- a.xml cap"},
		{"help cap check", "cap check --help"},
		{"cap help check", "cap check --help"},
		{"cap check help", "cap check -- help"},
		{"cap check a.xml -h", "cap check --help"},
		{"cap check --unknown a.xml", "cap check --unknown -- a.xml"},
		{"--unknown cap", "--unknown cap --"},
		{"--version", "--version --"},
		{"cap con --generate-bash-completion", "cap con --generate-bash-completion"},
	} {
		e, _, _ := testenv.New()
		got := command.Arrange(newApp(e), append([]string{"kreidfeuer"}, strings.Fields(tt.in)...))
		if diff := cmp.Diff(append([]string{"kreidfeuer"}, strings.Fields(tt.want)...), got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.in, diff)
		}
	}
}

// TestNearest: a slip is recognised, another word is not.
func TestNearest(t *testing.T) {
	for word, want := range map[string]string{"ini": "init", "statsu": "status", "pers": "peers", "foo": "", "u": ""} {
		e, _, told := testenv.New()
		if code := run(e, []string{"kreidfeuer", word}); code != int(exit.Usage) {
			t.Errorf("%s: status %d", word, code)
		}
		if want != "" && !strings.Contains(told.String(), fmt.Sprintf("did you mean %q?", want)) || want == "" && strings.Contains(told.String(), "did you mean") {
			t.Errorf("%s, want %q: %s", word, want, told)
		}
	}
}
