package hostile_test

import (
	"crypto/ed25519"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/internal/hostile"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// forgeries are what a hostile peer sends that no device may accept. The reason
// is empty where only the topic it came by is wrong.
var forgeries = []struct {
	name   string
	lane   wire.Lane // topic it is sent on; 0: live
	reason wire.Reason
	make   func(t *testing.T, w *world) []byte
}{
	{"malformed", 0, wire.ReasonMalformed, func(t *testing.T, w *world) []byte { return []byte("ACHTUNG: HOCHWASSER") }},
	{"truncated", 0, wire.ReasonMalformed, func(t *testing.T, w *world) []byte { return hostile.Truncated(forged(t, w).EncodeFull()) }},
	{"oversized", 0, wire.ReasonTooLarge, func(t *testing.T, w *world) []byte { return hostile.Oversized(forged(t, w).EncodeFull()) }},
	{"wrong signature", 0, wire.ReasonBadSigner, func(t *testing.T, w *world) []byte {
		return hostile.Resigned(forged(t, w), ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	}},
	{"wrong lane", wire.LaneDrill, "", func(t *testing.T, w *world) []byte { return forged(t, w).EncodeFull() }},
	{"out of area", 0, wire.ReasonOutOfScope, func(t *testing.T, w *world) []byte {
		u := w.tree.Neighbour
		return nodetest.Sign(t, w.tree, u, w.alert(cap.Severe), u.Persons...).EncodeFull()
	}},
	{"over severity", 0, wire.ReasonOutOfScope, func(t *testing.T, w *world) []byte {
		scope := trusttest.Scope(2, 1, "ARS 07131")
		scope.Severity = wire.PriorityModerate
		u := w.unit(t, w.tree.Kreis, "rp/07131/klein", scope)
		return nodetest.Sign(t, w.tree, u, w.alert(cap.Severe), u.Persons...).EncodeFull()
	}},
	{"before the certificate", 0, wire.ReasonCertExpired, func(t *testing.T, w *world) []byte {
		c := nodetest.Warning("early", cap.Severe, 2*time.Hour) // an hour before the certificates begin
		return nodetest.Sign(t, w.tree, w.tree.Leitstelle, c, w.tree.Leitstelle.Persons...).EncodeFull()
	}},
	{"expired certificate", 0, wire.ReasonCertExpired, expiredOfficer},
	{"revoked and back-dated", 0, wire.ReasonRevoked, revokedOfficer},
	{"minted second officer", 0, wire.ReasonRevoked, mintedOfficer},
	{"future-dated", 0, wire.ReasonCertExpired, func(t *testing.T, w *world) []byte {
		at := time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC).Sub(time.Unix(trusttest.Epoch+3600, 0))
		c := nodetest.Warning("2099", cap.Severe, -at)
		return nodetest.Sign(t, w.tree, w.tree.Leitstelle, c, w.tree.Leitstelle.Persons...).EncodeFull()
	}},
	{"false all-clear", 0, wire.ReasonOutOfScope, func(t *testing.T, w *world) []byte {
		u := w.tree.Neighbour
		return nodetest.SignWith(t, w.tree, u, w.end(cap.Severe, w.last()), refer(w.genuine[0]), u.Persons...).EncodeFull()
	}},
	{"stuffed unprotected header", 0, wire.ReasonUnprotected, func(t *testing.T, w *world) []byte {
		return hostile.Stuffed(forged(t, w).EncodeFull(), 1000)
	}},
	{"extra chain objects", 0, wire.ReasonUnprotected, func(t *testing.T, w *world) []byte {
		return hostile.ExtraChain(forged(t, w), w.tree.Neighbour.Cert)
	}},
	{"one signature where two are needed", 0, wire.ReasonBadQuorum, func(t *testing.T, w *world) []byte {
		return nodetest.Sign(t, w.tree, w.tree.Leitstelle, w.alert(cap.Severe), w.tree.Leitstelle.Persons[0]).EncodeFull()
	}},
	{"drill on the live lane", 0, wire.ReasonWrongLane, func(t *testing.T, w *world) []byte {
		c := w.alert(cap.Severe)
		h, err := alert.Header(c) // as if it were real
		if err != nil {
			t.Fatal(err)
		}
		c.Status = cap.Exercise
		payload, parts, err := alert.Payload(c, compact.Extras{})
		if err != nil {
			t.Fatal(err)
		}
		e, err := w.tree.Sign(w.tree.Leitstelle, h, payload, parts, w.tree.Leitstelle.Persons...)
		if err != nil {
			t.Fatal(err)
		}
		return e.EncodeFull()
	}},
}

func TestNoForgeryIsAccepted(t *testing.T) {
	w := newWorld(t)
	w.control(t)
	for _, f := range forgeries {
		t.Run(f.name, func(t *testing.T) {
			raw, lane := f.make(t, w), f.lane
			if lane == 0 {
				lane = wire.LaneLive
			}
			w.send(t, lane, raw)
			w.control(t)
			if f.reason != "" {
				w.refused(t, raw, f.reason)
			}
		})
	}
	for i, d := range w.devices() {
		if got := state(t, d, w.genuine[0]).State; got != apitype.StateInForce {
			t.Errorf("device %d: the first warning is %s", i, got)
		}
	}
}

// forged is an alert that would be genuine, for taking apart.
func forged(t *testing.T, w *world) *wire.Envelope {
	return nodetest.Sign(t, w.tree, w.tree.Leitstelle, w.alert(cap.Severe), w.tree.Leitstelle.Persons...)
}

func (w *world) unit(t *testing.T, issuer *trusttest.Unit, path string, scope identity.Scope) *trusttest.Unit {
	t.Helper()
	u, err := w.tree.AddUnit(issuer, path, scope, "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// end is an all-clear that refers to an alert by its CAP triple.
func (w *world) end(severity cap.Severity, of *cap.Alert) *cap.Alert {
	c := w.alert(severity)
	c.MsgType = cap.MsgUpdate
	c.References = string(of.Sender) + "," + of.Identifier + "," + string(of.Sent)
	c.Info[0].ResponseType = []cap.ResponseType{cap.AllClear}
	return c
}

// last is any alert: only its triple matters, and here the envelope ID decides.
func (w *world) last() *cap.Alert { return nodetest.Warning("alert-1", cap.Severe, 0) }

func refer(id wire.ID) compact.Extras { return compact.Extras{References: []wire.ID{id}} }

// expiredOfficer signs with officers whose certificates ended before.
func expiredOfficer(t *testing.T, w *world) []byte {
	u := *w.tree.Leitstelle
	u.Persons = nil
	for _, label := range []string{"x", "y"} {
		key, err := w.tree.Key(identity.PurposePerson)
		if err != nil {
			t.Fatal(err)
		}
		unit, err := identity.ParseCertificate(u.Cert)
		if err != nil {
			t.Fatal(err)
		}
		author := w.tree.Kreis.Persons[0].Key.Public()
		spec := identity.Certificate{
			Subject: identity.Subject{Kind: identity.KindPerson, Authority: u.Path, Person: label, Key: key.Public(),
				Name: "Officer " + label, Function: "S3", Scope: unit.Scope},
			Origin: identity.Origin{Domain: w.tree.Root.ID(), Issuer: w.tree.Kreis.Cert.ID(),
				Created: trusttest.Epoch, Expires: trusttest.Epoch + 1800},
		}
		spec.Sequence, spec.Previous = w.tree.Next(author, wire.LaneTrust)
		e, err := w.tree.Pool.NewCertificate(spec)
		if err != nil {
			t.Fatal(err)
		}
		u.Persons = append(u.Persons, trusttest.Person{Label: label, Key: key, Cert: w.sign(t, e, author, w.tree.Kreis.Signers()...)})
	}
	return nodetest.Sign(t, w.tree, &u, w.alert(cap.Severe), u.Persons...).EncodeFull()
}

// sign has keys sign a trust object and enters it into the domain.
func (w *world) sign(t *testing.T, e *wire.Envelope, author identity.PublicKey, signers ...trusttest.Signer) *wire.Envelope {
	t.Helper()
	var err error
	for _, s := range signers {
		if e, err = w.tree.Pool.Sign(e, s.Ref, s.Key); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.tree.Add(author, e); err != nil {
		t.Fatal(err)
	}
	return e
}

// revokedOfficer signs, dated before, with keys that all devices know to be compromised.
func revokedOfficer(t *testing.T, w *world) []byte {
	u := w.unit(t, w.tree.Kreis, "rp/07131/alt", trusttest.Scope(2, 1, "ARS 07131"))
	stolen := nodetest.Warning("stolen", cap.Severe, 30*time.Minute)
	e := nodetest.Sign(t, w.tree, u, stolen, u.Persons...)
	by := trusttest.Signer{Ref: wire.CertificateRef(w.tree.Kreis.Cert.ID()), Key: w.tree.Kreis.Key}
	o := w.origin(w.tree.Kreis, by.Key.Public())
	list, err := identity.NewRevocationList(o, []identity.Revocation{
		{Key: u.Persons[0].Key.Public(), Authority: u.Path, Kind: identity.Compromised, At: trusttest.Epoch + 3600},
		{Key: u.Persons[1].Key.Public(), Authority: u.Path, Kind: identity.Compromised, At: trusttest.Epoch + 3600},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.trust(t, w.sign(t, list, by.Key.Public(), by))
	return e.EncodeFull()
}

// origin is that of a trust object which a key of the unit makes now.
func (w *world) origin(u *trusttest.Unit, author identity.PublicKey) identity.Origin {
	o := identity.Origin{Domain: w.tree.Root.ID(), Issuer: u.Cert.ID(), By: u.Path,
		Created: trusttest.Epoch + 3600, Expires: u.Cert.Header.Expires}
	o.Sequence, o.Previous = w.tree.Next(author, wire.LaneTrust)
	return o
}

// trust publishes a trust object at b and waits until every device keeps it.
func (w *world) trust(t *testing.T, e *wire.Envelope) {
	t.Helper()
	full := *e
	full.Chain = w.tree.Pool.ChainFor(e)
	if _, err := w.b.Submit(t.Context(), full.EncodeFull()); err != nil {
		t.Fatal(err)
	}
	for _, d := range w.devices() {
		eventually(t, "every device keeps the trust object", func() bool {
			_, err := d.Envelope(t.Context(), e.ID())
			return err == nil
		})
	}
}

// mintedOfficer is signed by one officer and by a person whom the stolen key of
// the unit has certified.
func mintedOfficer(t *testing.T, w *world) []byte {
	u := *w.tree.Leitstelle
	by := trusttest.Signer{Ref: wire.CertificateRef(u.Cert.ID()), Key: u.Key}
	minted, err := w.tree.AddPerson(&u, &u, "mint", by)
	if err != nil {
		t.Fatal(err)
	}
	return nodetest.Sign(t, w.tree, &u, w.alert(cap.Severe), u.Persons[0], minted).EncodeFull()
}
