package wire

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Raw is one CBOR data item, kept as its bytes.
type Raw = cbor.RawMessage

var encMode = must(cbor.CoreDetEncOptions().EncMode())

// decMode refuses what deterministic CBOR cannot contain, as far as a decoder
// sees it; canonical length and order are checked by writing the value again.
var decMode = must(cbor.DecOptions{
	DupMapKey:         cbor.DupMapKeyEnforcedAPF,
	IndefLength:       cbor.IndefLengthForbidden,
	MaxNestedLevels:   16,
	MaxArrayElements:  131072, // numbers of a whole-country polygon
	MaxMapPairs:       256,
	UTF8:              cbor.UTF8RejectInvalid,
	TagsMd:            cbor.TagsForbidden,
	ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	NaN:               cbor.NaNDecodeForbidden,
	Inf:               cbor.InfDecodeForbidden,
}.DecMode())

// openMode is decMode for maps that may hold fields of later versions.
var openMode = must(func() cbor.DecOptions {
	o := decMode.DecOptions()
	o.ExtraReturnErrors = cbor.ExtraDecErrorNone
	return o
}().DecMode())

var errNotDeterministic = errors.New("not deterministic CBOR (RFC 8949, 4.2)")

// Marshal writes v as deterministic CBOR. It fails only on types that CBOR
// cannot express.
func Marshal(v any) ([]byte, error) { return encMode.Marshal(v) }

// Unmarshal reads exactly one deterministic CBOR item into v. Unknown map keys,
// duplicate keys, tags, indefinite lengths and any encoding that [Marshal]
// would not have written are errors; v is then not to be used.
func Unmarshal(b []byte, v any) error {
	if err := decMode.Unmarshal(b, v); err != nil {
		return err
	}
	return sameBytes(b, v)
}

// sameBytes reports whether v is written as b: then b was deterministic and
// held nothing that v did not take up.
func sameBytes(b []byte, v any) error {
	again, err := encMode.Marshal(v)
	if err != nil {
		return fmt.Errorf("write again: %w", err)
	}
	if !bytes.Equal(b, again) {
		return errNotDeterministic
	}
	return nil
}

// deterministic checks one item of unknown shape.
func deterministic(b []byte) error {
	var v any
	if err := decMode.Unmarshal(b, &v); err != nil {
		return err
	}
	return sameBytes(b, v)
}

func mustMarshal(v any) []byte { return must(encMode.Marshal(v)) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // a programming error: no remote input comes here
	}
	return v
}
