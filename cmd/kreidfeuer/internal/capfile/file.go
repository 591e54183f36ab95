package capfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// capFile is what a file holds for the CAP commands: one alert, or several if it
// is a feed.
type capFile struct {
	format   string // "CAP 1.2", "NINA JSON", "Atom", "wire", ...
	docs     []cap.Document
	problems []cap.Problem // of the file as a whole, with paths from its root

	// unreadable says why this is no alert and no feed of alerts at all.
	unreadable error
}

// ReadCAP recognises the format of a file and reads its alerts. It opens nothing
// that the file names.
func ReadCAP(data []byte) capFile {
	if isContainer(data) {
		return readContainer(data)
	}
	format := cap.Sniff(data)
	switch format {
	case cap.CAP:
		alert, problems, err := cap.Parse(data)
		f := capFile{format: "CAP", problems: problems}
		if err == nil {
			f.format = "CAP " + string(alert.Version)
			f.docs = []cap.Document{{Path: "/alert", Alert: alert}}
		}
		return f
	case cap.NINA, cap.JSON:
		if isAlertJSON(data) {
			return readAlertJSON(data)
		}
		if format == cap.NINA {
			return readNINA(data)
		}
	case cap.Wire:
		return readEnvelope(data)
	case cap.Atom, cap.RSS, cap.EDXL, cap.SOAP, cap.XML:
		return readFeed(data, format)
	}
	return capFile{format: string(format), unreadable: errors.New("neither an alert nor a feed of alerts")}
}

func readNINA(data []byte) capFile {
	alert, _, problems, err := cap.ParseNINA(data, nil)
	f := capFile{format: string(cap.NINA), problems: problems}
	if err == nil {
		f.docs = []cap.Document{{Path: "/alert", Alert: alert}}
	} else if len(problems) == 0 {
		f.unreadable = err
	}
	return f
}

// readFeed reads the alerts inside of another XML document.
func readFeed(data []byte, format cap.Format) capFile {
	f := capFile{format: string(format)}
	docs, err := cap.Embedded(data)
	if err != nil {
		_, f.problems, _ = cap.Parse(data) // says where reading failed
		if errors.Is(err, cap.ErrNotAlert) {
			f.unreadable = fmt.Errorf("a document of format %s without an alert in it", format)
		}
		return f
	}
	for _, d := range docs {
		for _, p := range d.Problems {
			p.Path = d.Path + strings.TrimPrefix(p.Path, "/alert")
			f.problems = append(f.problems, p)
		}
	}
	f.docs = docs
	return f
}

// One returns the alert of a file that holds exactly one, or the n-th (from 1)
// if n is not 0.
func (f *capFile) One(name string, n int) (*cap.Alert, error) {
	switch {
	case f.unreadable != nil:
		return nil, exit.Errorf(exit.Usage, "%s: %w", name, f.unreadable).Hintf("CAP 1.0 to 1.2, feeds with alerts, NINA JSON and wire files are read")
	case len(f.docs) == 0:
		return nil, exit.Errorf(exit.Usage, "%s cannot be read: %s", name, f.firstError()).Hintf("kreidfeuer cap check %s lists the problems", name)
	case n > len(f.docs):
		return nil, exit.Errorf(exit.Usage, "%s holds %d alerts, no number %d", name, len(f.docs), n)
	case n == 0 && len(f.docs) > 1:
		return nil, exit.Errorf(exit.Usage, "%s holds %d alerts", name, len(f.docs)).Hintf("choose one with --entry 1 to --entry %d", len(f.docs))
	}
	return f.docs[max(n, 1)-1].Alert, nil
}

func (f *capFile) firstError() string {
	for _, p := range f.problems {
		if p.Severity == cap.LevelError {
			return fmt.Sprintf("line %d: %s", p.Line, p.Message)
		}
	}
	return "no alert in it"
}
