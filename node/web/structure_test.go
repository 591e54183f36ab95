package web

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

var void = map[string]bool{"meta": true, "br": true, "hr": true, "link": true, "img": true, "input": true, "path": true}

// structure walks a page and returns its elements in order, as "h1", and its
// attributes as "a href=/app". It fails where elements do not nest.
func structure(t *testing.T, page string) (elements, attributes []string) {
	t.Helper()
	var open []string
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF {
				t.Errorf("read: %v", z.Err())
			}
			if len(open) > 0 {
				t.Errorf("never closed: %v", open)
			}
			return elements, attributes
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			elements = append(elements, token.Data)
			for _, a := range token.Attr {
				attributes = append(attributes, fmt.Sprintf("%s %s=%s", token.Data, a.Key, a.Val))
			}
			if !void[token.Data] {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			name := z.Token().Data
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("</%s> within %v", name, open)
			}
			open = open[:len(open)-1]
		}
	}
}

// allPages are all templates, in all languages, with everything on them.
func allPages(t *testing.T) map[string]string {
	t.Helper()
	drill, clear := flood(), flood()
	drill.ID, drill.Test, drill.Lane, drill.Unconfirmed = "drill", true, "drill", true
	clear.ID, clear.Kind, clear.State = "clear", apitype.KindAllClear, apitype.StateAllClear
	d := newDevice(flood(), drill, clear)
	d.alerts[0].Incomplete = []string{"text"}
	for i := range maxFull {
		a := flood()
		a.ID = fmt.Sprint("more", i)
		d.alerts = append(d.alerts, a)
	}
	apps, err := OpenApps(writeFiles(t, map[string]string{"kreidfeuer-linux-amd64": "one", "kreidfeuer-darwin-arm64": "two"}))
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{}
	for _, path := range []string{"/", "/w/floodabcdefgh", "/w/drill", "/w/clear", "/poster", "/app"} {
		for _, l := range languages {
			s := serve(d, func(c *Config) { c.Frames = frames })
			s.SetApps(apps)
			pages[path+" in "+l] = get(s, path+"?l="+l, "Accept-Language: xx").Body.String()
		}
	}
	files := map[string]func(io.Writer) error{
		"print":  func(w io.Writer) error { return WritePrint(w, &d.alerts[0], Print{Frames: []string{"a", "b"}}) },
		"poster": func(w io.Writer) error { return WritePoster(w, d.status.Roots) },
		"stick":  func(w io.Writer) error { return WriteApps(w, apps, german) },
	}
	for name, f := range files {
		var b strings.Builder
		if err := f(&b); err != nil {
			t.Fatal(err)
		}
		pages[name] = b.String()
	}
	return pages
}

// TestStructure: every page is whole, says its language, needs nothing from
// elsewhere and has nothing that runs.
func TestStructure(t *testing.T) {
	for name, page := range allPages(t) {
		t.Run(name, func(t *testing.T) {
			if !strings.HasPrefix(page, "<!DOCTYPE html>\n<html lang=\"de") && !strings.HasPrefix(page, "<!DOCTYPE html>\n<html lang=\"en\"") {
				t.Fatalf("begins %.60q", page)
			}
			elements, attributes := structure(t, page)
			for _, want := range []string{"html", "head", "title", "style", "body"} {
				if n := countOf(elements, want); n != 1 {
					t.Errorf("%d elements %s", n, want)
				}
			}
			for _, no := range []string{"script", "iframe", "object", "embed", "link", "form", "input", "img", "base"} {
				if slices.Contains(elements, no) {
					t.Errorf("an element %s", no)
				}
			}
			for _, a := range attributes {
				element, attribute, _ := strings.Cut(a, " ")
				key, value, _ := strings.Cut(attribute, "=")
				switch {
				case strings.HasPrefix(key, "on"), key == "style", key == "src", key == "srcdoc":
					t.Errorf("an attribute %s", a)
				case key == "href" && element != "a":
					t.Errorf("a reference %s", a)
				case key == "href" && strings.Contains(value, ":") && !slices.Contains(attributes, "a rel=noopener noreferrer nofollow"):
					t.Errorf("a foreign link without rel: %s", a)
				}
			}
			if !strings.Contains(page, `name="viewport"`) || !strings.Contains(page, `charset="utf-8"`) {
				t.Error("no viewport, or no encoding")
			}
			if strings.Contains(page, "<no value>") || strings.Contains(page, "%!") || strings.Contains(page, "ZgotmplZ") {
				t.Error("a template has a hole")
			}
			if got := slices.Index(elements, "h1"); got < 0 && slices.Index(elements, "h3") < 0 {
				t.Error("no heading")
			}
		})
	}
}

func countOf(list []string, want string) (n int) {
	for _, v := range list {
		if v == want {
			n++
		}
	}
	return n
}
