package wire

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hdevalence/ed25519consensus"
)

var update = flag.Bool("update", false, "write testdata/vectors anew")

const vectorDir = "testdata/vectors"

// vector is one test vector: header lines, an empty line, the body in hex
// (compressed with zlib if the header says so).
//
//	comment: what is right or wrong with it
//	kind:    envelope (default), payload or part
//	expect:  accept | reject REASON | ignore REASON
//	id:      of an accepted envelope
//	verify:  valid or invalid for each signature, under WIRE.md's rule
//	ref:     the reference (CBOR in hex) that a part is opened with
type vector struct {
	name, comment, kind, expect, id, verify, ref string

	body []byte
}

func (v vector) format() []byte {
	var b bytes.Buffer
	body, compressed := v.body, ""
	if len(body) > 4096 {
		var z bytes.Buffer
		w := zlib.NewWriter(&z)
		w.Write(body)
		w.Close()
		body, compressed = z.Bytes(), "zlib"
	}
	for _, line := range [][2]string{{"comment", v.comment}, {"kind", v.kind}, {"expect", v.expect}, {"id", v.id},
		{"verify", v.verify}, {"ref", v.ref}, {"compressed", compressed}} {
		if line[1] != "" {
			fmt.Fprintf(&b, "%s: %s\n", line[0], line[1])
		}
	}
	b.WriteByte('\n')
	for text := hex.EncodeToString(body); text != ""; {
		n := min(len(text), 64)
		fmt.Fprintln(&b, text[:n])
		text = text[n:]
	}
	return b.Bytes()
}

func parseVector(name string, file []byte) (v vector, err error) {
	head, body, found := strings.Cut(string(file), "\n\n")
	if !found {
		return v, errors.New("no empty line")
	}
	v.name = name
	compressed := ""
	fields := map[string]*string{"comment": &v.comment, "kind": &v.kind, "expect": &v.expect, "id": &v.id,
		"verify": &v.verify, "ref": &v.ref, "compressed": &compressed}
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if fields[key] == nil {
			return v, fmt.Errorf("unknown field %q", key)
		}
		*fields[key] = value
	}
	if v.body, err = hex.DecodeString(strings.ReplaceAll(body, "\n", "")); err != nil || compressed == "" {
		return v, err
	}
	z, err := zlib.NewReader(bytes.NewReader(v.body))
	if err != nil {
		return v, err
	}
	v.body, err = io.ReadAll(z)
	return v, err
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(vectorDir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	var vs []vector
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		v, err := parseVector(strings.TrimSuffix(filepath.Base(f), ".txt"), b)
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		vs = append(vs, v)
	}
	return vs
}

// outcome is how a vector says what err means.
func outcome(err error) string {
	if err == nil {
		return "accept"
	}
	if r := (*Refusal)(nil); errors.As(err, &r) {
		return r.Reason.Verdict().String() + " " + string(r.Reason)
	}
	return "not a refusal: " + err.Error()
}

func TestVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	for _, v := range readVectors(t) {
		t.Run(v.name, func(t *testing.T) {
			switch v.kind {
			case "payload":
				_, err := ParsePayload(v.body)
				checkOutcome(t, v, err)
			case "part":
				checkPart(t, v)
			default:
				checkEnvelope(t, v)
			}
		})
	}
}

func checkOutcome(t *testing.T, v vector, err error) {
	t.Helper()
	if got := outcome(err); got != v.expect {
		t.Errorf("%s: got %q (%v), want %q", v.comment, got, err, v.expect)
	}
}

func checkPart(t *testing.T, v vector) {
	b, err := hex.DecodeString(v.ref)
	if err != nil {
		t.Fatal(err)
	}
	c := cursor{rest: b}
	ref := c.partRef()
	if c.end(); c.err != nil {
		t.Fatal(c.err)
	}
	_, err = ref.Open(v.body)
	checkOutcome(t, v, err)
}

func checkEnvelope(t *testing.T, v vector) {
	e, err := Decode(v.body)
	checkOutcome(t, v, err)
	if err != nil {
		if e != nil {
			t.Error("an envelope beside an error")
		}
		return
	}
	if got := e.ID().String(); got != v.id {
		t.Errorf("ID %s, want %s", got, v.id)
	}
	if !bytes.Equal(e.EncodeFull(), v.body) {
		t.Error("does not encode to the same bytes")
	}
	if v.verify == "" {
		return
	}
	var got []string
	for _, s := range e.Signers {
		key, ok := s.Ref.Key()
		if !ok {
			t.Fatal("signer is not a raw key")
		}
		word := "invalid"
		if ed25519consensus.Verify(key[:], e.ToBeSigned(s), s.Sig[:]) {
			word = "valid"
		}
		got = append(got, word)
	}
	if strings.Join(got, " ") != v.verify {
		t.Errorf("signatures %s, want %s", got, v.verify)
	}
}

// TestVectorsAreCurrent holds the files to their generator, which writes CBOR
// without this package's encoder.
func TestVectorsAreCurrent(t *testing.T) {
	files := map[string]vector{}
	for _, v := range readVectors(t) {
		files[v.name] = v
	}
	for _, want := range generateVectors() {
		got := files[want.name]
		delete(files, want.name)
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%s differs from its generator; run: go test -run TestVectors -update", want.name)
		}
	}
	for name := range files {
		t.Errorf("%s is not generated", name)
	}
}

func writeVectors(t *testing.T) {
	if err := os.RemoveAll(vectorDir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(vectorDir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, v := range generateVectors() {
		if err := os.WriteFile(filepath.Join(vectorDir, v.name+".txt"), v.format(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLevelsShareAnID: a second signature raises the level, not the ID.
func TestLevelsShareAnID(t *testing.T) {
	byName := map[string]vector{}
	for _, v := range readVectors(t) {
		byName[v.name] = v
	}
	one, two := byName["accept-alert-live"], byName["accept-alert-two-signers"]
	if one.id == "" || one.id != two.id || bytes.Equal(one.body, two.body) {
		t.Errorf("IDs %q and %q, want the same for different bytes", one.id, two.id)
	}
}
