package bundle

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the vectors anew")

// vectors are bundles with one fault each. The envelope in them is "one", "two"
// or "three": the format does not look into envelopes.
func vectors(t *testing.T) []struct {
	name string
	b    []byte
} {
	sound := write(t, []byte("one"), []byte("two"))
	where := extents(t, sound)
	edit := func(at int64, to byte) []byte {
		b := bytes.Clone(sound)
		b[at] = to
		return b
	}
	header := int64(len(preamble))
	spare := func(count byte) []byte {
		b := bytes.Clone(sound[:where[1][1]])
		return appendRecord(b, kindSpare, append([]byte{0, 0, 0, 0, 0, 0, 0, count}, "one"...))
	}
	return []struct {
		name string
		b    []byte
	}{
		{"sound", sound},
		{"empty", write(t)},
		{"first line", edit(2, 'X')},
		{"header", edit(header+30, 'X')},
		{"marker of a record", edit(where[0][0], 'X')},
		{"length of a record", edit(where[0][0]+11, 0xff)},
		{"content of a record", edit(where[0][0]+int64(headSize), 'X')},
		{"checksum of a record", edit(where[0][1]-1, sound[where[0][1]-1]^1)},
		{"record gone", slices.Concat(sound[:where[0][0]], sound[where[0][1]:])},
		{"end damaged", edit(int64(len(sound))-1, sound[len(sound)-1]^1)},
		{"cut off in a record", sound[:where[1][0]+15]},
		{"cut off between records", sound[:where[1][0]]},
		{"more behind the end", append(bytes.Clone(sound), "tail"...)},
		{"spare not needed, cut off", spare(2)},
		{"spare needed: three envelopes before it", spare(3)},
		{"unknown kind", appendRecord(bytes.Clone(sound[:where[1][0]]), 77, []byte("later"))},
		{"version 2", appendRecord([]byte(preamble), kindHeader, []byte("Version: 2\r\n"))},
		{"no bundle", []byte("anything else")},
	}
}

// TestVectors holds the reader and testdata/vectors.txt together, which other
// readers of the format can be held to as well.
func TestVectors(t *testing.T) {
	name := filepath.Join("testdata", "vectors.txt")
	var b strings.Builder
	b.WriteString("# Bundles (FORMAT.md) and what a reader makes of each: hexadecimal bytes, envelopes, damage, error.\n")
	for _, v := range vectors(t) {
		o := readAll(bytes.NewReader(v.b))
		fmt.Fprintf(&b, "\nname %s\n", v.name)
		for part := range slices.Chunk(v.b, 48) {
			fmt.Fprintf(&b, "hex %s\n", hex.EncodeToString(part))
		}
		for _, e := range o.read {
			fmt.Fprintf(&b, "envelope %s\n", e)
		}
		for _, d := range o.damage {
			fmt.Fprintf(&b, "damage %d %d %v %s\n", d.From, d.To, d.CutOff, d.Reason)
		}
		if o.err != nil {
			fmt.Fprintf(&b, "error %v\n", o.err)
		}
	}
	if *update {
		if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("%s differs from what the reader makes of the bundles; now:\n%s", name, b.String())
	}
}

// TestFormatDocument holds FORMAT.md and the constants together.
func TestFormatDocument(t *testing.T) {
	b, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		strings.TrimSuffix(strings.ReplaceAll(preamble, "\r\n", "\n"), "\n"), "`" + hex.EncodeToString([]byte(marker)) + "`", fmt.Sprint(maxContent), fmt.Sprint(MaxSize),
		fmt.Sprintf("| %d | header", kindHeader), fmt.Sprintf("| %d | envelope", kindEnvelope), fmt.Sprintf("| %d | end", kindEnd), fmt.Sprintf("| %d | spare", kindSpare),
		fieldVersion + ": ", fieldCreated + ": ", fieldDomains + ": ", fieldLanes + ": ",
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("FORMAT.md lacks %q", want)
		}
	}
}
