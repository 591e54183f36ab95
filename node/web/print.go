package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// posterView is the printable page of the roots' fingerprints.
type posterView struct {
	frame
	Posters []poster
	None    string
}

type poster struct {
	Title, Name, Fingerprint string
	QR                       any
	Lines                    []string
	Command                  string
}

func posters(roots []apitype.Root, w *words) (list []poster, err error) {
	for _, r := range roots {
		one := poster{Title: w.App.PosterTitle, Name: oneLine(r.Name), Fingerprint: r.Fingerprint, Lines: w.App.PosterLines,
			Command: "kreidfeuer root pin FILE --fingerprint " + r.Fingerprint}
		if one.QR, err = drawQR(r.Fingerprint); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

func (s *Server) poster(ctx context.Context, _ *http.Request, w *words) (any, error) {
	f, _, err := s.frame(ctx, w)
	if err != nil {
		return nil, err
	}
	f.Title = w.Poster
	v := posterView{frame: f, None: w.App.NoRoot}
	v.Posters, err = posters(f.Roots, w)
	return v, err
}

// WritePoster writes a page that stands by itself, with the fingerprints of
// roots: German, then English.
func WritePoster(out io.Writer, roots []apitype.Root) error {
	v := posterView{frame: frame{W: &germanWords, Title: germanWords.Poster}, None: germanApp.NoRoot}
	for _, w := range []*words{&germanWords, &englishWords} {
		list, err := posters(roots, w)
		if err != nil {
			return err
		}
		v.Posters = append(v.Posters, list...)
	}
	return write(out, "poster", v)
}

// WriteApps writes a page that stands by itself beside the program's files, for
// a stick, in German or English. It links to the files by their names.
func WriteApps(out io.Writer, a *Apps, language string) error {
	w := wordsIn(language)
	return write(out, "stick", appView{frame: frame{W: w, Title: w.App.Title}, App: &w.App, Files: filesOf(a, &w.App, "")})
}

// printView is one warning on one sheet of paper.
type printView struct {
	W      *words
	Title  string
	Blocks []warningBlock
	QR     []qrView
	Notes  []string
}

type warningBlock struct {
	warningView
	W *words
}

// Print says how a warning is printed.
type Print struct {
	Frames  []string       // texts of the QR codes; none: none are drawn
	Zone    *time.Location // of the clocks on the walls; nil: time.Local
	Printed time.Time
}

// WritePrint writes one warning as a page for one sheet of A4: German in large
// letters, English below, black on white. It stands by itself.
func WritePrint(out io.Writer, a *apitype.AlertDetail, p Print) error {
	if p.Zone == nil {
		p.Zone = time.Local
	}
	v := printView{W: &germanWords}
	for _, w := range []*words{&germanWords, &englishWords} {
		v.Blocks = append(v.Blocks, warningBlock{viewer{w, p.Zone}.view(a), w})
	}
	v.Title = v.Blocks[0].Kind + ": " + v.Blocks[0].Headline
	qr, err := germanWords.drawFrames(p.Frames)
	if err != nil {
		return err
	}
	v.QR = qr
	if len(qr) > 0 {
		v.Notes = append(v.Notes, germanWords.QRHint, englishWords.QRHint)
	}
	v.Notes = append(v.Notes, fmt.Sprintf("ID %s. %s. %s", a.ID, germanWords.Clock+": "+viewer{&germanWords, p.Zone}.moment(p.Printed), germanWords.PrintHint))
	return write(out, "print", v)
}

func write(out io.Writer, name string, v any) error {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, v); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err := out.Write(squeeze(b.Bytes()))
	return err
}
