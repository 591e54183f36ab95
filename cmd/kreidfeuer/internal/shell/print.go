package shell

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Printable makes foreign text safe for a terminal: control and formatting
// characters, which could hide or rewrite what stands around them, become their
// escapes. New lines and tabs stay.
func Printable(s string) string {
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

// OneLine is printable text without line breaks.
func OneLine(s string) string { return Printable(strings.Join(strings.Fields(s), " ")) }

// Counted is "1 warning" or "2 warnings".
func Counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// PrintJSON writes v as one line.
func (e *Env) PrintJSON(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode JSON: %w", err)
	}
	_, err = fmt.Fprintf(e.Stdout, "%s\n", b)
	return err
}

// PrintItem writes one object of a listing as a line, with the schema that the
// listing as a whole carries in the control API.
func (e *Env) PrintItem(schema apitype.Schema, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode JSON: %w", err)
	}
	_, err = fmt.Fprintf(e.Stdout, "{%q:%q,%s\n", "schema", schema, b[1:])
	return err
}

// Printf writes to standard output.
func (e *Env) Printf(format string, args ...any) { fmt.Fprintf(e.Stdout, format, args...) }

// Table writes columns that are aligned for people; rows hold tab-separated
// cells. In a pipe the tabs stay, so that cut and awk can read it.
func (e *Env) Table(w io.Writer, rows []string) {
	if e.StdoutTerminal {
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
	Bold   = "1"
	Red    = "1;31"
	Yellow = "33"
	Green  = "32"
)

// Paint colours text for a terminal, unless NO_COLOR is set (no-color.org).
func (e *Env) Paint(sgr, text string) string { return e.paint(e.StdoutTerminal, sgr, text) }

// PaintError is Paint for what goes to standard error.
func (e *Env) PaintError(sgr, text string) string { return e.paint(e.StderrTerminal, sgr, text) }

func (e *Env) paint(terminal bool, sgr, text string) string {
	if !terminal || e.Getenv("NO_COLOR") != "" || e.Getenv("TERM") == "dumb" {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}

// Size is a number of bytes for people.
func Size(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d bytes", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}
