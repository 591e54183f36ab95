package identity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Kind is what a certificate's subject is. The numbers are on the wire: append only.
type Kind uint8

// The kinds.
const (
	KindUnit    Kind = 1 // an authority: its key certifies, revokes and gives signs of life, never alerts
	KindPerson  Kind = 2 // an officer of an authority: signs alerts and, with Depth, certificates
	KindGateway Kind = 3 // a machine that imports foreign alerts
)

func (k Kind) String() string {
	switch k {
	case KindUnit:
		return "unit"
	case KindPerson:
		return "person"
	case KindGateway:
		return "gateway"
	}
	return "unknown kind"
}

// Subject is what a certificate says about its subject: the payload.
type Subject struct {
	Kind      Kind      `cbor:"1,keyasint"`
	Authority string    `cbor:"2,keyasint"`           // of the unit, or of the unit the person serves
	Person    string    `cbor:"3,keyasint,omitempty"` // label, unique below Authority; empty for units
	Key       PublicKey `cbor:"4,keyasint"`
	Name      string    `cbor:"5,keyasint"`           // for display: "Leitstelle Ahrweiler"
	Function  string    `cbor:"6,keyasint,omitempty"` // FwDV 100 or own word: "Leitstelle", "S2"
	Number    string    `cbor:"7,keyasint,omitempty"` // of the function, where there are several
	Scope     Scope     `cbor:"8,keyasint"`
}

// maxText bounds the display texts of a certificate and of a root in bytes (format).
const maxText = 120

// check holds the form of a subject.
func (s *Subject) check() error {
	if err := wire.CheckAuthority(s.Authority); err != nil {
		return err
	}
	switch {
	case s.Kind < KindUnit || s.Kind > KindGateway:
		return wire.Refuse(wire.ReasonUnsupported, "certificate of kind %d", s.Kind)
	case s.Authority == "":
		return wire.Refuse(wire.ReasonBadPayload, "certificate for the root")
	case (s.Kind == KindUnit) != (s.Person == ""):
		return wire.Refuse(wire.ReasonBadPayload, "certificate of a %s with person %q", s.Kind, s.Person)
	case s.Kind == KindGateway && (!s.Scope.ImportOnly || s.Scope.Depth > 0):
		return wire.Refuse(wire.ReasonBadPayload, "a gateway only imports and never delegates")
	case s.Name == "" || !cleanText(s.Name) || !cleanText(s.Function) || !cleanText(s.Number):
		return wire.Refuse(wire.ReasonBadPayload, "name, function or number is missing, too long or holds control characters")
	}
	if s.Person != "" {
		if err := wire.CheckLabel(s.Person); err != nil {
			return err
		}
	}
	if err := s.Key.check(); err != nil {
		return err
	}
	return s.Scope.check()
}

// cleanText refuses what could forge other lines on screen, such as control and
// bidirectional format characters.
func cleanText(s string) bool {
	return len(s) <= maxText && utf8.ValidString(s) && s == strings.TrimSpace(s) &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) })
}

// Certificate is the decoded view of a certificate envelope. It is valid from
// Created until before Expires. It is immutable.
type Certificate struct {
	Origin
	Subject
}

// Ref names the certificate as a signer.
func (c *Certificate) Ref() wire.Ref { return wire.CertificateRef(c.ID) }

// ValidAt reports whether t, seconds UTC, lies in the certificate's validity.
func (c *Certificate) ValidAt(t uint64) bool { return c.Created <= t && t < c.Expires }

// subject names whom the certificate is about: all certificates of one person
// count once, whatever their keys.
func (c *Certificate) subject() subject { return subject{c.Authority, c.Person} }

type subject struct{ authority, person string }

// ParseCertificate reads a certificate envelope. It judges form only, no trust.
func ParseCertificate(e *wire.Envelope) (*Certificate, error) {
	c := &Certificate{Origin: originOf(e)}
	if err := parsePayload(e, wire.TypeCertificate, &c.Subject); err != nil {
		return nil, err
	}
	if err := c.Subject.check(); err != nil {
		return nil, err
	}
	return c, c.checkPlace()
}

// checkPlace holds that the issuer stands directly above the subject, or that a
// unit certifies its own persons.
func (c *Certificate) checkPlace() error {
	if c.By == parent(c.Authority) || c.Kind != KindUnit && c.By == c.Authority {
		return nil
	}
	return wire.Refuse(wire.ReasonNotContain, "%q cannot certify a %s of %q", c.By, c.Kind, c.Authority)
}

// within holds the certificate inside its issuer, which is of the right path.
func (c *Certificate) within(issuer *Certificate) error {
	switch {
	case c.Created < issuer.Created || c.Expires > issuer.Expires:
		return wire.Refuse(wire.ReasonNotContain, "valid %d to %d, the issuer %d to %d", c.Created, c.Expires, issuer.Created, issuer.Expires)
	case int(c.Scope.Depth) > int(issuer.Scope.Depth)-c.levelsBelow(issuer.Authority):
		return wire.Refuse(wire.ReasonNotContain, "depth %d, the issuer's is %d at %q", c.Scope.Depth, issuer.Scope.Depth, issuer.Authority)
	}
	return c.Scope.Within(&issuer.Scope)
}

// levelsBelow is 1 for subjects one label below, 0 for persons of the unit itself.
func (c *Certificate) levelsBelow(authority string) int {
	if c.Authority == authority {
		return 0
	}
	return 1
}

// parent is the authority above; the root's is the root.
func parent(authority string) string {
	if i := strings.LastIndexByte(authority, '/'); i >= 0 {
		return authority[:i]
	}
	return ""
}

// Above reports whether authority a stands above b: a proper prefix of its path.
// The root, "", stands above all others.
func Above(a, b string) bool {
	return a != b && (a == "" || strings.HasPrefix(b, a+"/"))
}

// parsePayload reads a trust object's payload and holds the header fields that
// all trust objects share.
func parsePayload(e *wire.Envelope, t wire.Type, v any) error {
	h := &e.Header
	if h.Type != t {
		return wire.Refuse(wire.ReasonBadPayload, "a %s, want a %s", h.Type, t)
	}
	if h.Priority != trustPriority[t] {
		return wire.Refuse(wire.ReasonBadPayload, "a %s of priority %d, want %d", t, h.Priority, trustPriority[t])
	}
	if err := wire.Unmarshal(e.Payload, v); err != nil {
		return wire.RefusePayload(t.String(), err)
	}
	return nil
}

// trustPriority orders lane trust: revocations and roots travel first.
var trustPriority = map[wire.Type]wire.Priority{
	wire.TypeRoot: wire.PriorityExtreme, wire.TypeRevocation: wire.PriorityExtreme,
	wire.TypeCertificate: wire.PrioritySevere, wire.TypeBeacon: wire.PriorityModerate, wire.TypeStation: wire.PriorityMinor,
}
