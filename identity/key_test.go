package identity

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	return ok[[]byte](t)(hex.DecodeString(s))
}

// TestZIP215 holds the verification rule at its edges: vectors after ZIP 215's
// own test set, where R is a point of small order and S is zero.
func TestZIP215(t *testing.T) {
	// Encodings of all points of small order, the last six not canonical.
	points := []string{
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	}
	for _, a := range points {
		key := PublicKey(unhex(t, a))
		for _, r := range points {
			sig := append(unhex(t, r), make([]byte, 32)...)
			if !VerifySignature(key, []byte("Zcash"), sig) {
				t.Errorf("ZIP 215 accepts A %s, R %s", a, r)
			}
		}
		if key.check() == nil {
			t.Errorf("anybody signs for %s: it must not be certified", a)
		}
	}
	k := testKey(t, PurposePerson, "zip215")
	if err := k.Public().check(); err != nil {
		t.Error(err)
	}
	forged := append(unhex(t, points[0]), make([]byte, 32)...)
	if VerifySignature(k.Public(), []byte("Zcash"), forged) {
		t.Error("the universal signature of small-order keys verifies for an honest key")
	}

	// S must be below the group's order: S+L is refused, or signatures had two forms.
	e := testMessage(t)
	s := k.Sign(e, k.Public().Ref(), wire.RoleAuthor).Signers[0]
	if !VerifySignature(k.Public(), e.ToBeSigned(s), s.Sig[:]) {
		t.Fatal("an honest signature does not verify")
	}
	order := unhex(t, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	carry := 0
	for i := range 32 {
		sum := int(s.Sig[32+i]) + int(order[i]) + carry
		s.Sig[32+i], carry = byte(sum), sum>>8
	}
	if VerifySignature(k.Public(), e.ToBeSigned(s), s.Sig[:]) {
		t.Error("a second form of the signature verifies")
	}
	if VerifySignature(k.Public(), nil, nil) {
		t.Error("no signature verifies")
	}
}

func testMessage(t testing.TB) *wire.Envelope {
	domain, issuer := wire.ID{1}, wire.ID{1, 1}
	return ok[*wire.Envelope](t)(wire.New(wire.Header{Type: wire.TypeAlert, Domain: &domain, Authority: "a", Issuer: &issuer,
		Sequence: 1, Lane: wire.LaneLive, Created: 1, Expires: 2}, []byte{0x80}))
}

func TestPrivateKeysNeverPrint(t *testing.T) {
	k := testKey(t, PurposePerson, "secret officer")
	secrets := []string{hex.EncodeToString(k.secret().Seed()), fmt.Sprint(k.secret().Seed()), fmt.Sprintf("%d", []byte(k.secret())), "secret officer"}
	wrapped := struct{ Inner PrivateKey }{k}
	hidden := struct{ inner PrivateKey }{k}
	var out []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d", "%p"} {
		for _, v := range []any{k, &k, wrapped, hidden, []PrivateKey{k}} {
			out = append(out, fmt.Sprintf(verb, v))
		}
	}
	if b, err := json.Marshal(wrapped); err == nil {
		out = append(out, string(b))
	}
	for _, o := range out {
		for _, s := range secrets {
			if strings.Contains(strings.ToLower(o), strings.ToLower(s)) || strings.Contains(o, strings.Trim(s, "[]")) {
				t.Errorf("printed: %s", o)
			}
		}
	}
}

func TestPublicKeyText(t *testing.T) {
	k := testKey(t, PurposeUnit, "text").Public()
	text := k.String()
	for _, s := range []string{text, strings.ToUpper(text), "  " + text + "\n"} {
		if got, err := ParsePublicKey(s); err != nil || got != k {
			t.Errorf("%q: %v", s, err)
		}
	}
	for i := len(publicKeyPrefix); i < len(text); i++ {
		other := byte('a')
		if text[i] == other {
			other = 'b'
		}
		if _, err := ParsePublicKey(text[:i] + string(other) + text[i+1:]); err == nil {
			t.Errorf("a wrong character at %d goes unnoticed", i)
		}
	}
	for _, s := range []string{"", "kfpub1", text[:len(text)-1], text + "a", "kfpub2" + text[6:]} {
		if _, err := ParsePublicKey(s); err == nil {
			t.Errorf("%q was read", s)
		}
	}
}

func TestKeyFile(t *testing.T) {
	k := testKey(t, PurposePerson, "anna")
	const name = "Anna Beispiel, Leitstelle Ahrweiler"
	file := ok[[]byte](t)(EncryptKeyFile(k, name, t0, "korrekt pferd", 4))
	want := KeyHeader{PurposePerson, k.Public(), name, t0}
	if h, err := ReadKeyHeader(file); err != nil || h != want {
		t.Errorf("header %+v, %v", h, err)
	}
	got, h, err := DecryptKeyFile(file, "korrekt pferd")
	if err != nil || h != want || got.Public() != k.Public() || got.Purpose() != PurposePerson {
		t.Fatalf("opened %v, %+v, %v", got, h, err)
	}
	if !bytes.Equal(got.secret(), k.secret()) {
		t.Error("another key came back")
	}
	if _, _, err := DecryptKeyFile(bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")), "korrekt pferd"); err != nil {
		t.Errorf("with Windows line ends: %v", err)
	}
	for _, wrong := range []string{"", "korrekt pferd ", "x"} {
		_, _, err := DecryptKeyFile(file, wrong)
		if !errors.Is(err, ErrWrongPassphrase) || err.Error() != "wrong passphrase" {
			t.Errorf("passphrase %q: %v", wrong, err)
		}
	}
	for what, change := range map[string][2]string{
		"purpose": {"purpose: person", "purpose: unit"}, "name": {"Beispiel", "Beispie1"},
		"time": {"created: 2027", "created: 2028"}, "ciphertext": {"-----END", "AAAA\n-----END"},
		"magic": {"private key 1", "private key 2"}, "lines": {"purpose", "more: x\npurpose"},
	} {
		damaged := bytes.Replace(file, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(damaged, file) {
			t.Fatalf("%s: nothing changed", what)
		}
		if _, _, err := DecryptKeyFile(damaged, "korrekt pferd"); err == nil || errors.Is(err, ErrWrongPassphrase) {
			t.Errorf("%s changed: %v", what, err)
		}
	}
	if bytes.Contains(file, k.secret().Seed()) {
		t.Error("the key is readable")
	}
	if _, err := EncryptKeyFile(k, "two\nlines", t0, "x", 4); err == nil {
		t.Error("a name may not make header lines")
	}
	if _, err := EncryptKeyFile(k, name, t0, "", 4); err == nil {
		t.Error("an empty passphrase")
	}
	if _, err := GenerateKey("other", bytes.NewReader(make([]byte, 32))); err == nil {
		t.Error("an unknown purpose")
	}
	if _, err := GenerateKey(PurposeRoot, bytes.NewReader(make([]byte, 31))); err == nil {
		t.Error("too little randomness")
	}
}
