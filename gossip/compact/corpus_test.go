package compact

import (
	"bytes"
	"compress/zlib"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// corpus calls f with every document of the corpus that the lenient reader
// makes an alert of, also those inside feeds.
func corpus(t testing.TB, f func(name string, xml []byte, a *cap.Alert)) {
	dir := corpusDir(t)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, dir+string(filepath.Separator))
		if a, _, err := cap.Parse(data); err == nil {
			f(name, data, a)
			return nil
		}
		documents, err := cap.Embedded(data)
		if err != nil {
			return nil
		}
		for _, doc := range documents {
			if doc.Alert != nil {
				f(name+"#", data, doc.Alert)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func corpusDir(t testing.TB) string {
	if dir := os.Getenv("KREIDFEUER_SHARED"); dir != "" {
		return filepath.Join(dir, "corpus", "cap")
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if d := filepath.Join(dir, "shared", "corpus", "cap"); isDir(d) {
			return d
		}
		dir = filepath.Dir(dir)
	}
	t.Skip("no shared/corpus/cap above this package: real alerts are not tried")
	return ""
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// failer is what testing.T and rapid.T share.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
}

// same demands that two alerts are equal in every element, and as XML.
func same(t failer, name string, want, got *cap.Alert) {
	t.Helper()
	w := *want
	if w.Version == "" {
		w.Version = cap.V12
	}
	if diff := cmp.Diff(&w, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: alert changed (-want +got):\n%.2000s", name, diff)
		return
	}
	var x, y bytes.Buffer
	errX := cap.Write(&x, want, cap.WriteOptions{Fidelity: true})
	errY := cap.Write(&y, got, cap.WriteOptions{Fidelity: true})
	if (errX == nil) != (errY == nil) || !bytes.Equal(x.Bytes(), y.Bytes()) {
		t.Errorf("%s: XML changed: %v, %v", name, errX, errY)
	}
}

// roundTrip holds the promises of Encode and Decode for one alert.
func roundTrip(t testing.TB, name string, a *cap.Alert) (core []byte, parts [][]byte) {
	t.Helper()
	core, parts, err := encode(a, Extras{}, encoder{})
	if err != nil {
		t.Errorf("%s: encode: %v", name, err)
		return nil, nil
	}
	doc, err := Decode(core, parts)
	if err != nil {
		t.Errorf("%s: decode: %v", name, err)
		return nil, nil
	}
	same(t, name, a, doc.Alert)
	core2, parts2, err := encode(doc.Alert, Extras{}, encoder{})
	if err != nil || !bytes.Equal(core, core2) || !slices.EqualFunc(parts, parts2, bytes.Equal) {
		t.Errorf("%s: encoding the decoded alert gives other bytes (%v)", name, err)
	}
	bare, err := Decode(core, nil)
	if err != nil {
		t.Errorf("%s: core alone: %v", name, err)
		return nil, nil
	}
	if bare.Alert.Identifier != a.Identifier || len(bare.Alert.Info) != len(a.Info) || len(bare.Missing()) != len(parts) {
		t.Errorf("%s: core alone lacks more than it says", name)
	}
	for i := range parts { // any one part missing
		some := append([][]byte(nil), parts...)
		some[i] = nil
		if _, err := Decode(core, some); err != nil {
			t.Errorf("%s: without part %d: %v", name, i, err)
		}
	}
	return core, parts
}

func TestCorpus(t *testing.T) {
	count, worst := 0, 0.0
	t.Logf("%-60s %9s %8s %6s %5s %8s", "document", "XML", "zlib", "core", "parts", "packed")
	corpus(t, func(name string, xml []byte, a *cap.Alert) {
		count++
		core, parts := roundTrip(t, name, a)
		m := newMeter(false)
		_, _ = decode(core, parts, m)
		size := len(core)
		for _, p := range parts {
			size += len(p)
		}
		worst = max(worst, float64(maxCost-m.total)/float64(freeCost+costFactor*size))
		packed := 0
		for _, p := range parts {
			packed += len(wire.PackPart(p))
			if len(p) > wire.MaxPartSize {
				t.Errorf("%s: part of %d bytes", name, len(p))
			}
		}
		if len(parts) > wire.MaxParts {
			t.Errorf("%s: %d parts", name, len(parts))
		}
		file, err := Marshal(a, Extras{})
		if err != nil {
			t.Fatalf("%s: marshal: %v", name, err)
		}
		doc, err := Unmarshal(file)
		if err != nil {
			t.Fatalf("%s: unmarshal: %v", name, err)
		}
		same(t, name, a, doc.Alert)
		t.Logf("%-60.60s %9d %8d %6d %5d %8d", tail(name, 60), len(xml), zlibSize(xml), len(core), len(parts), packed)
	})
	t.Logf("decoding costs at most %.0f %% of what is allowed", 100*worst)
	if worst > 0.5 {
		t.Error("the bound on expansion comes near to real alerts")
	}
	if count < 40 {
		t.Errorf("only %d alerts in the corpus", count)
	}
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

func zlibSize(b []byte) int {
	var z bytes.Buffer
	w, _ := zlib.NewWriterLevel(&z, zlib.BestCompression)
	_, _ = w.Write(b)
	_ = w.Close()
	return z.Len()
}
