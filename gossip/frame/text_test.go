package frame

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestTextOfRFC9285(t *testing.T) {
	for plain, text := range map[string]string{
		"AB": "BB8", "Hello!!": "%69 VD92EX0", "base-45": "UJCLQE7W581", "ietf!": "QED8WEX0",
	} {
		if got := Text([]byte(plain)); got != TextPrefix+text {
			t.Errorf("%q: %q", plain, got)
		}
		if got, err := ParseText(TextPrefix + text); err != nil || string(got) != plain {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "KF1:", "KF2:BB8", "BB8", "KF1:B", "KF1:BB8B", "KF1:GGW", "KF1:ZZ", "KF1:bb8", "KF1::::"} {
		if b, err := ParseText(bad); !errors.Is(err, ErrText) {
			t.Errorf("%q: %x, %v", bad, b, err)
		}
	}
}

func TestTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 1, 800).Draw(t, "frame")
		got, err := ParseText(Text(b))
		if err != nil || !bytes.Equal(got, b) {
			t.Fatalf("%x, %v", got, err)
		}
	})
}

// FuzzAdd: whatever comes, an assembler stays within its bounds, and a text has one
// spelling.
func FuzzAdd(f *testing.F) {
	p, err := Split(message(6, 600), RadioMTU, 2)
	if err != nil {
		f.Fatal(err)
	}
	for i := range p.Count() {
		f.Add(p.Frame(i), Text(p.Frame(i)))
	}
	f.Fuzz(func(t *testing.T, b []byte, text string) {
		a := NewAssembler(Limits{Bytes: 4096, SenderBytes: 2048, Partials: 4})
		for i := range 8 {
			_, _ = a.Add("s", b, uint64(i))
			if a.total > 4096 || len(a.partials) > 4 {
				t.Fatalf("%d bytes in %d messages", a.total, len(a.partials))
			}
			b = append(bytes.Clone(b), byte(i))
		}
		if got, err := ParseText(text); err == nil && Text(got) != text {
			t.Fatalf("%q is read as %x", text, got)
		}
	})
}
