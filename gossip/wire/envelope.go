package wire

import (
	"errors"
	"slices"

	"github.com/fxamacker/cbor/v2"
)

const tagCOSESign = 98 // RFC 9052, 2

// Envelope is a decoded envelope. Its byte slices alias the decoded input and
// must not be modified. Make one with [New] or [Decode].
type Envelope struct {
	Header  Header
	Payload []byte
	Signers []Signer // author (or emergency) first, then approvers by Ref

	// Chain holds encoded certificates and root versions that prove the
	// signers; Parts the detached parts in the payload's order, nil where
	// absent. Both are unsigned, and stripped before storage.
	Chain [][]byte
	Parts [][]byte

	protected []byte
	id        ID
}

// Signer is one signature of an envelope.
type Signer struct {
	Ref  Ref
	Role Role
	Sig  [64]byte

	protected []byte
}

type rawEnvelope struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected unprotected
	Payload     []byte
	Signatures  []rawSigner
}

type unprotected struct {
	Chain [][]byte `cbor:"-65538,keyasint,omitempty"`
	Parts [][]byte `cbor:"-65539,keyasint,omitempty"`
}

type rawSigner struct {
	_           struct{} `cbor:",toarray"`
	Protected   []byte
	Unprotected struct{}
	Signature   []byte
}

type signerHeader struct {
	Alg  int64  `cbor:"1,keyasint"`
	Kid  []byte `cbor:"4,keyasint"`
	Role Role   `cbor:"-65537,keyasint"`
}

// New makes an unsigned envelope. The version is filled in.
func New(h Header, payload []byte) (*Envelope, error) {
	h.Version = Version
	protected, err := h.marshal()
	if err != nil {
		return nil, err
	}
	if _, err := parseHeader(protected); err != nil {
		return nil, err
	}
	return newEnvelope(h, protected, payload), nil
}

func newEnvelope(h Header, protected, payload []byte) *Envelope {
	e := &Envelope{Header: h, Payload: payload, protected: protected}
	e.id = hashID(h.Type.Context(), protected, payload)
	return e
}

// ID hashes context, protected header and payload, not the signatures: an alert
// keeps its ID from draft through approval.
func (e *Envelope) ID() ID { return e.id }

// Domain is the envelope's trust domain; a genesis root names itself.
func (e *Envelope) Domain() ID {
	if e.Header.Domain == nil {
		return e.id
	}
	return *e.Header.Domain
}

// Author is the first signer, whose sequence and previous the header holds.
func (e *Envelope) Author() Signer { return e.Signers[0] }

// NewSigner prepares a signature by ref in role; sign ToBeSigned and set Sig.
func NewSigner(ref Ref, role Role) Signer {
	return Signer{Ref: ref, Role: role, protected: mustMarshal(signerHeader{AlgEd25519, ref[:], role})}
}

// ToBeSigned is the COSE Sig_structure for one signer (RFC 9052, 4.4).
func (e *Envelope) ToBeSigned(s Signer) []byte {
	type sigStructure struct {
		_             struct{} `cbor:",toarray"`
		Context       string
		BodyProtected []byte
		SignProtected []byte
		External      []byte
		Payload       []byte
	}
	return mustMarshal(sigStructure{
		Context: "Signature", BodyProtected: e.protected, SignProtected: s.protected,
		External: []byte(e.Header.Type.Context()), Payload: e.Payload,
	})
}

// AddSigner returns a copy of e with s in its canonical place; a signature with
// the same Ref is replaced.
func (e *Envelope) AddSigner(s Signer) *Envelope {
	c := *e
	c.Signers = slices.DeleteFunc(slices.Clone(e.Signers), func(o Signer) bool { return o.Ref == s.Ref })
	c.Signers = append(c.Signers, s)
	slices.SortFunc(c.Signers, compareSigners)
	return &c
}

func compareSigners(a, b Signer) int {
	if first := rank(a.Role) - rank(b.Role); first != 0 {
		return first
	}
	return a.Ref.Compare(b.Ref)
}

func rank(r Role) int {
	if r == RoleApprover {
		return 1
	}
	return 0
}

// Encode writes the stored form: without chain and parts.
func (e *Envelope) Encode() []byte { return e.encode(unprotected{}) }

// EncodeFull writes the transmitted form, with Chain and Parts.
func (e *Envelope) EncodeFull() []byte { return e.encode(unprotected{e.Chain, e.Parts}) }

func (e *Envelope) encode(u unprotected) []byte {
	raw := rawEnvelope{Protected: e.protected, Unprotected: u, Payload: e.Payload}
	for _, s := range e.Signers {
		raw.Signatures = append(raw.Signatures, rawSigner{Protected: s.protected, Signature: s.Sig[:]})
	}
	if raw.Payload == nil {
		raw.Payload = []byte{}
	}
	return mustMarshal(cbor.Tag{Number: tagCOSESign, Content: raw})
}

// Decode reads one envelope, strictly: EncodeFull of the result is b. It keeps
// references into b. Errors are [*Refusal].
func Decode(b []byte) (*Envelope, error) {
	if len(b) > MaxTransmission {
		return nil, Refuse(ReasonTooLarge, "%d bytes, at most %d", len(b), MaxTransmission)
	}
	raw, err := decodeRaw(b)
	if err != nil {
		return nil, err
	}
	h, err := parseHeader(raw.Protected)
	if err != nil {
		return nil, err
	}
	if size := len(raw.Protected) + len(raw.Payload); size > typeTable[h.Type].max {
		return nil, Refuse(ReasonTooLarge, "a %s of %d bytes, at most %d", h.Type, size, typeTable[h.Type].max)
	}
	e := newEnvelope(h, raw.Protected, raw.Payload)
	if e.Signers, err = parseSigners(raw.Signatures); err != nil {
		return nil, err
	}
	if err := e.takeUnprotected(raw.Unprotected); err != nil {
		return nil, err
	}
	return e, nil
}

// decodeRaw reads the COSE structure and holds it to one encoding.
func decodeRaw(b []byte) (*rawEnvelope, error) {
	if len(b) < 3 || b[0] != 0xd8 || b[1] != tagCOSESign {
		return nil, Refuse(ReasonMalformed, "no COSE_Sign tag")
	}
	var raw rawEnvelope
	if err := decMode.Unmarshal(b[2:], &raw); err != nil {
		var unknown *cbor.ExtraneousDataError
		if field := (*cbor.UnknownFieldError)(nil); errors.As(err, &field) {
			return nil, Refuse(ReasonUnprotected, "unprotected header: %v", err)
		} else if errors.As(err, &unknown) {
			return nil, Refuse(ReasonMalformed, "bytes after the envelope: %v", err)
		}
		return nil, Refuse(ReasonMalformed, "%v", err)
	}
	if err := sameBytes(b[2:], &raw); err != nil {
		return nil, Refuse(ReasonMalformed, "%v", err)
	}
	return &raw, nil
}

func parseSigners(raw []rawSigner) ([]Signer, error) {
	if len(raw) == 0 || len(raw) > MaxSigners {
		return nil, Refuse(ReasonMalformed, "%d signatures, want 1 to %d", len(raw), MaxSigners)
	}
	signers := make([]Signer, 0, len(raw))
	for i, r := range raw {
		s, err := parseSigner(r)
		if err != nil {
			return nil, err
		}
		if i == 0 && s.Role == RoleApprover || i > 0 && s.Role != RoleApprover {
			return nil, Refuse(ReasonMalformed, "signature %d: the author signs first and alone as author", i)
		}
		if i > 0 && s.Ref == signers[0].Ref || i > 1 && compareSigners(signers[i-1], s) >= 0 {
			return nil, Refuse(ReasonMalformed, "signature %d: out of order or twice", i)
		}
		signers = append(signers, s)
	}
	return signers, nil
}

func parseSigner(r rawSigner) (Signer, error) {
	var h signerHeader
	if err := openMode.Unmarshal(r.Protected, &h); err != nil {
		return Signer{}, Refuse(ReasonMalformed, "signer header: %v", err)
	}
	if h.Alg != AlgEd25519 {
		return Signer{}, Refuse(ReasonUnsupported, "signature algorithm %d", h.Alg)
	}
	if err := Unmarshal(r.Protected, &h); err != nil {
		return Signer{}, Refuse(ReasonMalformed, "signer header: %v", err)
	}
	s := Signer{Role: h.Role, protected: r.Protected}
	if _, known := roleNames[h.Role]; !known {
		return Signer{}, Refuse(ReasonUnsupported, "role %d", h.Role)
	}
	if len(h.Kid) != IDSize || len(r.Signature) != len(s.Sig) {
		return Signer{}, Refuse(ReasonMalformed, "kid of %d bytes, signature of %d", len(h.Kid), len(r.Signature))
	}
	if h.Kid[0] != algSHA256 && h.Kid[0] != algEd25519 {
		return Signer{}, Refuse(ReasonUnsupported, "kid algorithm %d", h.Kid[0])
	}
	copy(s.Ref[:], h.Kid)
	copy(s.Sig[:], r.Signature)
	return s, nil
}

// takeUnprotected checks the bounds and the order of what nobody signed.
func (e *Envelope) takeUnprotected(u unprotected) error {
	if len(u.Chain) > MaxChain || len(u.Parts) > MaxParts {
		return Refuse(ReasonUnprotected, "%d chain objects and %d parts, at most %d and %d", len(u.Chain), len(u.Parts), MaxChain, MaxParts)
	}
	if len(u.Parts) > 0 && e.Header.Type != TypeAlert {
		return Refuse(ReasonUnprotected, "a %s has no parts", e.Header.Type)
	}
	for i, c := range u.Chain {
		if len(c) > MaxTrustObject {
			return Refuse(ReasonUnprotected, "chain object %d of %d bytes, at most %d", i, len(c), MaxTrustObject)
		}
	}
	e.Chain, e.Parts = u.Chain, u.Parts
	return nil
}
