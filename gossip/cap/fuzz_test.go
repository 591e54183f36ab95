package cap

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fuzzLimit is what is promised for one kilobyte of any input.
const fuzzLimit = 50 * time.Millisecond

// cheap runs a reader and holds its time against the promise. A busy machine
// may stop any run for long, so only what is slow every time counts.
func cheap(t *testing.T, size int, read func()) {
	t.Helper()
	limit := fuzzLimit * time.Duration(1+size/1024)
	var cost time.Duration
	for range 5 {
		start := time.Now()
		read()
		if cost = time.Since(start); cost <= limit {
			return
		}
	}
	t.Errorf("%d bytes took %v", size, cost)
}

// sound checks what holds for every result of a reader.
func sound(t *testing.T, a *Alert, problems []Problem, err error) {
	t.Helper()
	if (a == nil) != (err != nil) {
		t.Fatal("alert and error", a, err)
	}
	if err != nil && Valid(problems) {
		t.Fatal("no problem explains", err)
	}
	if len(problems) > MaxProblems+1 {
		t.Fatalf("%d problems", len(problems))
	}
	for _, p := range problems {
		if p.Path == "" || p.Message == "" || len(p.Message) > 1000 || ruleLevels[p.Rule] == "" {
			t.Fatalf("problem %+v", p)
		}
	}
	if a == nil {
		return
	}
	var out bytes.Buffer
	if err := Write(&out, a, WriteOptions{Fidelity: true}); err != nil {
		t.Fatal(err)
	}
	again, _, err := Parse(out.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	if diff := cmp.Diff(a, again); diff != "" {
		t.Fatalf("alert differs after writing and reading:\n%s\n%s", diff, out.Bytes())
	}
	u, _ := Upgrade(a)
	if err := Write(new(bytes.Buffer), u, WriteOptions{}); (err == nil) != Valid(Check(u)) {
		t.Fatal("Write and Check disagree", err, Check(u))
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(old))
	f.Add([]byte(`<alert><info><area><geocode>FIPS6= 36061</geocode></area></info></alert>`))
	for _, e := range edits {
		f.Add(bytes.Replace([]byte(sample), []byte(e.old), []byte(e.new), 1))
	}
	addCorpus(f, ".xml", ".cap", ".atom", ".rss")
	f.Fuzz(func(t *testing.T, data []byte) {
		var a *Alert
		var problems []Problem
		var err error
		cheap(t, len(data), func() { a, problems, err = Parse(data) })
		sound(t, a, problems, err)
		docs, err := Embedded(data)
		for _, d := range docs {
			sound(t, d.Alert, d.Problems, err)
		}
		Sniff(data)
	})
}

func FuzzNINA(f *testing.F) {
	f.Add([]byte(nina), []byte(ninaGeo))
	f.Add([]byte(`{"identifier":"kat.1","info":[{"area":[{"polygon":["1,2 3,4"]}]}]}`), []byte(`{}`))
	addNINA(f)
	f.Fuzz(func(t *testing.T, data, geojson []byte) {
		var a *Alert
		var problems []Problem
		var err error
		cheap(t, len(data)+len(geojson), func() { a, _, problems, err = ParseNINA(data, geojson) })
		sound(t, a, problems, err)
	})
}

// addCorpus seeds with the small documents of the corpus, where it is present.
func addCorpus(f *testing.F, extensions ...string) {
	dir := os.Getenv("KREIDFEUER_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	for _, ext := range extensions {
		names, _ := filepath.Glob(filepath.Join(dir, "corpus", "cap", "*", "*"+ext))
		for _, name := range names {
			if data, err := os.ReadFile(name); err == nil && len(data) < 20_000 {
				f.Add(data)
			}
		}
	}
}

func addNINA(f *testing.F) {
	dir := filepath.Join("..", "..", "..", "shared", "corpus", "cap")
	names, _ := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	for _, name := range names {
		if data, err := os.ReadFile(name); err == nil && len(data) < 20_000 {
			f.Add(data, []byte(nil))
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for _, size := range []struct {
		name  string
		least int
	}{{"median", 4_000}, {"dwd", 150_000}, {"mowas", 440_000}} {
		data := []byte(sample)
		for _, f := range corpus(b) {
			if (f.kind == "cap-valid" || f.kind == "cap-invalid") && len(f.data) >= size.least && len(f.data) < size.least*3/2 {
				data = f.data
			}
		}
		b.Run(size.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := Parse(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
