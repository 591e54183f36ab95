package wire

import "math"

// Decode reads one envelope, strictly: EncodeFull of the result is b. It keeps
// references into b. Errors are [*Refusal]. WIRE.md, "Order of checks", says
// which refusal a faulty envelope gets.
func Decode(b []byte) (*Envelope, error) {
	if len(b) > MaxTransmission {
		return nil, Refuse(ReasonTooLarge, "%d bytes, at most %d", len(b), MaxTransmission)
	}
	if len(b) < 2 || b[0] != 0xd8 || b[1] != tagCOSESign {
		return nil, Refuse(ReasonMalformed, "no COSE_Sign tag")
	}
	c := cursor{rest: b[2:]}
	if n := c.array(); n != 4 {
		c.malformed("COSE_Sign of %d fields, want 4", n)
	}
	e := &Envelope{protected: c.bytes()}
	if c.err != nil {
		return nil, c.err
	}
	if err := e.Header.parse(e.protected); err != nil {
		return nil, err
	}
	e.readUnprotected(&c)
	e.Payload = c.bytes()
	if c.err != nil {
		return nil, c.err
	}
	if err := e.checkSize(); err != nil {
		return nil, err
	}
	e.readSigners(&c)
	c.end()
	if c.err != nil {
		return nil, c.err
	}
	e.id = e.hash()
	return e, nil
}

// checkSize bounds what is signed. Signatures do not count: else a second one
// could turn a valid envelope into an invalid one.
func (e *Envelope) checkSize() error {
	limit := typeTable[e.Header.Type].max
	if size := len(e.protected) + len(e.Payload); size > limit {
		return Refuse(ReasonTooLarge, "a %s of %d bytes, at most %d", e.Header.Type, size, limit)
	}
	return nil
}

// readUnprotected reads what nobody signed: a chain, then parts, and nothing else.
func (e *Envelope) readUnprotected(c *cursor) {
	for n := c.pairs(); n > 0 && c.err == nil; n-- {
		switch label := c.int(); {
		case label == labelChain && e.Chain == nil && e.Parts == nil:
			e.Chain = c.list(MaxChain)
		case label == labelParts && e.Parts == nil:
			e.Parts = c.list(MaxParts)
		default:
			c.refuse(ReasonUnprotected, "unprotected header field %d: unknown, twice or out of order", label)
		}
	}
	if len(e.Parts) > 0 && e.Header.Type != TypeAlert {
		c.refuse(ReasonUnprotected, "a %s has no parts", e.Header.Type)
	}
	for i, object := range e.Chain {
		if len(object) == 0 || len(object) > MaxChainObject {
			c.refuse(ReasonUnprotected, "chain object %d of %d bytes, want 1 to %d", i, len(object), MaxChainObject)
		}
	}
}

// list reads an array of 1 to limit byte strings; empty ones are nil.
func (c *cursor) list(limit int) [][]byte {
	n := c.array()
	if c.err == nil && (n == 0 || n > limit) {
		c.refuse(ReasonUnprotected, "unprotected list of %d, want 1 to %d", n, limit)
	}
	if c.err != nil {
		return nil
	}
	items := make([][]byte, n)
	for i := range items {
		if b := c.bytes(); len(b) > 0 {
			items[i] = b
		}
	}
	return items
}

func (e *Envelope) readSigners(c *cursor) {
	n := c.array()
	if n == 0 || n > MaxSigners {
		c.malformed("%d signatures, want 1 to %d", n, MaxSigners)
	}
	if c.err != nil {
		return
	}
	e.Signers = make([]Signer, n)
	for i := range e.Signers {
		s := &e.Signers[i]
		s.read(c)
		switch {
		case c.err != nil:
			return
		case (i == 0) == (s.Role == RoleApprover):
			c.malformed("signature %d: the author signs first and alone as author", i)
		case i > 0 && s.Ref == e.Signers[0].Ref || i > 1 && compareSigners(e.Signers[i-1], *s) >= 0:
			c.malformed("signature %d: out of order or twice", i)
		}
	}
}

// read reads one COSE_Signature.
func (s *Signer) read(c *cursor) {
	if n := c.array(); n != 3 {
		c.malformed("COSE_Signature of %d fields, want 3", n)
	}
	header := cursor{rest: c.bytes(), err: c.err}
	if s.readHeader(&header); header.err != nil {
		c.err, c.rest = header.err, nil
	}
	if c.pairs() != 0 {
		c.refuse(ReasonUnprotected, "unprotected header in a signature")
	}
	sig := c.bytes()
	if len(sig) != len(s.Sig) {
		c.malformed("signature of %d bytes, want %d", len(sig), len(s.Sig))
	}
	copy(s.Sig[:], sig)
}

// readHeader reads a signer's protected header. The algorithm is judged first,
// because the rest depends on it.
func (s *Signer) readHeader(c *cursor) {
	n := c.pairs()
	if c.int() != labelAlg {
		c.malformed("signer header does not begin with its algorithm")
	}
	if alg := c.int(); alg != AlgEd25519 {
		c.refuse(ReasonUnsupported, "signature algorithm %d", alg)
	}
	if n != 3 || c.int() != labelKid {
		c.malformed("signer header of %d fields, want algorithm, kid and role", n)
	}
	kid := c.bytes()
	switch {
	case c.err != nil:
	case len(kid) == 0 || c.int() != labelHeader:
		c.malformed("signer header of algorithm, kid of %d bytes, and no role", len(kid))
	case kid[0] != algSHA256 && kid[0] != algEd25519:
		c.refuse(ReasonUnsupported, "kid algorithm %d", kid[0])
	case len(kid) != IDSize:
		c.malformed("kid of %d bytes, want %d", len(kid), IDSize)
	}
	role := c.uint()
	c.end()
	if _, known := roleNames[Role(role)]; !known || role > math.MaxUint8 {
		c.refuse(ReasonUnsupported, "role %d", role)
	}
	copy(s.Ref[:], kid)
	s.Role = Role(role)
}
