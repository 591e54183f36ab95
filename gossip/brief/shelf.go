package brief

import (
	"cmp"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Shelf is the book of a device: what its pool holds, and what it holds of an
// author's envelopes.
type Shelf struct {
	pool     *identity.Pool
	sequence func(key identity.PublicKey, lane wire.Lane, sequence uint64) []wire.ID
}

// NewShelf makes a book over pool. sequence lists the envelopes held that key has
// signed as author, with the sequence in the lane; nil: none are.
func NewShelf(pool *identity.Pool, sequence func(identity.PublicKey, wire.Lane, uint64) []wire.ID) *Shelf {
	return &Shelf{pool, sequence}
}

// Signers implements [Book].
func (s *Shelf) Signers(n Name) []*identity.Certificate {
	return s.find(func(c *identity.Certificate) bool { return NameOf(c.ID) == n && c.Kind != identity.KindUnit })
}

// Units implements [Book].
func (s *Shelf) Units(domain wire.ID, authority string) []*identity.Certificate {
	return s.find(func(c *identity.Certificate) bool {
		return c.Domain == domain && c.Authority == authority && c.Kind == identity.KindUnit
	})
}

// Sequence implements [Book].
func (s *Shelf) Sequence(author *identity.Certificate, lane wire.Lane, sequence uint64) []wire.ID {
	if s.sequence == nil {
		return nil
	}
	return s.sequence(author.Key, lane, sequence)
}

// find lists certificates, of those with most weight first: what a hostile unit
// mints to stand before an officer of another stands behind.
func (s *Shelf) find(match func(*identity.Certificate) bool) []*identity.Certificate {
	var list []identity.CertificateStatus
	for _, domain := range s.pool.Domains() {
		status, _ := s.pool.Status(domain)
		for _, c := range status.Certificates {
			if match(c.Certificate) {
				list = append(list, c)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b identity.CertificateStatus) int { return cmp.Compare(b.Vouched, a.Vouched) })
	found := make([]*identity.Certificate, len(list))
	for i := range list {
		found[i] = list[i].Certificate
	}
	return found
}

// Chain is the book of an envelope that brings its chain along: enough to write a
// message of it.
type Chain []*identity.Certificate

// ChainOf is the chain of e.
func ChainOf(e *wire.Envelope) (c Chain) {
	for _, b := range e.Chain {
		object, err := wire.Decode(b)
		if err != nil {
			continue
		}
		if cert, err := identity.ParseCertificate(object); err == nil {
			c = append(c, cert)
		}
	}
	return c
}

// Signers implements [Book].
func (c Chain) Signers(n Name) (list []*identity.Certificate) {
	for _, cert := range c {
		if NameOf(cert.ID) == n && cert.Kind != identity.KindUnit {
			list = append(list, cert)
		}
	}
	return list
}

// Units implements [Book].
func (c Chain) Units(domain wire.ID, authority string) (list []*identity.Certificate) {
	for _, cert := range c {
		if cert.Domain == domain && cert.Authority == authority && cert.Kind == identity.KindUnit {
			list = append(list, cert)
		}
	}
	return list
}

// Sequence implements [Book]: a chain holds no alerts.
func (Chain) Sequence(*identity.Certificate, wire.Lane, uint64) []wire.ID { return nil }
