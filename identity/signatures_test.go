package identity_test

import (
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// Whoever replays what others have signed, with junk beside it, makes this
// device verify the junk and nothing else.
func TestVariantsCostOneCheckEach(t *testing.T) {
	tree, err := trusttest.NewTree(3, 2)
	if err != nil {
		t.Fatal(err)
	}
	h := wire.Header{Type: wire.TypeAlert, Lane: wire.LaneLive, Priority: wire.PrioritySevere, Created: trusttest.Epoch + 60, Expires: trusttest.Epoch + 3600}
	e, err := tree.Sign(tree.Leitstelle, h, []byte{0x82, 0xa0, 0x80}, nil, tree.Leitstelle.Persons...)
	if err != nil {
		t.Fatal(err)
	}
	p := tree.Pinned()
	if _, err := p.AddChain(e); err != nil {
		t.Fatal(err)
	}
	before := p.SignatureChecks()
	const variants = 50
	for i := range variants {
		bad := e.Signers[1]
		bad.Sig[0] ^= byte(i + 1)
		if _, err := p.Verify(e.AddSigner(bad)); !isRefusal(err, wire.ReasonBadSigner) {
			t.Fatalf("variant %d: %v", i, err)
		}
	}
	if got := p.SignatureChecks() - before; got > variants+1 {
		t.Errorf("%d variants cost %d checks", variants, got)
	}
	if v, err := p.Verify(e); err != nil || v.Level != 2 {
		t.Errorf("the genuine one: level %d, %v", v.Level, err)
	}
}

func isRefusal(err error, reason wire.Reason) bool {
	r, ok := err.(*wire.Refusal)
	return ok && r.Reason == reason
}
