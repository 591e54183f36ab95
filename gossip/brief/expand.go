package brief

import (
	"errors"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/frame"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// ErrUnknown says that the message may be genuine, but rests on what the book does
// not hold: a certificate, or the author's envelope before. It may be read later.
var ErrUnknown = errors.New("the message rests on what is not known here")

// ErrMessage says that no device can read the message.
var ErrMessage = errors.New("not a message")

// Expand returns the envelope that a message stands for, with the parts that it
// carries. The first signature is proven, since it decides between certificates
// of one name; whether envelope and signers are worth anything is for ingest. An
// envelope that travels as it is is not proven at all.
//
// The error is ErrUnknown, ErrMessage, frame.ErrUnsupported or a [*wire.Refusal].
func Expand(message []byte, book Book) (*wire.Envelope, error) {
	if len(message) == 0 || len(message) > frame.MaxMessage {
		return nil, ErrMessage
	}
	switch message[0] & kindMask {
	case kindAlert, kindForeign:
	case kindEnvelope:
		if message[0]&flagMask == 0 {
			return wire.Decode(message[1:])
		}
		fallthrough
	default:
		return nil, fmt.Errorf("%w: message of kind 0x%02x", frame.ErrUnsupported, message[0])
	}
	m, err := read(message)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	return m.expand(book)
}

// expand looks for the certificates that make the first signature hold, then for
// the approvers'.
func (m *spelled) expand(book Book) (*wire.Envelope, error) {
	tries := 0
	for _, author := range book.Signers(m.names[0]) {
		if tries++; tries > maxCandidates {
			return nil, ErrUnknown
		}
		p, err := m.payloadOf(author)
		if err != nil {
			return nil, err
		}
		for _, unit := range book.Units(author.Domain, author.Authority) {
			for _, previous := range m.before(book, author, p.header.Lane) {
				if tries++; tries > maxCandidates {
					return nil, ErrUnknown
				}
				p.header.Domain, p.header.Authority, p.header.Issuer = &author.Domain, author.Authority, &unit.ID
				p.header.Sequence, p.header.Previous = m.sequence, previous
				e, err := wire.New(p.header, p.bytes)
				if err != nil {
					return nil, err
				}
				if e, ok := m.signedBy(e, 0, author); ok {
					return m.approve(e, book)
				}
			}
		}
	}
	return nil, ErrUnknown
}

type payload struct {
	header wire.Header // what follows from the alert
	bytes  []byte
}

// payloadOf is the payload if author wrote it.
func (m *spelled) payloadOf(author *identity.Certificate) (p payload, err error) {
	core := m.core
	if m.flags&kindMask == kindAlert {
		if core, err = unfold(core, m.random, author); err != nil {
			return p, err
		}
	}
	doc, err := compact.Decode(core, nil)
	if err != nil {
		return p, err
	}
	if p.header, err = alert.Header(doc.Alert); err != nil {
		return p, err
	}
	p.bytes, err = wire.Marshal(wire.SignedPayload{Core: core, Parts: m.refs})
	return p, err
}

// before lists what may be the author's envelope before; nil stands for none.
func (m *spelled) before(book Book, author *identity.Certificate, lane wire.Lane) []*wire.ID {
	switch {
	case m.sequence == 1:
		return []*wire.ID{nil}
	case m.flags&flagNamed == 0:
		id := idOfHash(m.previous)
		return []*wire.ID{&id}
	}
	var list []*wire.ID
	for _, id := range book.Sequence(author, lane, m.sequence-1) {
		if NameOf(id) == m.named {
			list = append(list, &id)
		}
	}
	return list
}

// signedBy returns e with signature i if c's key made it.
func (m *spelled) signedBy(e *wire.Envelope, i int, c *identity.Certificate) (*wire.Envelope, bool) {
	role := wire.RoleAuthor
	switch {
	case i > 0:
		role = wire.RoleApprover
	case m.flags&flagEmergency != 0:
		role = wire.RoleEmergency
	}
	s := wire.NewSigner(c.Ref(), role)
	s.Sig = m.sigs[i]
	if !identity.VerifySignature(c.Key, e.ToBeSigned(s), s.Sig[:]) {
		return nil, false
	}
	return e.AddSigner(s), true
}

// approve adds the approvers. One that is not known here is left out: the alert
// counts for less, and its signature comes later by other means.
func (m *spelled) approve(e *wire.Envelope, book Book) (*wire.Envelope, error) {
	tries := 0
	for i := 1; i < len(m.names); i++ {
		for _, c := range book.Signers(m.names[i]) {
			if tries++; tries > maxCandidates {
				break
			}
			if with, ok := m.signedBy(e, i, c); ok {
				e = with
				break
			}
		}
	}
	for _, p := range m.packed {
		if p != nil {
			e.Parts = m.packed
			break
		}
	}
	return wire.Decode(e.EncodeFull())
}
