package wire

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Raw is one CBOR data item, kept as its bytes.
type Raw = cbor.RawMessage

// encMode writes deterministic CBOR; a nil slice is an empty one, so that a
// list has one encoding only.
var encMode = must(func() cbor.EncOptions {
	o := cbor.CoreDetEncOptions()
	o.NilContainers = cbor.NilContainerAsEmpty
	return o
}().EncMode())

// decMode refuses what deterministic CBOR cannot contain, as far as a decoder
// sees it; the rest is the cursor's and that of writing the value again. It looks for the end of the item before it makes room for it, so that a head
// which claims more than follows costs nothing.
var decMode = must(cbor.DecOptions{
	DupMapKey:         cbor.DupMapKeyEnforcedAPF,
	IndefLength:       cbor.IndefLengthForbidden,
	MaxNestedLevels:   MaxNesting,
	MaxArrayElements:  MaxElements,
	MaxMapPairs:       MaxPairs,
	UTF8:              cbor.UTF8RejectInvalid,
	TagsMd:            cbor.TagsForbidden,
	ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
	NaN:               cbor.NaNDecodeForbidden,
	Inf:               cbor.InfDecodeForbidden,
}.DecMode())

var errNotDeterministic = errors.New("not deterministic CBOR (RFC 8949, 4.2)")

// Marshal writes v as deterministic CBOR. It fails only on types that CBOR
// cannot express.
func Marshal(v any) ([]byte, error) { return encMode.Marshal(v) }

// Unmarshal reads exactly one deterministic CBOR item into v. Unknown map keys,
// duplicate keys, tags, indefinite lengths and any encoding that [Marshal]
// would not have written are errors; v is then not to be used. A [Raw] inside v
// is one deterministic item too.
//
// It may take as much memory as len(b) zero elements of v's largest list: read
// long payloads after their signatures.
func Unmarshal(b []byte, v any) error {
	c := cursor{rest: b}
	c.item(0)
	if c.end(); c.err != nil {
		return c.err
	}
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

func mustMarshal(v any) []byte { return must(encMode.Marshal(v)) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // a programming error: no remote input comes here
	}
	return v
}
