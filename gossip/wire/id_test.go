package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestIDText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := hashID("test", rapid.SliceOf(rapid.Byte()).Draw(t, "content"))
		text := id.String()
		if len(text) != 52 || text != strings.ToLower(text) {
			t.Fatalf("text %q, want 52 lower-case characters", text)
		}
		for _, s := range []string{text, strings.ToUpper(text), " " + text + "\n"} {
			if got, err := ParseID(s); err != nil || got != id {
				t.Fatalf("ParseID(%q) = %v, %v", s, got, err)
			}
		}
		var back ID
		if b := must(json.Marshal(id)); json.Unmarshal(b, &back) != nil || back != id {
			t.Fatalf("JSON %s reads as %v", b, back)
		}
		if err := Unmarshal(mustMarshal(id), &back); err != nil || back != id {
			t.Fatalf("CBOR reads as %v, %v", back, err)
		}
		if p := id.Prefix(); !strings.HasPrefix(text, id.Short()) || !bytes.Equal(p[:], id[1:9]) {
			t.Fatalf("short %q and prefix %x of %q", id.Short(), p, text)
		}
	})
}

func TestParseIDRefuses(t *testing.T) {
	good := hashID("test").String()
	for name, s := range map[string]string{
		"empty": "", "short": good[:51], "long": good + "a", "character outside the alphabet": good[:51] + "1",
		"unused bits": good[:51] + "b", "line break inside": good[:20] + "\n" + good[20:], "long junk": strings.Repeat("ü", 1000),
	} {
		_, err := ParseID(s)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if len(err.Error()) > 400 {
			t.Errorf("%s: error of %d bytes", name, len(err.Error()))
		}
		var id ID
		if s != "" && id.UnmarshalText([]byte(s)) == nil {
			t.Errorf("%s: accepted as text", name)
		}
	}
}

func TestZeroID(t *testing.T) {
	var id ID
	if !id.IsZero() || hashID("test").IsZero() {
		t.Error("the zero ID alone is zero")
	}
	if text, err := id.MarshalText(); err != nil || len(text) != 0 {
		t.Errorf("zero ID as text: %q, %v", text, err)
	}
	id = hashID("test")
	if err := id.UnmarshalText(nil); err != nil || !id.IsZero() {
		t.Errorf("empty text: %v, %v", id, err)
	}
}

func TestUnmarshalIDRefuses(t *testing.T) {
	id := hashID("test")
	for name, tt := range map[string]struct {
		item []byte
		want Reason
	}{
		"unknown algorithm": {bstr(sha(3, nil)), ReasonUnsupported},
		"too short":         {bstr(id[:32]), ReasonMalformed},
		"text":              {tstr("x"), ReasonMalformed},
		"null":              {[]byte{0xf6}, ReasonMalformed},
	} {
		got := id
		err := got.UnmarshalCBOR(tt.item)
		if !errors.Is(err, &Refusal{Reason: tt.want}) || got != id {
			t.Errorf("%s: %v, want %s and an untouched ID", name, err, tt.want)
		}
	}
	var list []ID
	if err := Unmarshal(arr(bstr(sha(3, nil))), &list); !errors.Is(err, &Refusal{Reason: ReasonUnsupported}) {
		t.Errorf("inside a payload: %v, want the refusal to stay visible", err)
	}
}

func TestRef(t *testing.T) {
	id := hashID("certificate")
	key := [32]byte{1, 2, 3}
	byCert, byKey := CertificateRef(id), KeyRef(key)
	if got, ok := byCert.Certificate(); !ok || got != id {
		t.Errorf("certificate of a certificate's ref: %v, %v", got, ok)
	}
	if got, ok := byKey.Key(); !ok || got != key {
		t.Errorf("key of a key's ref: %x, %v", got, ok)
	}
	if _, ok := byCert.Key(); ok {
		t.Error("a certificate's ref has a key")
	}
	if _, ok := byKey.Certificate(); ok {
		t.Error("a key's ref has a certificate")
	}
	if byCert.Compare(byKey) >= 0 || byKey.Compare(byKey) != 0 {
		t.Error("refs are not ordered bytewise")
	}
	a, b := hashID("a"), hashID("b")
	if a.Compare(b) != bytes.Compare(a[:], b[:]) {
		t.Error("IDs are not ordered bytewise")
	}
}

// TestMessageID: it must tell apart two copies of one envelope that differ in
// their signatures only.
func TestMessageID(t *testing.T) {
	e := testEnvelope(t, alertHeader(), mustMarshal([]int{}))
	genuine := e.Encode()
	s := e.Author()
	s.Sig[0] ^= 1
	damaged := e.AddSigner(s).Encode()
	if MessageID(genuine) == MessageID(damaged) {
		t.Error("a copy with a damaged signature has the message ID of the genuine one")
	}
	sum := sha256.Sum256(genuine)
	if MessageID(genuine) != string(sum[:20]) {
		t.Error("the message ID is not the first 20 bytes of SHA-256")
	}
}

func TestPartRefNamesContentNotEncoding(t *testing.T) {
	content := bytes.Repeat([]byte("hochwasser "), 100)
	ref := NewPartRef(content)
	plain, packed := append([]byte{partPlain}, content...), PackPart(content)
	if packed[0] != partZstd || len(packed) >= len(plain) {
		t.Errorf("packed to encoding %d, %d bytes", packed[0], len(packed))
	}
	for _, b := range [][]byte{plain, packed} {
		if got, err := ref.Open(b); err != nil || !bytes.Equal(got, content) {
			t.Errorf("encoding %d: %v", b[0], err)
		}
	}
	for _, n := range []int{0, 1, 11, 255, 256, 1024, 65791, 65792, MaxPartSize} {
		content := bytes.Repeat([]byte{'z'}, n)
		if got, err := NewPartRef(content).Open(PackPart(content)); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if noise := sha(0, nil); PackPart(noise)[0] != partPlain {
		t.Error("what does not shrink is compressed")
	}
	if NewPartRef(nil).Digest == ref.Digest {
		t.Error("empty content has the same digest")
	}
}
