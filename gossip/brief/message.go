package brief

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/frame"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// The first byte of a message: kind in the high half, below frame.MarkPiece, and flags.
const (
	kindAlert    = 0x00
	kindForeign  = 0x10 // an alert with an identifier or sender of its own
	kindEnvelope = 0x20 // any envelope as it is
	kindMask     = 0xf0

	flagEmergency = 0x01 // the first signature's role, else author
	flagNamed     = 0x02 // previous is named, else it stands there; only with a sequence above 1
	flagMore      = 0x04 // a byte follows: approvers, and in the high half parts
	flagReserved  = 0x08
	flagMask      = 0x0f
)

// maxList bounds approvers and parts, in half a byte each.
const maxList = 15

// Options are a writer's choices. The zero value is for readers of whom nothing
// is known.
type Options struct {
	// NamePrevious says that readers hold the author's envelope before this one:
	// 28 bytes less. Without it they cannot read the message.
	NamePrevious bool
	// Parts puts in whole parts even where that takes more than naming them. Those
	// that take less are always in.
	Parts bool
	// Chain puts in the envelope with its chain, as it is, for readers that have
	// the root and nothing else.
	Chain bool
}

// Write makes the shortest message that expands to e, signatures and all, and
// proves that it does. Parts of e that are present may be put in. The book must
// hold the signers' certificates. Alerts of an unusual form, and all else, travel
// as they are, and then must have at most frame.MaxMessage bytes.
func Write(e *wire.Envelope, book Book, o Options) ([]byte, error) {
	if o.Chain {
		return writeWhole(e.EncodeFull())
	}
	b, err := writeAlert(e, book, o)
	if err == nil {
		back, problem := Expand(b, proofBook{book, e})
		if problem == nil && string(back.Encode()) == string(e.Encode()) {
			return b, nil
		}
		err = problem
	}
	whole := *e
	if !o.Parts {
		whole.Parts = nil
	}
	whole.Chain = nil
	b, wholeErr := writeWhole(whole.EncodeFull())
	if wholeErr != nil {
		return nil, errors.Join(wholeErr, err)
	}
	return b, nil
}

func writeWhole(b []byte) ([]byte, error) {
	if len(b) >= frame.MaxMessage {
		return nil, fmt.Errorf("write message: the envelope has %d bytes, a message at most %d", len(b), frame.MaxMessage)
	}
	return append([]byte{kindEnvelope}, b...), nil
}

// proofBook is a book whose reader holds the envelope's previous one, as a writer
// that names it says.
type proofBook struct {
	Book
	e *wire.Envelope
}

func (p proofBook) Sequence(author *identity.Certificate, lane wire.Lane, sequence uint64) []wire.ID {
	if p.e.Header.Previous == nil {
		return nil
	}
	return []wire.ID{*p.e.Header.Previous}
}

var errUnusual = errors.New("an envelope of unusual form")

// writeAlert spells an alert. What it leaves out and no rule gives back, the proof
// finds.
func writeAlert(e *wire.Envelope, book Book, o Options) ([]byte, error) {
	h := &e.Header
	if h.Type != wire.TypeAlert || len(e.Signers) == 0 || len(e.Signers) > 1+maxList || len(h.Extensions) > 0 {
		return nil, errUnusual
	}
	payload, err := wire.ParsePayload(e.Payload)
	if err != nil || len(payload.Parts) > maxList || len(payload.Core) > maxContent {
		return nil, errUnusual
	}
	author, err := held(book, e.Signers[0].Ref)
	if err != nil {
		return nil, err
	}
	b := []byte{kindAlert}
	if e.Signers[0].Role == wire.RoleEmergency {
		b[0] |= flagEmergency
	}
	if o.NamePrevious && h.Previous != nil {
		b[0] |= flagNamed
	}
	if len(e.Signers) > 1 || len(payload.Parts) > 0 {
		b[0] |= flagMore
		b = append(b, byte(len(e.Signers)-1|len(payload.Parts)<<4))
	}
	if b, err = appendSigners(b, e.Signers); err != nil {
		return nil, err
	}
	b = binary.AppendUvarint(b, h.Sequence)
	var previous []byte
	switch {
	case h.Previous == nil:
	case b[0]&flagNamed != 0:
		name := NameOf(*h.Previous)
		b = append(b, name[:]...)
	default:
		previous = h.Previous[1:]
		b = append(b, previous...)
	}
	content, random, ok := fold(payload.Core, author)
	if ok {
		b = append(b, random[:]...)
	} else {
		b[0] |= kindForeign
		content = payload.Core
	}
	return writeContent(b, content, previous, payload.Parts, e.Parts, o), nil
}

// appendSigners writes the names, then the signatures.
func appendSigners(b []byte, signers []wire.Signer) ([]byte, error) {
	for i := range signers {
		id, ok := signers[i].Ref.Certificate()
		if !ok {
			return nil, errUnusual
		}
		name := NameOf(id)
		b = append(b, name[:]...)
	}
	for i := range signers {
		b = append(b, signers[i].Sig[:]...)
	}
	return b, nil
}

// held is the certificate that a signer names.
func held(book Book, ref wire.Ref) (*identity.Certificate, error) {
	id, ok := ref.Certificate()
	if !ok {
		return nil, errUnusual
	}
	for _, c := range book.Signers(NameOf(id)) {
		if c.ID == id {
			return c, nil
		}
	}
	return nil, fmt.Errorf("%w: certificate %s", ErrUnknown, id.Short())
}

// writeContent writes parts, named or put in, and what is compressed. A part of a
// template's texts takes less than its digest.
func writeContent(b, content, previous []byte, refs []wire.PartRef, packed [][]byte, o Options) []byte {
	best := compress(content, previous)
	for i, r := range refs {
		size := r.Size << 1
		if i < len(packed) && len(packed[i]) > 0 && r.Size <= uint64(maxContent-len(content)) {
			if part, err := r.Open(packed[i]); err == nil {
				with := append(content[:len(content):len(content)], part...)
				if c := compress(with, previous); o.Parts || len(c) < len(best)+hashSize {
					content, best = with, c
					size |= 1
				}
			}
		}
		b = binary.AppendUvarint(b, size)
		if size&1 == 0 {
			b = append(b, r.Digest[1:]...)
		}
	}
	return append(b, best...)
}
