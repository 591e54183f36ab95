package wire

import (
	"bytes"
	"slices"
)

const tagCOSESign = 98 // RFC 9052, 2

// Envelope is a decoded envelope. Its byte slices and IDs alias the decoded
// input and must not be modified. Make one with [New] or [Decode].
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
}

// New makes an unsigned envelope, within the limits of its type. The version is
// filled in; the header's extensions are brought into order.
func New(h Header, payload []byte) (*Envelope, error) {
	h.Version = Version
	protected, err := h.marshal()
	if err != nil {
		return nil, err
	}
	e := &Envelope{Payload: payload, protected: protected}
	if err := e.Header.parse(protected); err != nil {
		return nil, err
	}
	if err := e.checkSize(); err != nil {
		return nil, err
	}
	e.id = e.hash()
	return e, nil
}

// ID hashes context, protected header and payload, not the signatures: an alert
// keeps its ID from draft through approval.
func (e *Envelope) ID() ID { return e.id }

func (e *Envelope) hash() ID {
	return hashID(e.Header.Type.Context(), e.protected, e.Payload)
}

// Domain is the envelope's trust domain; a genesis root names itself.
func (e *Envelope) Domain() ID {
	if e.Header.Domain == nil {
		return e.id
	}
	return *e.Header.Domain
}

// Author is the first signer, whose sequence and previous the header holds. An
// envelope that nobody has signed yet has the zero Signer.
func (e *Envelope) Author() Signer {
	if len(e.Signers) == 0 {
		return Signer{}
	}
	return e.Signers[0]
}

// NewSigner prepares a signature by ref in role; sign ToBeSigned and set Sig.
func NewSigner(ref Ref, role Role) Signer { return Signer{Ref: ref, Role: role} }

// signerHeaderSize is the encoded size of a signer's protected header with a
// role below 24; signerSize that of the whole COSE_Signature.
const (
	signerHeaderSize = 45
	signerSize       = 1 + 2 + signerHeaderSize + 1 + 2 + 64
)

// unprotectedSize is the encoded size of an unprotected field without its items.
const unprotectedSize = 5 + 2

// appendHeader writes the signer's protected header: {1: alg, 4: kid, -65537: role}.
func (s *Signer) appendHeader(b []byte) []byte {
	b = appendHead(b, majorMap, 3)
	b = appendInt(appendInt(b, labelAlg), AlgEd25519)
	b = appendBytes(appendInt(b, labelKid), s.Ref[:])
	return appendInt(appendInt(b, labelHeader), int64(s.Role))
}

// ToBeSigned is the COSE Sig_structure for one signer (RFC 9052, 4.4), in a new
// slice.
func (e *Envelope) ToBeSigned(s Signer) []byte {
	context := e.Header.Type.Context()
	b := make([]byte, 0, len("Signature")+len(context)+len(e.protected)+signerHeaderSize+len(e.Payload)+32)
	b = appendText(appendHead(b, majorArray, 5), "Signature")
	b = appendBytes(b, e.protected)
	b = s.appendHeader(appendHead(b, majorBytes, signerHeaderSize))
	b = append(appendHead(b, majorBytes, uint64(len(context))), context...)
	return appendBytes(b, e.Payload)
}

// AddSigner returns a copy of e with s in its canonical place; a signature with
// the same Ref is replaced.
func (e *Envelope) AddSigner(s Signer) *Envelope {
	c := *e
	c.Signers = make([]Signer, 0, len(e.Signers)+1)
	for _, o := range e.Signers {
		if o.Ref != s.Ref {
			c.Signers = append(c.Signers, o)
		}
	}
	at, _ := slices.BinarySearchFunc(c.Signers, s, compareSigners)
	c.Signers = slices.Insert(c.Signers, at, s)
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

// Stored returns a copy of e without chain and parts that shares no memory with
// the bytes e was decoded from. Whoever keeps envelopes keeps these: else each
// would hold a whole transmission, padded by whoever sent it.
func (e *Envelope) Stored() *Envelope {
	c := &Envelope{Payload: bytes.Clone(e.Payload), Signers: slices.Clone(e.Signers), protected: bytes.Clone(e.protected), id: e.id}
	must(0, c.Header.parse(c.protected)) // as it did for e
	return c
}

// Encode writes the stored form: without chain and parts.
func (e *Envelope) Encode() []byte { return e.encode(nil, nil) }

// StoredSize is the length of the stored form in bytes.
func (e *Envelope) StoredSize() int {
	return 2 + headSize(4) + bytesSize(e.protected) + headSize(0) + bytesSize(e.Payload) +
		headSize(len(e.Signers)) + len(e.Signers)*signerSize
}

// EncodeFull writes the transmitted form, with Chain and Parts.
func (e *Envelope) EncodeFull() []byte { return e.encode(e.Chain, e.Parts) }

// EncodeFitting is EncodeFull within [MaxTransmission]: without Chain where that is too long,
// which comes in the trust lane too, and else without Parts too. Together they may be longer than
// any transmission in which they came: signatures and parts come one by one.
func (e *Envelope) EncodeFitting() []byte {
	b := e.EncodeFull()
	if len(b) > MaxTransmission {
		b = e.encode(nil, e.Parts)
	}
	if len(b) > MaxTransmission {
		b = e.Encode()
	}
	return b
}

func (e *Envelope) encode(chain, parts [][]byte) []byte {
	size := e.StoredSize() + 2*unprotectedSize // a little more where a list is empty
	for _, list := range [...][][]byte{chain, parts} {
		for _, item := range list {
			size += 5 + len(item)
		}
	}
	b := append(make([]byte, 0, size), 0xd8, tagCOSESign)
	b = appendBytes(appendHead(b, majorArray, 4), e.protected)
	b = appendUnprotected(b, chain, parts)
	b = appendBytes(b, e.Payload)
	b = appendHead(b, majorArray, uint64(len(e.Signers)))
	for i := range e.Signers {
		s := &e.Signers[i]
		b = s.appendHeader(appendHead(appendHead(b, majorArray, 3), majorBytes, signerHeaderSize))
		b = appendBytes(appendHead(b, majorMap, 0), s.Sig[:])
	}
	return b
}

// appendUnprotected writes the unprotected header; empty lists are left out.
func appendUnprotected(b []byte, chain, parts [][]byte) []byte {
	lists := [...]struct {
		label int64
		items [][]byte
	}{{labelChain, chain}, {labelParts, parts}}
	n := uint64(0)
	for _, l := range lists {
		if len(l.items) > 0 {
			n++
		}
	}
	b = appendHead(b, majorMap, n)
	for _, l := range lists {
		if len(l.items) == 0 {
			continue
		}
		b = appendHead(appendInt(b, l.label), majorArray, uint64(len(l.items)))
		for _, item := range l.items {
			b = appendBytes(b, item)
		}
	}
	return b
}
