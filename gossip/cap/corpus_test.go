package cap

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// corpusDir finds the collected documents beside the project, or skips.
func corpusDir(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv("KREIDFEUER_SHARED"); dir != "" {
		return filepath.Join(dir, "corpus", "cap")
	}
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		found := filepath.Join(dir, "shared", "corpus", "cap")
		if _, err := os.Stat(filepath.Join(found, "INDEX.tsv")); err == nil {
			return found
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		tb.Skip("no shared/corpus/cap above the working directory")
	}
}

type corpusFile struct {
	name, kind string
	data       []byte
}

func corpus(tb testing.TB) []corpusFile {
	tb.Helper()
	dir := corpusDir(tb)
	index, err := os.ReadFile(filepath.Join(dir, "INDEX.tsv"))
	if err != nil {
		tb.Fatal(err)
	}
	var files []corpusFile
	for _, line := range strings.Split(string(index), "\n")[1:] {
		f := strings.Split(line, "\t")
		if len(f) < 3 {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, f[0]))
		if err != nil {
			tb.Fatal(err)
		}
		files = append(files, corpusFile{f[0], f[1], data})
	}
	if len(files) < 60 {
		tb.Fatalf("index names only %d files", len(files))
	}
	return files
}

func schemaErrors(problems []Problem) []Problem {
	var out []Problem
	for _, p := range problems {
		if p.Severity == LevelError && (strings.HasPrefix(p.Rule, "schema-") || strings.HasPrefix(p.Rule, "xml-")) {
			out = append(out, p)
		}
	}
	return out
}

func TestCorpus(t *testing.T) {
	for _, f := range corpus(t) {
		t.Run(f.name, func(t *testing.T) {
			a, problems, err := Parse(f.data)
			for _, p := range problems {
				if p.Path == "" || p.Line < 1 && p.Rule != "limit-problems" || p.Message == "" || ruleLevels[p.Rule] == "" {
					t.Errorf("incomplete problem %+v", p)
				}
				t.Log(p)
			}
			switch f.kind {
			case "cap-valid":
				if err != nil {
					t.Fatal(err)
				}
				if bad := schemaErrors(problems); len(bad) > 0 {
					t.Errorf("schema-valid document has schema errors: %v", bad)
				}
				roundTrip(t, f.data, a)
			case "cap-invalid":
				if Valid(problems) {
					t.Error("schema-invalid document has no error")
				}
			case "other": // not classified: an alert among them is fine
				if err == nil {
					roundTrip(t, f.data, a)
				}
			default:
				if err == nil || a != nil || Valid(problems) {
					t.Errorf("%s was taken for an alert", f.kind)
				}
			}
		})
	}
}

// roundTrip holds the written document against the source, by an own
// comparison of every element, order and value.
func roundTrip(t *testing.T, src []byte, a *Alert) {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, a, WriteOptions{Fidelity: true}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(flatten(t, src), flatten(t, out.Bytes())); diff != "" {
		t.Errorf("written document differs (-source +written):\n%s", diff)
	}
	again, _, err := Parse(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, again); diff != "" {
		t.Errorf("alert differs after writing and reading:\n%s", diff)
	}
}

// flatten lists the elements of a document as "depth {namespace}name=text".
func flatten(t *testing.T, src []byte) []string {
	t.Helper()
	utf8, _, err := toUTF8(src)
	if err != nil {
		t.Fatal(err)
	}
	root, _, err := scan(utf8)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	var walk func(n *node, depth string)
	walk = func(n *node, depth string) {
		out = append(out, depth+"{"+n.space+"}"+n.name+"="+fold(n.text))
		for _, k := range n.kids {
			walk(k, depth+" ")
		}
	}
	walk(root, "")
	return out
}

func TestXMLLint(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed")
	}
	schema := filepath.Join(corpusDir(t), "ibm-cap", "resources__CAP-v1.2.xsd")
	dir := t.TempDir()
	args := []string{"--nonet", "--noout", "--schema", schema}
	for _, f := range corpus(t) {
		if f.kind != "cap-valid" {
			continue
		}
		a, _, err := Parse(f.data)
		if err != nil {
			t.Fatal(err)
		}
		if a.Version != V12 {
			continue
		}
		var out bytes.Buffer
		if err := Write(&out, a, WriteOptions{Fidelity: true}); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, strings.ReplaceAll(f.name, "/", "-"))
		if err := os.WriteFile(name, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	if len(args) < 30 {
		t.Fatalf("only %d documents", len(args))
	}
	if out, err := exec.Command(xmllint, args...).CombinedOutput(); err != nil {
		t.Errorf("xmllint: %v\n%s", err, out)
	}
}
