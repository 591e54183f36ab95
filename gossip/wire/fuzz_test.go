package wire

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

func seed(f *testing.F, kind string) {
	for _, v := range readVectors(f) {
		if v.kind == kind {
			f.Add(v.body)
		}
	}
}

// FuzzDecode: what is accepted encodes to the same bytes, what is refused
// yields nothing, and the reference reader agrees.
func FuzzDecode(f *testing.F) {
	seed(f, "")
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := Decode(b)
		want, refErr := referenceDecode(b)
		if (err == nil) != (refErr == nil) {
			t.Fatalf("Decode says %v, the reference %v", err, refErr)
		}
		if err != nil {
			if e != nil || (*Refusal)(nil) == err || !errors.As(err, new(*Refusal)) {
				t.Fatalf("refused with envelope %v and error %#v", e, err)
			}
			return
		}
		if !reflect.DeepEqual(e.Header, want) {
			t.Fatalf("header %+v, the reference %+v", e.Header, want)
		}
		if !bytes.Equal(e.EncodeFull(), b) {
			t.Fatal("does not encode to the same bytes")
		}
		stored, err := Decode(e.Encode())
		if err != nil || stored.ID() != e.ID() {
			t.Fatalf("the stored form: %v", err)
		}
		again, err := New(e.Header, e.Payload)
		if err != nil || again.ID() != e.ID() {
			t.Fatalf("made anew from its header: %v", err)
		}
	})
}

// FuzzPayload: what is accepted encodes to the same bytes.
func FuzzPayload(f *testing.F) {
	seed(f, "payload")
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePayload(b)
		if err != nil {
			return
		}
		if !bytes.Equal(mustMarshal(p), b) {
			t.Fatal("does not encode to the same bytes")
		}
		if err := referenceItem(p.Core); err != nil {
			t.Fatalf("the reference refuses the core: %v", err)
		}
	})
}

// FuzzPart: whatever arrives, what opens is what was signed for.
func FuzzPart(f *testing.F) {
	for _, v := range readVectors(f) {
		if v.kind == "part" {
			f.Add(v.body, []byte("zzzzzzzzzz"))
		}
	}
	f.Fuzz(func(t *testing.T, packed, content []byte) {
		ref := NewPartRef(content)
		if got, err := ref.Open(packed); err == nil && !bytes.Equal(got, content) {
			t.Fatal("opened to other content")
		}
		got, err := ref.Open(PackPart(content))
		if len(content) <= MaxPartSize && (err != nil || !bytes.Equal(got, content)) {
			t.Fatalf("packed part does not open: %v", err)
		}
		for _, size := range []uint64{0, 10, MaxPartSize, 1 << 40} {
			ref.Size = size
			if got, err := ref.Open(packed); err == nil && uint64(len(got)) != size {
				t.Fatalf("opened to %d bytes, signed for %d", len(got), size)
			}
		}
	})
}
