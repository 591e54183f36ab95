package hostile

import (
	"crypto/ed25519"
	"slices"

	"github.com/fxamacker/cbor/v2"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Damaged is an envelope with one bit of its last signature changed.
func Damaged(e *wire.Envelope) []byte {
	c := *e
	c.Signers = slices.Clone(e.Signers)
	c.Signers[len(c.Signers)-1].Sig[7] ^= 1
	return c.EncodeFull()
}

// Resigned is the same envelope with the same names under it, signed by another key.
func Resigned(e *wire.Envelope, key ed25519.PrivateKey) []byte {
	c := *e
	c.Signers = slices.Clone(e.Signers)
	for i, s := range c.Signers {
		copy(c.Signers[i].Sig[:], ed25519.Sign(key, e.ToBeSigned(s)))
	}
	return c.EncodeFull()
}

// Truncated lacks its last bytes.
func Truncated(raw []byte) []byte { return raw[:len(raw)-9] }

// Oversized is one byte larger than any envelope may be.
func Oversized(raw []byte) []byte {
	return append(slices.Clone(raw), make([]byte, wire.MaxTransmission+1-len(raw))...)
}

// Stuffed carries n bytes of its own in the unprotected header, which nobody signed.
func Stuffed(raw []byte, n int) []byte {
	var e []cbor.RawMessage
	if err := cbor.Unmarshal(raw[2:], &e); err != nil {
		panic(err) // made by this program
	}
	u := map[int]cbor.RawMessage{}
	if err := cbor.Unmarshal(e[1], &u); err != nil {
		panic(err)
	}
	u[99], _ = cbor.Marshal(make([]byte, n))
	e[1] = encode(u)
	return append(slices.Clone(raw[:2]), encode(e)...)
}

// ExtraChain carries further trust objects that its signers do not rest on.
func ExtraChain(e *wire.Envelope, objects ...*wire.Envelope) []byte {
	c := *e
	c.Chain = slices.Clone(e.Chain)
	for _, o := range objects {
		c.Chain = append(c.Chain, o.Encode())
	}
	return c.EncodeFull()
}

func encode(v any) []byte {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err == nil {
		var b []byte
		if b, err = mode.Marshal(v); err == nil {
			return b
		}
	}
	panic(err)
}
