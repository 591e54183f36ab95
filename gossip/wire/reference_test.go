package wire

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

// The reference reader decodes by reflection with a general CBOR library and
// demands that writing the value again gives the same bytes. It is slow and
// shares only the rules of Header.check with Decode, so that fuzzing can hold
// one against the other.

type refEnvelope struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected struct {
		Chain [][]byte `cbor:"-65538,keyasint,omitempty"`
		Parts [][]byte `cbor:"-65539,keyasint,omitempty"`
	}
	Payload    []byte
	Signatures []refSignature
}

type refSignature struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected struct{}
	Signature   []byte
}

type refSigner struct {
	Alg  int64  `cbor:"1,keyasint"`
	Kid  []byte `cbor:"4,keyasint"`
	Role uint64 `cbor:"-65537,keyasint"`
}

var refMode = must(func() cbor.DecOptions {
	o := decMode.DecOptions()
	o.ExtraReturnErrors = cbor.ExtraDecErrorNone
	return o
}().DecMode())

func referenceRead(b []byte, v any) error {
	if err := decMode.Unmarshal(b, v); err != nil {
		return err
	}
	return sameBytes(b, v)
}

// referenceDecode returns the envelope's header, or why there is none.
func referenceDecode(b []byte) (h Header, err error) {
	if len(b) > MaxTransmission || len(b) < 3 || b[0] != 0xd8 || b[1] != tagCOSESign {
		return h, errors.New("size or tag")
	}
	var raw refEnvelope
	if err := referenceRead(b[2:], &raw); err != nil {
		return h, err
	}
	if h, err = referenceHeader(raw.Protected); err != nil {
		return h, err
	}
	if len(raw.Protected)+len(raw.Payload) > typeTable[h.Type].max {
		return h, errors.New("too large")
	}
	u := raw.Unprotected
	small := func(object []byte) bool { return len(object) == 0 || len(object) > MaxChainObject }
	if len(u.Chain) > MaxChain || len(u.Parts) > MaxParts || slices.ContainsFunc(u.Chain, small) ||
		len(u.Parts) > 0 && h.Type != TypeAlert {
		return h, errors.New("unprotected")
	}
	return h, referenceSigners(raw.Signatures)
}

func referenceSigners(signatures []refSignature) error {
	var keys []string
	for i, sig := range signatures {
		var s refSigner
		if err := referenceRead(sig.Protected, &s); err != nil {
			return err
		}
		author := s.Role == 1 || s.Role == 3
		if s.Alg != -19 || len(s.Kid) != IDSize || s.Kid[0] != 1 && s.Kid[0] != 2 || len(sig.Signature) != 64 ||
			s.Role < 1 || s.Role > 3 || author != (i == 0) {
			return fmt.Errorf("signer %d", i)
		}
		keys = append(keys, string(s.Kid))
	}
	if len(keys) == 0 || len(keys) > MaxSigners || !slices.IsSorted(keys[1:]) || len(slices.Compact(slices.Clone(keys[1:]))) != len(keys)-1 ||
		slices.Contains(keys[1:], keys[0]) {
		return errors.New("signers missing, too many, out of order or twice")
	}
	return nil
}

func referenceHeader(protected []byte) (h Header, err error) {
	var b body
	if err := referenceRead(protected, &b); err != nil {
		return h, err
	}
	if err := refMode.Unmarshal(b.Header, &h); err != nil {
		return h, err
	}
	if h.Version != Version {
		return h, errors.New("version")
	}
	fields := map[uint64]Raw{}
	if err := referenceRead(b.Header, &fields); err != nil {
		return h, err
	}
	known := map[uint64]Raw{}
	if err := refMode.Unmarshal(mustMarshal(&h), &known); err != nil {
		return h, err
	}
	for label, value := range fields {
		if label < 16 && string(known[label]) != string(value) {
			return h, fmt.Errorf("field %d", label)
		} else if label >= 16 {
			if err := referenceItem(value); err != nil {
				return h, err
			}
			h.Extensions = append(h.Extensions, Extension{label, value})
		}
	}
	for label := range known {
		if fields[label] == nil {
			return h, fmt.Errorf("field %d is missing", label)
		}
	}
	if len(h.Extensions) > MaxExtensions || len(h.Critical) > MaxExtensions {
		return h, errors.New("extensions")
	}
	slices.SortFunc(h.Extensions, func(a, b Extension) int { return cmp.Compare(a.Label, b.Label) })
	return h, h.check()
}

func referenceItem(b []byte) error {
	var v any
	if err := refMode.Unmarshal(b, &v); err != nil {
		return err
	}
	if err := sameBytes(b, v); err != nil {
		return err
	}
	return referenceValue(v)
}

func referenceValue(v any) error {
	switch v := v.(type) {
	case nil, bool, uint64, int64, []byte, string:
		return nil
	case []any:
		for _, x := range v {
			if err := referenceValue(x); err != nil {
				return err
			}
		}
		return nil
	case map[any]any:
		for k, x := range v {
			switch k.(type) {
			case uint64, int64, string, cbor.ByteString:
			default:
				return fmt.Errorf("key %T", k)
			}
			if err := referenceValue(x); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("value %T", v)
}
