package brief

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

var update = flag.Bool("update", false, "write the vectors anew")

const vectors = "testdata/messages.txt"

// TestVectors holds the messages of testdata: an envelope with its chain, then what
// it is spelled as with a name of options, or a message that nobody may read.
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
	var e *wire.Envelope
	seen := 0
	for n, line := range strings.Split(string(text), "\n") {
		name, value, _ := strings.Cut(line, " ")
		if name == "" || name == "#" {
			continue
		}
		b, err := hex.DecodeString(value)
		if err != nil {
			t.Fatalf("line %d: %v", n+1, err)
		}
		seen++
		switch name {
		case "envelope":
			if e, err = wire.Decode(b); err != nil {
				t.Fatalf("line %d: %v", n+1, err)
			}
		case "refused", "unknown":
			got, err := Expand(b, proofBook{ChainOf(e), e})
			if err == nil || errors.Is(err, ErrUnknown) != (name == "unknown") {
				t.Errorf("line %d: read as %v, %v", n+1, got, err)
			}
		default:
			m, err := Write(e, ChainOf(e), vectorOptions[name])
			if err != nil || !bytes.Equal(m, b) {
				t.Errorf("line %d: written as %x, %v", n+1, m, err)
			}
			back, err := Expand(b, proofBook{ChainOf(e), e})
			if err != nil || !bytes.Equal(back.Encode(), e.Encode()) {
				t.Errorf("line %d: %v", n+1, err)
			}
		}
	}
	if seen < 15 {
		t.Errorf("%d vectors", seen)
	}
}

var vectorOptions = map[string]Options{"message": {}, "named": {NamePrevious: true}, "parts": {Parts: true}, "chain": {Chain: true}}

func writeVectors(t *testing.T) string {
	var b strings.Builder
	b.WriteString("# An envelope as transmitted, then its messages by option; or messages that are refused. See gossip/frame, FORMAT.md.\n")
	w := newWorld(t)
	foreign := coded(w)
	foreign.Sender = "leitstelle@example.org"
	for i, e := range []*wire.Envelope{
		w.sign(t, coded(w), false, 1), w.sign(t, coded(w), false, 2), w.sign(t, foreign, false, 1),
		w.sign(t, templated(t, w, "trinkwasser"), true, 2), w.Leitstelle.Persons[0].Cert,
	} {
		fmt.Fprintf(&b, "envelope %x\n", e.EncodeFull())
		for _, name := range []string{"message", "named", "parts", "chain"} {
			spelled, err := Write(e, w.shelf, vectorOptions[name])
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "%s %x\n", name, spelled)
			if i == 0 && name == "message" {
				b.WriteString(refusedOf(spelled))
			}
		}
	}
	return b.String()
}

// refusedOf are faults of a message of one signer whose sequence is 1.
func refusedOf(m []byte) string {
	var b strings.Builder
	refused := func(change func([]byte) []byte) { fmt.Fprintf(&b, "refused %x\n", change(bytes.Clone(m))) }
	unknown := func(change func([]byte) []byte) { fmt.Fprintf(&b, "unknown %x\n", change(bytes.Clone(m))) }
	refused(func(m []byte) []byte { return nil })
	refused(func(m []byte) []byte { return m[:60] })
	unknown(func(m []byte) []byte { return m[:len(m)-1] })             // another alert, which nobody signed
	unknown(func(m []byte) []byte { m[10] ^= 1; return m })            // another signature
	unknown(func(m []byte) []byte { m[1] ^= 1; return m })             // another signer
	unknown(func(m []byte) []byte { m[0] |= flagEmergency; return m }) // another role
	refused(func(m []byte) []byte { return append(m, 0) })
	refused(func(m []byte) []byte { m[0] |= flagReserved; return m })
	refused(func(m []byte) []byte { m[0] |= flagNamed; return m })
	refused(func(m []byte) []byte { m[0] = 0x30; return m })
	refused(func(m []byte) []byte { m[1+4+64] = 0; return m })                                     // sequence 0
	refused(func(m []byte) []byte { return append([]byte{flagMore, 0}, m[1:]...) })                // nothing more
	refused(func(m []byte) []byte { return bytes.Join([][]byte{m[:69], {0x81, 0}, m[70:]}, nil) }) // sequence with a needless byte
	return b.String()
}
