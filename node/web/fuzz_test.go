package web

import (
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// FuzzWarning: whatever a warning says and in whatever language, the page has the
// elements that it has for any other text.
func FuzzWarning(f *testing.F) {
	f.Add("Hochwasser", "de", "https://example.org")
	f.Add("</style><script>", "en", "javascript:x")
	f.Add("<!--\x00\u202e{{.}}", "de-simple", "http://a@b")
	f.Fuzz(func(t *testing.T, text, language, web string) {
		want := elementsOf(t, "x", "de", "")
		got := elementsOf(t, text, language, web)
		for name, n := range got {
			if most := want[name] + 2*maxParagraphs; n > most || want[name] == 0 && name != "h2" {
				t.Errorf("%d elements %s, %d with a plain text", n, name, want[name])
			}
		}
	})
}

func elementsOf(t *testing.T, text, language, web string) map[string]int {
	a := flood()
	a.Infos = a.Infos[:1]
	in := &a.Infos[0]
	a.Headline, in.Event, in.Headline, in.Description, in.Instruction, in.Web, in.Language = text, text, "h"+text, "d"+text, "i"+text, web, language
	a.Origin = apitype.Origin{By: text, Format: "x" + text}
	page := get(serve(newDevice(a)), "/").Body.String()
	elements := map[string]int{}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				t.Fatal(z.Err())
			}
			return elements
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			elements[string(name)]++
		}
	}
}

// FuzzText: what is left of a text has no control characters.
func FuzzText(f *testing.F) {
	f.Add("a\x1b[31m\nb\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		for _, line := range paragraphs(s) {
			if strings.ContainsFunc(line, unicode.IsControl) {
				t.Errorf("%q", line)
			}
		}
		if a := webAddress(s); a != "" && !strings.HasPrefix(a, "http://") && !strings.HasPrefix(a, "https://") {
			t.Errorf("address %q", a)
		}
	})
}

// FuzzLanguage: every header yields a language of the page.
func FuzzLanguage(f *testing.F) {
	f.Add("de;q=0.5,en", "gzip;q=0", "de")
	f.Fuzz(func(t *testing.T, accept, encoding, chosen string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = "l=" + chosen
		r.Header.Set("Accept-Language", accept)
		r.Header.Set("Accept-Encoding", encoding)
		if l := languageOf(r); wordsIn(l).Lang != l {
			t.Errorf("language %q", l)
		}
		acceptsGzip(r)
	})
}
