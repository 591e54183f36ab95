package brief

import (
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Name is the beginning of a hash, by which a message names what its reader may
// hold. Who makes certificates can make two with one name: the signature decides.
type Name [4]byte

// NameOf is the name of what has the ID.
func NameOf(id wire.ID) Name { return Name(id[1:]) }

// Book is what a device holds that a message may name. What it returns is judged
// here; it may return more than was asked for.
type Book interface {
	// Signers are the certificates of persons and gateways with the name.
	Signers(Name) []*identity.Certificate
	// Units are the certificates of an authority itself.
	Units(domain wire.ID, authority string) []*identity.Certificate
	// Sequence are the envelopes held that the key of author signed, as author,
	// with the sequence in the lane.
	Sequence(author *identity.Certificate, lane wire.Lane, sequence uint64) []wire.ID
}

// maxCandidates bounds the signatures that are verified to find out who signed: a
// hostile authority can make certificates with an officer's name, but here it
// only costs 20 ms.
const maxCandidates = 256
