package linklocal

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

func TestSpell(t *testing.T) {
	for _, c := range []struct {
		addr  string
		index uint32
		want  string // empty: refused
	}{
		{"fe80::1", 2, "fd9c:6e1b:0:2::1"},
		{"fe80::1%eth0", 2, "fd9c:6e1b:0:2::1"},
		{"fe80::a00:27ff:fe4e:66a1", 0x10003, "fd9c:6e1b:1:3:a00:27ff:fe4e:66a1"},
		{"fe80::1", 0, ""},
		{"fe80:0:0:1::1", 2, ""}, // outside of what is in use
		{"fd00::1", 2, ""},
		{"169.254.1.1", 2, ""},
	} {
		got, ok := Spell(netip.MustParseAddr(c.addr), c.index)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("Spell(%s, %d) = %s, %v; want %q", c.addr, c.index, got, ok, c.want)
		}
	}
	for _, other := range []string{"fe80::1", "fd9c:6e1c::1", "fd9c:6e1b::1", "10.0.0.1"} {
		if at, _, ok := Read(netip.MustParseAddr(other)); ok {
			t.Errorf("Read(%s) = %s, want a refusal", other, at)
		}
	}
}

func TestReadUndoesSpell(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var raw [16]byte
		copy(raw[:], []byte{0xfe, 0x80})
		copy(raw[8:], rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "identifier"))
		index := rapid.Uint32Min(1).Draw(t, "index")
		want := netip.AddrFrom16(raw)
		spelled, ok := Spell(want, index)
		if !ok || !spelled.IsPrivate() || spelled.IsLinkLocalUnicast() {
			t.Fatalf("%s spelled %s, %v", want, spelled, ok)
		}
		if at, i, ok := Read(spelled); !ok || at != want || i != index {
			t.Fatalf("%s on %d is read as %s on %d, %v", want, index, at, i, ok)
		}
	})
}
