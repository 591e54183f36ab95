package compact

import (
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

var update = flag.Bool("update", false, "write testdata/district.hex anew")

type vector struct {
	name   string
	reason wire.Reason // empty: valid
	core   []byte
}

// readVectors reads testdata/vectors.txt: name, reason or ok, core in hex.
func readVectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Split(strings.TrimSpace(line), " | ")
		if len(f) < 3 {
			continue
		}
		core, err := hex.DecodeString(strings.ReplaceAll(f[2], " ", ""))
		if err != nil {
			t.Fatalf("%s: %v", f[0], err)
		}
		v := vector{name: f[0], core: core}
		if f[1] != "ok" {
			v.reason = wire.Reason(f[1])
		}
		list = append(list, v)
	}
	return list
}

func TestVectors(t *testing.T) {
	for _, v := range readVectors(t) {
		_, err := Decode(v.core, nil)
		var refusal *wire.Refusal
		switch {
		case v.reason == "" && err != nil:
			t.Errorf("%s: %v", v.name, err)
		case v.reason != "" && (!errors.As(err, &refusal) || refusal.Reason != v.reason):
			t.Errorf("%s: %v, want %s", v.name, err, v.reason)
		}
	}
}

// TestDistrictVector keeps the bytes of a whole alert: a change here is a change
// of the format or of the encoder's choices, and FORMAT.md must say so.
func TestDistrictVector(t *testing.T) {
	core, parts, err := Encode(district(t), Extras{})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, b := range append([][]byte{core}, parts...) {
		for ; len(b) > 60; b = b[60:] {
			fmt.Fprintf(&got, "%x\n", b[:60])
		}
		fmt.Fprintf(&got, "%x\n\n", b)
	}
	const file = "testdata/district.hex"
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, []byte(got.String())) {
		t.Error("the district's warning is encoded in other bytes than before (-update writes them)")
	}
}
