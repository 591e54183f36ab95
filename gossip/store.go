package gossip

import (
	"context"
	"iter"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Record is an accepted envelope on its way to the store and to whoever shows it.
type Record struct {
	Envelope *wire.Envelope // without chain and parts; must not be modified
	Level    wire.Level
	Parts    [][]byte          // packed, as transmitted, in the payload's order; nil where absent
	Author   [32]byte          // the author's Ed25519 public key
	Verified identity.Verified // who signed; zero for trust objects
	Content  any               // what the lane's Check read; nil for trust objects
	Received time.Time         // by this device's clock
	Means    Means
	From     string // the neighbour's peer ID; empty for the local API
}

// Means says how an envelope came.
type Means string

// The means.
const (
	MeansGossip  Means = "gossip"
	MeansCatchUp Means = "catch-up"
	MeansCarry   Means = "carry" // a bundle that a person brought
	MeansFrame   Means = "frame" // off paper, or over a byte-oriented radio
	MeansLocal   Means = "local"
)

// Stored is what the store gives back of an envelope.
type Stored struct {
	Envelope []byte // stored form
	Level    wire.Level
	Parts    [][]byte // packed, nil where absent
}

// Store keeps envelopes. Implementations must be safe for concurrent use. Only
// the router's commit calls Put and Delete.
type Store interface {
	// Put makes the records durable and forgets the given up envelopes before it
	// returns, all of it or nothing. A higher level replaces a lower one. It may
	// keep references to the records. After an error the same records come
	// again, and Get should return them meanwhile.
	Put(ctx context.Context, records []Record, gone []wire.ID) error
	// Get returns an envelope; an error if there is none. The caller owns the result.
	Get(ctx context.Context, id wire.ID) (Stored, error)
	// All yields every stored envelope: trust objects first, in the order in which
	// they came, so that issuers come before subjects.
	All(ctx context.Context) iter.Seq2[Stored, error]
}

// MemoStore is a Store that also keeps memos of what was let go for want of room, so
// that a restart does not have it fetched again. A Store need not be one.
type MemoStore interface {
	// PutMemos keeps some memos and forgets others, unknown ones included.
	PutMemos(ctx context.Context, add []ledger.Memo, gone []wire.ID) error
	// Memos yields what is kept.
	Memos(ctx context.Context) iter.Seq2[ledger.Memo, error]
}
