package identity

import (
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// A chain may bring a known certificate with other signatures, which here do
// not suffice any more: what is held proves the alert all the same.
func TestChainWithAWeakerFormOfWhatIsHeld(t *testing.T) {
	w := newTree(t)
	carl := by{w.grant(w.land.cert, personSubject(t, "rp/07131", "carl", scopeAt("07131", 2)), w.land.a, w.land.b),
		testKey(t, PurposePerson, "rp/07131carl")}
	subject := personSubject(t, "rp/07131/lst", "emil", scopeAt("07131", 1))
	form := w.draft(w.kreis.cert, subject, t0, t0+year, w.kreis.a, w.kreis.b)
	other := *form
	other.Signers = form.Signers[:1]
	again := carl.key.Sign(&other, carl.ref(), wire.RoleApprover)
	emil := by{ok[*Certificate](t)(ParseCertificate(form)), testKey(t, PurposePerson, "rp/07131/lstemil")}
	keep := entry(w.kreis.b, Compromised, t0+1)
	keep.Keep = []wire.ID{w.lst.cert.ID, w.lst.a.cert.ID, w.lst.b.cert.ID}
	w.add(w.revoke(w.land.cert, []by{w.land.self()}, keep))
	w.add(again)
	alert := w.alert(w.lst.cert, t0+day, w.lst.a, emil)
	alert.Chain = [][]byte{form.Encode()}
	if _, err := w.pool.AddChain(alert); err != nil {
		t.Errorf("chain: %v", err)
	}
	if v, err := w.pool.Verify(alert); err != nil || v.Level != 2 {
		t.Errorf("level %d, %v", v.Level, err)
	}
}
