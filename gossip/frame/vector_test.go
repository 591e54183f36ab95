package frame

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the vectors anew")

const vectors = "testdata/frames.txt"

// TestVectors holds the frames of testdata: a line "message MTU SPARE HEX", then its
// frames by index, and frames that are refused by reason.
func TestVectors(t *testing.T) {
	if *update {
		if err := os.WriteFile(vectors, []byte(writeVectors(t)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(vectors)
	if err != nil {
		t.Fatal(err)
	}
	var p *Pieces
	seen := 0
	for n, line := range strings.Split(string(text), "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		b, err := hex.DecodeString(f[len(f)-1])
		if err != nil {
			t.Fatalf("line %d: %v", n+1, err)
		}
		seen++
		switch f[0] {
		case "message":
			var mtu, spare int
			if _, err := fmt.Sscan(f[1]+" "+f[2], &mtu, &spare); err != nil {
				t.Fatal(err)
			}
			if p, err = Split(b, mtu, spare); err != nil {
				t.Fatalf("line %d: %v", n+1, err)
			}
		case "frame":
			var i int
			if _, err := fmt.Sscan(f[1], &i); err != nil {
				t.Fatal(err)
			}
			if got := p.Frame(i); string(got) != string(b) {
				t.Errorf("line %d: frame %d is %x", n+1, i, got)
			}
		default:
			want := map[string]error{"damaged": ErrDamaged, "unsupported": ErrUnsupported}[f[0]]
			if _, err := NewAssembler(Limits{}).Add("", b, 1); want == nil || !errors.Is(err, want) {
				t.Errorf("line %d: %v, want %s", n+1, err, f[0])
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d vectors", seen)
	}
}

func writeVectors(t *testing.T) string {
	var b strings.Builder
	b.WriteString("# message MTU SPARE BYTES, then its frames by index; then frames that are refused. See FORMAT.md.\n")
	for _, c := range []struct{ bytes, mtu, spare int }{{5, 26, 0}, {26, 26, 3}, {27, 26, 2}, {100, 40, 4}, {200, RadioMTU, 0}, {300, RadioMTU, 254}} {
		m := message(uint64(c.bytes), c.bytes)
		p, err := Split(m, c.mtu, c.spare)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "message %d %d %x\n", c.mtu, c.spare, m)
		for i := range p.Count() {
			if i < 6 || i == MaxFrames-1 {
				fmt.Fprintf(&b, "frame %d %x\n", i, p.Frame(i))
			}
		}
	}
	p, err := Split(message(1, 100), 40, 1)
	if err != nil {
		t.Fatal(err)
	}
	damage := func(reason string, change func([]byte) []byte, repair bool) {
		f := change(p.Frame(1))
		if repair {
			check := checkOf(f)
			copy(f[headSize-checkSize:], check[:])
		}
		fmt.Fprintf(&b, "%s %x\n", reason, f)
	}
	damage("damaged", func(f []byte) []byte { return f[:headSize] }, false)
	damage("damaged", func(f []byte) []byte { f[len(f)-1] ^= 1; return f }, false)
	damage("damaged", func(f []byte) []byte { f[headSize-1] ^= 1; return f }, false)
	damage("damaged", func(f []byte) []byte { f[5], f[6] = 0, 0; return f }, true)                     // no message
	damage("damaged", func(f []byte) []byte { f[5], f[6] = 0, byte(len(f)-headSize); return f }, true) // one needed
	damage("damaged", func(f []byte) []byte { f[5], f[6] = 0xff, 0xff; return f }, true)               // too many needed
	damage("unsupported", func(f []byte) []byte { f[0]++; return f }, true)
	damage("unsupported", func(f []byte) []byte { return []byte{0xff} }, false)
	return b.String()
}
