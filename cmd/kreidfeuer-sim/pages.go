package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/sim/report"
)

func reportCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "report", Usage: "make one page with pictures of results", ArgsUsage: "DIR...",
		Description: "Reads the results in each folder and those below it. The page needs nothing else:\n" +
			"it can be mailed, printed, or read without a network. It says in words and numbers\n" +
			"who is reached when, what changes it, why some are not reached, and what the\n" +
			"simulation leaves out. Results of model and real devices of one scenario are\n" +
			"compared. Files that are no results are left out, and the exit status is 1.\n\n" +
			"Examples:\n   kreidfeuer-sim sweep district-flood --out results\n   kreidfeuer-sim report results -o report.html\n   kreidfeuer-sim report results -o - | gzip >report.html.gz",
		Flags: []cli.Flag{&cli.StringFlag{Name: "o", Usage: "write the page to `FILE`; -: to standard output", Value: "report.html"}},
		Action: func(c *cli.Context) error {
			results, damaged, err := readResults(c.Args().Slice())
			if err != nil {
				return err
			}
			var omitted []string
			for _, d := range damaged {
				omitted = append(omitted, d.Error())
				fmt.Fprintf(e.stderr, "left out: %v\n", d)
			}
			studies := report.Collect(results)
			var page bytes.Buffer
			if err := report.Write(&page, studies, omitted); err != nil {
				return err
			}
			if err := e.writePage(c.String("o"), page.Bytes(), len(results), len(studies)); err != nil {
				return err
			}
			if len(damaged) > 0 {
				return &failure{code: exitFound, err: errors.New("")}
			}
			return nil
		},
	}
}

// writePage writes a page and says where it is.
func (e *env) writePage(name string, page []byte, results, studies int) error {
	if name == "-" {
		_, err := e.stdout.Write(page)
		return err
	}
	write := writeWhole
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		write = func(name string, page []byte) error { return os.WriteFile(name, page, 0o644) } // a pipe, a device
	}
	if _, err := os.Stat(filepath.Dir(name)); errors.Is(err, fs.ErrNotExist) {
		return usagef("-o %s: there is no folder %s", name, filepath.Dir(name))
	}
	if err := write(name, page); err != nil {
		return err
	}
	if e.json {
		return e.encode(map[string]any{"file": name, "results": results})
	}
	_, err := fmt.Fprintf(e.stdout, "%s: %s of %s\n", name, plural(results, "result"), plural(studies, "scenario"))
	return err
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
