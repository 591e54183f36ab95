package api

import (
	"context"
	"io"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Backend is the device behind the API. Its methods are called concurrently.
// Errors that are [*apitype.Error] reach the client with their code, others
// become "internal" and go to the log. The API fills in the Schema fields.
type Backend interface {
	Status(ctx context.Context) (apitype.Status, error)
	Peers(ctx context.Context, page apitype.Page) (apitype.List[apitype.Peer], error)
	// AddPeer looks for a peer at addresses; it does not wait for it.
	AddPeer(ctx context.Context, addresses []string) (apitype.List[apitype.Peer], error)

	// Alerts lists the latest first.
	Alerts(ctx context.Context, filter apitype.AlertFilter, page apitype.Page) (apitype.List[apitype.AlertSummary], error)
	Alert(ctx context.Context, id string) (apitype.AlertDetail, error)

	// Submit judges one transmitted envelope, with chain and parts, and returns
	// when it is durable. A refusal is an error with CodeRefused and the reason.
	Submit(ctx context.Context, envelope []byte) (apitype.Submitted, error)
	// Envelope returns one envelope as it would be sent, with chain and parts.
	Envelope(ctx context.Context, id string) ([]byte, error)
	// Head tells a signer where its key's chain ends.
	Head(ctx context.Context, key apitype.HeadRequest) (apitype.Head, error)

	// ImportBundle takes in what is carried in a bundle; what was accepted is durable
	// when it returns. Refused envelopes and damage are in the result, not errors.
	ImportBundle(ctx context.Context, in io.Reader) (apitype.Imported, error)
	// ExportBundle writes a bundle of what the device holds. It writes nothing if the
	// filter is wrong.
	ExportBundle(ctx context.Context, filter apitype.BundleFilter, out io.Writer) error
	// InspectBundle judges a bundle and takes nothing in.
	InspectBundle(ctx context.Context, in io.Reader) (apitype.BundleContent, error)

	// TakeMessage judges the envelope that a message off paper stands for, and returns
	// when it is durable.
	TakeMessage(ctx context.Context, message []byte) (apitype.Submitted, error)
	// ExpandMessage returns that envelope and takes nothing in.
	ExpandMessage(ctx context.Context, message []byte) ([]byte, error)

	// Store describes the store.
	Store(ctx context.Context) (apitype.Store, error)
	// VerifyStore reads the whole store and says what is wrong, and with repair makes
	// it right as far as possible.
	VerifyStore(ctx context.Context, repair bool, progress func(done, of int)) (apitype.StoreReport, error)
	// CompactStore gives the room of what was deleted back to the disk.
	CompactStore(ctx context.Context, progress func(done, of int)) (apitype.Store, error)
	// BackupStore writes a backup of the store, without keys.
	BackupStore(ctx context.Context, out io.Writer) error

	Drafts(ctx context.Context, page apitype.Page) (apitype.List[apitype.DraftSummary], error)
	Draft(ctx context.Context, id string) (apitype.Draft, error)
	// PutDraft keeps a draft and offers it to the stations of its authority.
	PutDraft(ctx context.Context, envelope []byte) (apitype.Draft, error)
	// AnswerDraft records an answer and passes it on; an approval that completes
	// the signatures publishes the alert, durably before it returns.
	AnswerDraft(ctx context.Context, id string, answer apitype.DraftAnswer) (apitype.Draft, error)

	Roots(ctx context.Context, page apitype.Page) (apitype.List[apitype.Root], error)
	PinRoot(ctx context.Context, request apitype.PinRequest) (apitype.Root, error)
	UnpinRoot(ctx context.Context, domain string) error
	Certificates(ctx context.Context, filter apitype.TrustFilter, page apitype.Page) (apitype.List[apitype.Certificate], error)

	Places(ctx context.Context) (apitype.Places, error)
	SetPlaces(ctx context.Context, places []apitype.Place) (apitype.Places, error)

	// EventRange returns the kept events' range.
	EventRange(ctx context.Context) (apitype.EventRange, error)
	// Events returns kept events after since, oldest first, at most limit, and
	// none if there are none. It does not wait. If an event after since is no
	// longer kept, or since lies after the latest, the error has CodeGone and
	// Oldest. Each reader reads at its own pace: none can hold up another.
	Events(ctx context.Context, since uint64, limit int) ([]apitype.Event, error)
	// AwaitEvent waits until there is an event after since, or ctx ends.
	AwaitEvent(ctx context.Context, since uint64) error
}
