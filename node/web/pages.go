package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

//go:embed templates
var templateFiles embed.FS

var (
	style      = readTemplate("style.css")
	printStyle = readTemplate("print.css")
	styleHash  = "sha256-" + hashOf(style)

	templates = template.Must(template.New("").Funcs(template.FuncMap{
		"style":      func() template.CSS { return template.CSS(style) },
		"printStyle": func() template.CSS { return template.CSS(printStyle) },
	}).ParseFS(templateFiles, "templates/page.html"))
)

func readTemplate(name string) string {
	b, err := templateFiles.ReadFile("templates/" + name)
	if err != nil {
		panic(err) // a programming error: it is embedded
	}
	return strings.TrimSpace(string(b))
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

const (
	// freshFor is how long a page is served as it is: a warning is on the page
	// seconds after it came, and a crowd costs no more than one visitor.
	freshFor = 2 * time.Second
	// makesPerSecond and makeBurst bound the making of pages of which there are
	// many, one for each warning; beyond that an older one is served. Such a page
	// takes some 1 to 20 ms on a laptop, ten times that on a small box: a fraction
	// of one core.
	makesPerSecond = 3
	makeBurst      = 20
	// unknownPerSecond bounds the requests for warnings that are not there and are
	// not charged for: what one client may send, several times over. To find out
	// takes a fraction of a millisecond.
	unknownPerSecond = 20
	// maxPages bounds the pages kept: lists in three languages, and some hundred
	// warnings.
	maxPages = 400
	// maxMakeTime bounds one page's making, for a store on a slow disk.
	maxMakeTime = 10 * time.Second
)

var errBusy = errors.New("too many pages are being made")

// pages keeps what was made, by path and language.
type pages struct {
	making sync.Mutex // one at a time: the device has other work

	mu     sync.Mutex
	kept   map[string]*page
	budget bucket

	unknown bucket
}

// page is a page as it is sent.
type page struct {
	plain, packed []byte
	etag          string
	made          time.Time
}

func newPages() *pages {
	return &pages{kept: map[string]*page{}, budget: bucket{tokens: makeBurst, last: time.Now()}, unknown: bucket{tokens: unknownPerSecond, last: time.Now()}}
}

// get returns a page that is fresh enough, or makes it. One of many is made
// within a budget; the list of warnings must not wait for strangers who ask for
// single ones.
func (p *pages) get(key string, oneOfMany bool, make func() ([]byte, error)) (*page, error) {
	if kept, fresh := p.look(key); fresh {
		return kept, nil
	}
	p.making.Lock()
	defer p.making.Unlock()
	kept, fresh := p.look(key) // another may have made it meanwhile
	if fresh {
		return kept, nil
	}
	if oneOfMany && !p.spend() {
		if kept != nil {
			return kept, nil
		}
		return nil, errBusy
	}
	body, err := make()
	if oneOfMany && isUnknown(err) { // it cost next to nothing, and must not use up others' pages
		p.refund()
	}
	if err != nil {
		return nil, err
	}
	return p.keep(key, body), nil
}

func (p *pages) look(key string) (kept *page, fresh bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept = p.kept[key]
	return kept, kept != nil && time.Since(kept.made) < freshFor
}

func (p *pages) spend() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.budget.take(time.Now(), makesPerSecond, makeBurst)
}

// refund gives back what a page took that there is not, within limits.
func (p *pages) refund() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.unknown.take(time.Now(), unknownPerSecond, unknownPerSecond) {
		p.budget.tokens++
	}
}

func (p *pages) keep(key string, body []byte) *page {
	sum := sha256.Sum256(body)
	one := &page{plain: body, packed: pack(body), etag: `W/"` + hex.EncodeToString(sum[:12]) + `"`, made: time.Now()}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.kept) >= maxPages {
		clear(p.kept)
	}
	p.kept[key] = one
	return one
}

func pack(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(body) // into memory: it does not fail
	z.Close()
	return b.Bytes()
}

// page serves what a maker returns for a template, in the client's language.
func (s *Server) page(name string, data func(context.Context, *http.Request, *words) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		l := languageOf(r)
		one, err := s.pages.get(r.URL.Path+"\x00"+l, name == "one", func() ([]byte, error) {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), maxMakeTime) // others wait for it
			defer cancel()
			v, err := data(ctx, r, wordsIn(l))
			if err != nil {
				return nil, err
			}
			var b bytes.Buffer
			err = templates.ExecuteTemplate(&b, name, v)
			return squeeze(b.Bytes()), err
		})
		if err != nil {
			s.fail(w, r, err)
			return
		}
		one.serve(w, r)
	}
}

// squeeze drops the empty lines that templates leave.
func squeeze(b []byte) []byte {
	var out [][]byte
	for line := range bytes.Lines(b) {
		if len(bytes.TrimSpace(line)) > 0 {
			out = append(out, line)
		}
	}
	return bytes.Join(out, nil)
}

func (p *page) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Language, Accept-Encoding")
	h.Set("ETag", p.etag)
	if strings.Contains(r.Header.Get("If-None-Match"), strings.TrimPrefix(p.etag, "W/")) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := p.plain
	if acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body = p.packed
	}
	w.Write(body) // net/http leaves it out for HEAD
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, errBusy):
		w.Header().Set("Retry-After", "5")
		refuse(w, http.StatusServiceUnavailable)
	case isUnknown(err):
		http.Error(w, "not found: the warnings are at /", http.StatusNotFound)
	default:
		s.log.Error("make a public page", "path", r.URL.Path, "err", err)
		refuse(w, http.StatusServiceUnavailable)
	}
}

// isUnknown reports whether a page is of a warning that is not there.
func isUnknown(err error) bool {
	var known *apitype.Error
	return errors.As(err, &known) && (known.Code == apitype.CodeNotFound || known.Code == apitype.CodeBadRequest)
}
