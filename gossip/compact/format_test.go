package compact

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// registries in the order of FORMAT.md.
var registries = []*registry{versions, statuses, msgTypes, scopes, urgencies, severity, certainty, categories, responses, languages,
	events, codes, names, elements, mimeTypes, formats}

// TestFormatDocument holds FORMAT.md against the tables: every key with its
// name, every registry with its numbers, every bound.
func TestFormatDocument(t *testing.T) {
	text, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	want := func(s string) {
		t.Helper()
		if !strings.Contains(doc, s) {
			t.Errorf("FORMAT.md lacks %q", s)
		}
	}
	document(t, doc, "core", alertTable)
	document(t, doc, "core", signatureTable)
	document(t, doc, "info", infoTable)
	document(t, doc, "info", patchTable)
	document(t, doc, "resource", resourceTable)
	document(t, doc, "area", areaTable)
	for _, g := range append(registries, &registry{name: "beginning of coded words", texts: words}) {
		var entries []string
		for i, s := range g.texts {
			if s == "" {
				s = "-"
			}
			entries = append(entries, fmt.Sprintf("%d `%s`", i, s))
		}
		want(fmt.Sprintf("* **%s**: %s\n", g.name, strings.Join(entries, ", ")))
	}
	for _, s := range []string{fmt.Sprintf("info block %d, resource or area %d", costInfo, costArea), fmt.Sprintf("bytes and %d", costText),
		fmt.Sprintf("%d KiB and %d times", freeCost>>10, costFactor), fmt.Sprintf("never more than\n%d MiB", maxCost>>20),
		fmt.Sprintf("allowed %d MiB", fileCost>>20), fmt.Sprintf("at most %d deep", maxDepth), fmt.Sprintf("at most %d parts", maxContainerParts)} {
		want(s)
	}
}

// document checks the lines of one map in the CDDL.
func document[T any](t *testing.T, doc, name string, table []field[T]) {
	t.Helper()
	_, body, _ := strings.Cut(doc, "\n"+name+" = {\n")
	body, _, _ = strings.Cut(body, "\n}")
	last := -1
	for _, f := range table {
		found := false
		for line := range strings.Lines(body) {
			_, comment, _ := strings.Cut(line, ";")
			found = found || strings.HasPrefix(line, fmt.Sprintf("  ? %d: ", f.key)) && strings.HasPrefix(strings.TrimSpace(comment), f.name)
		}
		if !found {
			t.Errorf("FORMAT.md, %s: no line for key %d, %s", name, f.key, f.name)
		}
		if int(f.key) <= last {
			t.Errorf("%s: key %d out of order", name, f.key)
		}
		last = int(f.key)
	}
}

// TestRegistries: a text with two numbers would have two forms, and a set's
// mask has 64 bits.
func TestRegistries(t *testing.T) {
	for _, g := range registries {
		if len(g.number) != len(g.texts) {
			t.Errorf("%s: a text stands twice", g.name)
		}
	}
	for _, c := range []cap.Category{cap.Geo, cap.OtherCategory, cap.CBRNE} {
		if _, ok := categories.number[string(c)]; !ok {
			t.Errorf("category %s has no number", c)
		}
	}
	if len(categories.texts) > 63 || len(responses.texts) > 63 {
		t.Error("a set does not fit its mask")
	}
}
