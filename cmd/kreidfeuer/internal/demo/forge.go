//go:build demo

package demo

import (
	"crypto/ed25519"
	"fmt"
	"os"

	"github.com/kreidfeuer/kreidfeuer/cmd/internal/hostile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// forgeries are envelopes that look genuine, and notes their IDs.
func (s *story) forgeries(genuine *wire.Envelope) ([]shot, error) {
	pool, err := s.bundlePool()
	if err != nil {
		return nil, err
	}
	now := s.Unix()
	_, stranger, err := ed25519.GenerateKey(s.Random)
	if err != nil {
		return nil, err
	}
	evacuate, err := s.sign(pool, genuine, "Sofort das Kreisgebiet verlassen", cap.Extreme, now, "lst", "a", "b")
	if err != nil {
		return nil, err
	}
	neighbour, err := s.sign(pool, genuine, "Warnung des Nachbarn für den Kreis Ahrweiler", cap.Severe, now, "nachbar", "n1", "n2")
	if err != nil {
		return nil, err
	}
	clausen, err := armor.ReadFile(s.Env, s.path("c.pem"))
	if err != nil {
		return nil, err
	}
	stolen, err := s.sign(pool, genuine, "Mit gestohlenem Schlüssel, zurückdatiert", cap.Moderate, clausen[0].Header.Created, "lst", "c")
	if err != nil {
		return nil, err
	}
	for _, e := range []*wire.Envelope{evacuate, neighbour, stolen} {
		s.forged = append(s.forged, e.ID().String())
	}
	return []shot{
		{Name: "a warning in the officers' names, signed by a stranger's key", Lane: wire.LaneLive, Raw: hostile.Resigned(evacuate, stranger)},
		{Name: "a warning for Ahrweiler, genuinely signed by the neighbouring Kreis", Lane: wire.LaneLive, Raw: neighbour.EncodeFull()},
		{Name: "a warning with officer Clausen's stolen key, dated before the theft", Lane: wire.LaneLive, Raw: stolen.EncodeFull()},
	}, nil
}

func (s *story) bundlePool() (*identity.Pool, error) {
	es, err := armor.ReadFile(s.Env, s.path("bundle.pem"))
	if err != nil {
		return nil, err
	}
	pool := identity.NewPool()
	for _, p := range trust.Gather(es) {
		if _, err := p.Into(pool); err != nil {
			return nil, err
		}
	}
	return pool, nil
}

// sign makes an alert of a unit, for the same area as the genuine one, with the
// keys of its persons.
func (s *story) sign(pool *identity.Pool, genuine *wire.Envelope, headline string, severity cap.Severity, at uint64, unit string, persons ...string) (*wire.Envelope, error) {
	parts, err := alert.OpenParts(genuine)
	if err != nil {
		return nil, err
	}
	a, err := alert.Open(genuine, parts)
	if err != nil {
		return nil, err
	}
	c := a.CAP.Clone()
	c.Identifier, c.Sent = fmt.Sprintf("forged-%d-%s", at, unit+persons[0]), cap.MakeTime(int64(at), 0)
	for i := range c.Info {
		c.Info[i].Headline, c.Info[i].Severity, c.Info[i].Expires = headline, severity, cap.MakeTime(int64(at)+6*3600, 0)
	}
	h, err := alert.Header(c)
	if err != nil {
		return nil, err
	}
	payload, packed, err := alert.Payload(c, compact.Extras{})
	if err != nil {
		return nil, err
	}
	units, err := armor.ReadFile(s.Env, s.path(unit+".pem"))
	if err != nil {
		return nil, err
	}
	cert, err := identity.ParseCertificate(units[0])
	if err != nil {
		return nil, err
	}
	h.Domain, h.Authority, h.Issuer, h.Sequence = &cert.Domain, cert.Authority, &cert.ID, 1
	e, err := wire.New(h, payload)
	if err != nil {
		return nil, err
	}
	for i, name := range persons {
		if e, err = s.signAs(e, name, i); err != nil {
			return nil, err
		}
	}
	e.Parts, e.Chain = packed, pool.ChainFor(e)
	return e, nil
}

func (s *story) signAs(e *wire.Envelope, name string, i int) (*wire.Envelope, error) {
	certs, err := armor.ReadFile(s.Env, s.path(name+".pem"))
	if err != nil {
		return nil, err
	}
	key, err := s.openKey(name)
	if err != nil {
		return nil, err
	}
	role := wire.RoleApprover
	if i == 0 {
		role = wire.RoleAuthor
	}
	return key.Sign(e, wire.CertificateRef(certs[0].ID()), role), nil
}

// openKey opens a member's key, for what only an attacker would sign with it.
func (s *story) openKey(name string) (identity.PrivateKey, error) {
	b, err := os.ReadFile(s.path(name + ".key"))
	if err != nil {
		return identity.PrivateKey{}, err
	}
	key, _, err := identity.DecryptKeyFile(b, "demonstration")
	return key, err
}
