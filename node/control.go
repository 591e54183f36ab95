package node

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/row"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// Control is the device as its control API sees it: names are text and errors
// are the API's.
type Control struct{ *Node }

// Control returns the device's control.
func (n *Node) Control() Control { return Control{n} }

// apiError gives an error the API's code, where it has one.
func apiError(err error) error {
	var refusal *wire.Refusal
	var gone *persist.PastGoneError
	var known *apitype.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.As(err, &refusal) && refusal.Reason == wire.ReasonBusy:
		return &apitype.Error{Code: apitype.CodeBusy, Message: refusal.Detail}
	case errors.As(err, &refusal):
		return &apitype.Error{Code: apitype.CodeRefused, Reason: string(refusal.Reason), Message: refusal.Detail}
	case errors.As(err, &gone):
		return &apitype.Error{Code: apitype.CodeGone, Message: gone.Error(), Oldest: gone.First}
	case errors.Is(err, errForgets):
		return &apitype.Error{Code: apitype.CodeStorageFull, Message: err.Error(),
			Hint: "this device keeps nothing: free some disk space, or make the data folder writable, start it again, and then give it this again"}
	case errors.Is(err, gossip.ErrUnsaved):
		return &apitype.Error{Code: apitype.CodeStorageFull, Message: err.Error(),
			Hint: "it was sent to the neighbours and is kept as soon as there is room: free some disk space"}
	case errors.Is(err, persist.ErrFull):
		return &apitype.Error{Code: apitype.CodeStorageFull, Message: err.Error()}
	case errors.Is(err, persist.ErrNotFound):
		return errNotFound
	case errors.Is(err, persist.ErrClosed):
		return &apitype.Error{Code: apitype.CodeStopping, Message: err.Error()}
	}
	return err
}

func badRequest(err error) error {
	return &apitype.Error{Code: apitype.CodeBadRequest, Message: err.Error()}
}

// withID calls f with the ID that text names.
func withID[T any](text string, f func(wire.ID) (T, error)) (T, error) {
	id, err := wire.ParseID(text)
	if err != nil {
		var zero T
		return zero, badRequest(err)
	}
	v, err := f(id)
	return v, apiError(err)
}

// Alert returns one alert with its texts and as CAP.
func (c Control) Alert(ctx context.Context, id string) (apitype.AlertDetail, error) {
	return withID(id, func(id wire.ID) (apitype.AlertDetail, error) { return c.Node.Alert(ctx, id) })
}

// Envelope returns an envelope as it would be sent.
func (c Control) Envelope(ctx context.Context, id string) ([]byte, error) {
	return withID(id, func(id wire.ID) ([]byte, error) { return c.Node.Envelope(ctx, id) })
}

// Submit takes an envelope; it is durable when this returns.
func (c Control) Submit(ctx context.Context, envelope []byte) (apitype.Submitted, error) {
	s, err := c.Node.Submit(ctx, envelope)
	return s, apiError(err)
}

// Head tells a signer where its key's chain ends.
func (c Control) Head(_ context.Context, r apitype.HeadRequest) (apitype.Head, error) {
	lane, err := wire.ParseLane(r.Lane)
	if err != nil {
		return apitype.Head{}, badRequest(err)
	}
	var key identity.PublicKey
	if n, err := hex.Decode(key[:], []byte(r.Key)); err != nil || n != len(key) || len(r.Key) != 2*len(key) {
		return apitype.Head{}, badRequest(errors.New("key: want 64 hexadecimal digits"))
	}
	h := apitype.Head{Schema: apitype.SchemaHead}
	if sequence, id := c.route.Head(key, lane); sequence > 0 {
		h.Sequence, h.Previous = sequence, id.String()
	}
	return h, nil
}

// Draft returns one draft, with the envelope to sign.
func (c Control) Draft(ctx context.Context, id string) (apitype.Draft, error) {
	return withID(id, func(id wire.ID) (apitype.Draft, error) { return c.Node.Draft(ctx, id) })
}

// PutDraft keeps a draft and offers it to the stations of its authority.
func (c Control) PutDraft(ctx context.Context, envelope []byte) (apitype.Draft, error) {
	d, err := c.Node.PutDraft(ctx, envelope)
	return d, apiError(err)
}

// AnswerDraft records an answer to a draft.
func (c Control) AnswerDraft(ctx context.Context, id string, answer apitype.DraftAnswer) (apitype.Draft, error) {
	return withID(id, func(id wire.ID) (apitype.Draft, error) { return c.Node.AnswerDraft(ctx, id, answer) })
}

// Roots lists the trust domains this device has pinned.
func (c Control) Roots(_ context.Context, p apitype.Page) (apitype.List[apitype.Root], error) {
	var all []apitype.Root
	for _, id := range c.pool.Domains() {
		s, _ := c.pool.Status(id)
		all = append(all, row.Root(s))
	}
	items, next := page(all, p, func(r apitype.Root) string { return r.Domain })
	return apitype.List[apitype.Root]{Schema: apitype.SchemaRoots, Items: items, Next: next}, nil
}

// PinRoot trusts the root among the request's envelopes that the fingerprint
// names, and takes in the others.
func (c Control) PinRoot(ctx context.Context, r apitype.PinRequest) (apitype.Root, error) {
	id, err := identity.ParseFingerprint(r.Fingerprint)
	if err != nil {
		return apitype.Root{}, badRequest(err)
	}
	for i, raw := range r.Envelopes {
		e, err := wire.Decode(raw)
		if err != nil {
			return apitype.Root{}, apiError(err)
		}
		if e.ID() != id {
			continue
		}
		others := append(append([][]byte{}, r.Envelopes[:i]...), r.Envelopes[i+1:]...)
		if err := c.Pin(ctx, raw, r.Fingerprint, others); err != nil {
			return apitype.Root{}, apiError(err)
		}
		s, _ := c.pool.Status(e.Domain())
		return row.Root(s), nil
	}
	return apitype.Root{}, badRequest(errors.New("no root with this fingerprint is among the envelopes"))
}

// UnpinRoot stops trusting a domain.
func (c Control) UnpinRoot(ctx context.Context, domain string) error {
	_, err := withID(domain, func(id wire.ID) (struct{}, error) { return struct{}{}, c.Unpin(ctx, id) })
	return err
}

// SetPlaces sets the watched places.
func (c Control) SetPlaces(ctx context.Context, places []apitype.Place) (apitype.Places, error) {
	if err := c.Node.SetPlaces(ctx, places); err != nil {
		return apitype.Places{}, badRequest(err)
	}
	return c.Places(ctx)
}

// EventRange returns the range of the events kept.
func (c Control) EventRange(context.Context) (r apitype.EventRange, err error) {
	r.Oldest, r.Latest = c.journal.bounds()
	return r, nil
}

// Events returns kept events after since, at most limit. It does not wait.
func (c Control) Events(ctx context.Context, since uint64, limit int) ([]apitype.Event, error) {
	events, err := c.recent(ctx, since, limit)
	return events, apiError(err)
}

// AwaitEvent waits until there is an event after since, or ctx ends.
func (c Control) AwaitEvent(ctx context.Context, since uint64) error {
	for {
		wake, closed := c.journal.after(since)
		if wake == nil {
			return nil
		}
		if closed {
			return &apitype.Error{Code: apitype.CodeStopping, Message: "the device is being stopped"}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wake:
		}
	}
}
