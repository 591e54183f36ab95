package capfile

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
)

func capConvertCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "convert",
		Usage:     "write an alert as CAP XML, as compact wire form or as JSON",
		ArgsUsage: "FILE",
		Description: "Nothing is lost between the forms: every element, its order and its spelling, and\n" +
			"the CAP version stay. Reads what cap check reads; \"-\" is standard input. Wire\n" +
			"files may be larger than what can be published. Problems do not stop the\n" +
			"conversion unless --strict is given.\n\n" +
			"JSON holds the elements under CAP's own names with their texts as they stand,\n" +
			"and \"schema\" \"kreidfeuer.cap/1\", \"cap\" (the version), \"signature\" and \"empty\" (names of elements\n" +
			"that stood there without text).\n\n" +
			"Examples:\n" +
			"  kreidfeuer cap convert --to wire --out warning.kfa warning.xml\n" +
			"  kreidfeuer cap convert --to xml warning.kfa\n" +
			"  kreidfeuer cap convert --to xml --upgrade old-cap-1.1.xml",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "to", Usage: "write `FORM`: wire, xml or json"},
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write to `FILE`", DefaultText: "standard output"},
			&cli.IntFlag{Name: "entry", Usage: "convert the `N`-th alert of a feed", DefaultText: "the only one"},
			&cli.BoolFlag{Name: "upgrade", Usage: "bring CAP 1.0, 1.1 and sloppy spelling into strict CAP 1.2"},
			&cli.BoolFlag{Name: "strict", Usage: "refuse to write an alert that is not valid"},
		},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "one file"); err != nil {
				return err
			}
			return convertCAP(e, c, c.Args().First())
		},
	}, exit.OK, exit.No, exit.Usage, exit.System)
}

func convertCAP(e *shell.Env, c *cli.Context, name string) error {
	to, out := c.String("to"), c.String("out")
	switch to {
	case "wire", "xml", "json":
	case "":
		return exit.Errorf(exit.Usage, "no form to convert to").Hintf("--to wire, --to xml or --to json")
	default:
		return exit.Errorf(exit.Usage, "unknown form %q", to).Hintf("--to wire, --to xml or --to json")
	}
	if c.IsSet("entry") && c.Int("entry") < 1 {
		return exit.Errorf(exit.Usage, "--entry %d: alerts are counted from 1", c.Int("entry"))
	}
	if to == "wire" && (out == "" || out == "-") && e.StdoutTerminal {
		return exit.Errorf(exit.Usage, "refusing to write binary data to a terminal").Hintf("name a file with --out, or write into a pipe")
	}
	data, err := e.ReadInput(name)
	if err != nil {
		return err
	}
	f := ReadCAP(data)
	alert, err := f.One(shell.InputName(name), c.Int("entry"))
	if err != nil {
		return err
	}
	if c.Bool("upgrade") {
		var changes []cap.Problem
		alert, changes = cap.Upgrade(alert)
		for _, p := range changes {
			e.Notef("%s: %s", p.Path, p.Message)
		}
	}
	if err := judgeProblems(e, cap.Check(alert), shell.InputName(name), c.Bool("strict")); err != nil {
		return err
	}
	b, err := encodeAlert(alert, to)
	if err != nil {
		return exit.Errorf(exit.No, "convert %s: %w", shell.InputName(name), err)
	}
	return e.WriteOutput(out, b)
}

// judgeProblems tells of problems, or refuses if the result must be valid.
func judgeProblems(e *shell.Env, problems []cap.Problem, name string, strict bool) error {
	if cap.Valid(problems) {
		return nil
	}
	errors := 0
	first := ""
	for _, p := range problems {
		if p.Severity == cap.LevelError {
			if errors++; errors == 1 {
				first = p.Message
			}
		}
	}
	if strict {
		return exit.Errorf(exit.No, "%s is not valid CAP: %s (%d errors)", name, first, errors).
			Hintf("kreidfeuer cap check lists them; --upgrade corrects spelling")
	}
	e.Warnf("%s is not valid CAP and is converted as it stands: %s (%d errors)", name, first, errors)
	return nil
}

// encodeAlert writes an alert in one of the three forms, faults included.
func encodeAlert(a *cap.Alert, form string) ([]byte, error) {
	switch form {
	case "wire":
		return compact.Marshal(a, compact.Extras{})
	case "json":
		b, err := json.MarshalIndent(toAlertJSON(a), "", "  ")
		return append(b, '\n'), err
	case "xml":
		var b bytes.Buffer
		err := cap.Write(&b, a, cap.WriteOptions{Fidelity: true})
		return b.Bytes(), err
	}
	return nil, fmt.Errorf("unknown form %q", form)
}
