package capfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/testenv"
)

// TestConvertCorpus sends every alert of the corpus through each form and back.
func TestConvertCorpus(t *testing.T) {
	dir := testenv.Corpus(t)
	if dir == "" {
		t.Skip("no corpus")
	}
	n := 0
	for line := range strings.Lines(string(testenv.Must(os.ReadFile(filepath.Join(dir, "INDEX.tsv"))))) {
		name, _, _ := strings.Cut(line, "\t")
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue // the head of the table
		}
		for _, doc := range ReadCAP(data).docs {
			n++
			for _, form := range []string{"wire", "json", "xml"} {
				b, err := encodeAlert(doc.Alert, form)
				if err != nil {
					t.Errorf("%s to %s: %v", name, form, err)
					continue
				}
				f := ReadCAP(b)
				back, err := f.One(name, 0)
				if err != nil {
					t.Errorf("%s from %s: %v", name, form, err)
					continue
				}
				if diff := cmp.Diff(doc.Alert, back, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%s through %s (-before +after):\n%s", name, form, diff)
				}
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d alerts in the corpus", n)
	}
}
