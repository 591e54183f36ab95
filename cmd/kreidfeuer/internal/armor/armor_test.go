package armor

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/testenv"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// FuzzReadObjects reads files as they come by mail: what is read is written and
// read again as the same objects.
func FuzzReadObjects(f *testing.F) {
	key, err := identity.GenerateKey(identity.PurposeRoot, bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		f.Fatal(err)
	}
	root, err := identity.NewGenesis(identity.RootKeys{Name: "Land", Keys: []identity.PublicKey{key.Public()}, Threshold: 1}, 1, 2)
	if err != nil {
		f.Fatal(err)
	}
	if root, err = identity.SignRoot(root, key); err != nil {
		f.Fatal(err)
	}
	text := testenv.Must(Encode(root, root))
	f.Add(text)
	f.Add(root.Encode())
	f.Add(text[:len(text)-20])
	f.Add([]byte("-----BEGIN KREIDFEUER ROOT-----\n-----END KREIDFEUER ROOT-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		es, err := Decode(data)
		if err != nil {
			return
		}
		again, err := Decode(testenv.Must(Encode(es...)))
		if err != nil {
			t.Fatal(err)
		}
		ids := func(es []*wire.Envelope) (ids []string) {
			for _, e := range es {
				ids = append(ids, string(e.EncodeFull()))
			}
			return ids
		}
		if diff := cmp.Diff(ids(es), ids(again)); diff != "" {
			t.Error(diff)
		}
	})
}
