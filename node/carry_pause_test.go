package node_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// TestStrewnTrust: a stranger strews trust objects among alerts whose issuer is
// unknown. Each alert must not be tried again at every one of them, whether these
// are worth something or not.
func TestStrewnTrust(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	const alerts = 300
	var b bytes.Buffer
	w, err := bundle.NewWriter(&b, bundle.Header{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range alerts {
		one := nodetest.Sign(t, tree, tree.Leitstelle, nodetest.Warning(fmt.Sprint(i), cap.Severe, 0), tree.Leitstelle.Persons...)
		one.Chain = nil
		for _, raw := range [][]byte{one.EncodeFull(), tree.Made[i%len(tree.Made)].Encode()} {
			if err := w.Write(raw); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, accepted := range map[string]error{"genuine": nil, "foreign": wire.Refuse(wire.ReasonUnknownDomain, "")} {
		tries := make(chan struct{}, alerts*alerts)
		out, err := node.ImportBy(t.Context(), bytes.NewReader(b.Bytes()), func(raw []byte) error {
			if e, err := wire.Decode(raw); err == nil && e.Header.Lane == wire.LaneTrust {
				return accepted
			}
			tries <- struct{}{}
			return wire.Refuse(wire.ReasonUnknownIssuer, "")
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(tries); n > alerts*20 {
			t.Errorf("%s: %d alerts were tried %d times", name, alerts, n)
		}
		if out.Refused < alerts {
			t.Errorf("%s: %+v", name, out)
		}
	}
}
