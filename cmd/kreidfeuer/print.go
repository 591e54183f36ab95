package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// printable makes foreign text safe for a terminal: control and formatting
// characters, which could hide or rewrite what stands around them, become their
// escapes. New lines and tabs stay.
func printable(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			fmt.Fprintf(&b, "\\u%04x", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// oneLine is printable text without line breaks.
func oneLine(s string) string { return printable(strings.Join(strings.Fields(s), " ")) }

// counted is "1 warning" or "2 warnings".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// printJSON writes v as one line.
func (e *env) printJSON(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode JSON: %w", err)
	}
	_, err = fmt.Fprintf(e.stdout, "%s\n", b)
	return err
}

// printItem writes one object of a listing as a line, with the schema that the
// listing as a whole carries in the control API.
func (e *env) printItem(schema apitype.Schema, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode JSON: %w", err)
	}
	_, err = fmt.Fprintf(e.stdout, "{%q:%q,%s\n", "schema", schema, b[1:])
	return err
}

// printf writes to standard output.
func (e *env) printf(format string, args ...any) { fmt.Fprintf(e.stdout, format, args...) }

// table writes columns that are aligned for people; rows hold tab-separated
// cells. In a pipe the tabs stay, so that cut and awk can read it.
func (e *env) table(w io.Writer, rows []string) {
	if e.stdoutTerminal {
		tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
		defer tw.Flush()
		w = tw
	}
	for _, row := range rows {
		fmt.Fprintln(w, row)
	}
}

// The colours, as SGR parameters (ECMA-48, 8.3.117).
const (
	sgrBold   = "1"
	sgrRed    = "1;31"
	sgrYellow = "33"
	sgrGreen  = "32"
)

// paint colours text for a terminal, unless NO_COLOR is set (no-color.org).
func (e *env) paint(sgr, text string) string {
	if !e.stdoutTerminal || e.getenv("NO_COLOR") != "" || e.getenv("TERM") == "dumb" {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}

// bundleSize is a number of bytes for people.
func bundleSize(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d bytes", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}
