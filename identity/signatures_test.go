package identity_test

import (
	"crypto/rand"
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

// A batch costs no check again, and decides nothing: one wrong signature leaves
// all to be verified alone, and envelopes that are refused without one are not looked at.
func TestPrefetch(t *testing.T) {
	tree, err := trusttest.NewTree(3, 2)
	if err != nil {
		t.Fatal(err)
	}
	var list []*wire.Envelope
	for i := range 20 {
		h := wire.Header{Type: wire.TypeAlert, Lane: wire.LaneLive, Priority: wire.PrioritySevere, Created: trusttest.Epoch + 60 + uint64(i), Expires: trusttest.Epoch + 3600}
		e, err := tree.Sign(tree.Leitstelle, h, []byte{0x82, 0xa0, 0x80}, nil, tree.Leitstelle.Persons...)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	bad := list[7].Signers[1]
	bad.Sig[5] ^= 1
	wrong := list[7].AddSigner(bad)
	for _, test := range []struct {
		name   string
		chain  bool
		list   []*wire.Envelope
		checks uint64 // by the batch
		then   uint64 // when each is verified
	}{
		{"genuine", true, list, 40, 0},
		{"one wrong", true, append([]*wire.Envelope{wrong}, list[:5]...), 12, 12},
		{"of an unknown issuer", false, list[:5], 0, 0},
		{"none", true, nil, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := tree.Pinned()
			if test.chain {
				if _, err := p.AddChain(list[0]); err != nil {
					t.Fatal(err)
				}
			}
			before := p.SignatureChecks()
			p.Prefetch(test.list, rand.Reader)
			p.Prefetch(test.list[:0], rand.Reader)
			batch := p.SignatureChecks() - before
			for _, e := range test.list {
				_, err := p.Verify(e)
				switch want := wire.ReasonBadSigner; {
				case !test.chain && !isRefusal(err, wire.ReasonUnknownIssuer), test.chain && e == wrong && !isRefusal(err, want), test.chain && e != wrong && err != nil:
					t.Errorf("%s: %v", e.ID().Short(), err)
				}
			}
			if then := p.SignatureChecks() - before - batch; batch != test.checks || then != test.then {
				t.Errorf("%d checks in the batch and %d after it, want %d and %d", batch, then, test.checks, test.then)
			}
		})
	}
}
