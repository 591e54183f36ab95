package identity

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// signatureVector is one of the wire format's vectors of signatures at the edge.
type signatureVector struct {
	name      string
	key       PublicKey
	message   []byte
	signature []byte
	valid     bool
}

func signatureVectors(t *testing.T) (all []signatureVector) {
	t.Helper()
	files, err := filepath.Glob("../gossip/wire/testdata/vectors/signature-*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d vectors, %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		head, body, _ := strings.Cut(string(text), "\n\n")
		raw, err := hex.DecodeString(strings.Join(strings.Fields(body), ""))
		if err != nil {
			t.Fatal(name, err)
		}
		e, err := wire.Decode(raw)
		if err != nil {
			t.Fatal(name, err)
		}
		key, _ := e.Signers[0].Ref.Key()
		all = append(all, signatureVector{filepath.Base(name), key, e.ToBeSigned(e.Signers[0]), e.Signers[0].Sig[:], strings.Contains(head, "verify: valid")})
	}
	return all
}

// Verified alone, or in a batch, by the one library or the other: a signature is
// valid for all or for none.
func TestBatchAgreesWithSingle(t *testing.T) {
	vectors := signatureVectors(t)
	points := []string{ // of small order, the last four not canonical
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	}
	for _, a := range points {
		for _, r := range points {
			vectors = append(vectors, signatureVector{"A " + a + " R " + r, PublicKey(unhex(t, a)), []byte("Zcash"), append(unhex(t, r), make([]byte, 32)...), true})
		}
	}
	honest := testKey(t, PurposePerson, "honest")
	for _, v := range vectors {
		if got := VerifySignature(v.key, v.message, v.signature); got != v.valid {
			t.Errorf("%s: alone %t", v.name, got)
		}
		if got := ed25519.VerifyWithOptions(v.key[:], v.message, v.signature, zip215); got != v.valid {
			t.Errorf("%s: alone, by the library of the batches, %t", v.name, got)
		}
		for _, others := range []int{0, 1, 100} { // each size has an algorithm of its own
			batch := ed25519.NewBatchVerifier()
			for i := range others {
				m := []byte{byte(i)}
				key := honest.Public()
				batch.AddWithOptions(key[:], m, ed25519.Sign(ed25519.PrivateKey(honest.secret()), m), zip215)
			}
			batch.AddWithOptions(v.key[:], v.message, v.signature, zip215)
			if got := batch.VerifyBatchOnly(rand.Reader); got != v.valid {
				t.Errorf("%s: in a batch with %d others %t", v.name, others, got)
			}
		}
	}
}
