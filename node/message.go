package node

import (
	"context"
	"errors"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/brief"
	"github.com/kreidfeuer/kreidfeuer/gossip/frame"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// shelf is what this device holds that a message may name.
func (n *Node) shelf() *brief.Shelf {
	return brief.NewShelf(n.pool, func(key identity.PublicKey, lane wire.Lane, sequence uint64) []wire.ID {
		if head, id := n.route.Head(key, lane); head == sequence && head > 0 {
			return []wire.ID{id}
		}
		return nil
	})
}

// Message spells an envelope that the device holds as gossip/brief does, for paper
// and radio.
func (n *Node) Message(ctx context.Context, id wire.ID, o brief.Options) ([]byte, error) {
	raw, err := n.Envelope(ctx, id)
	if err != nil {
		return nil, err
	}
	e, err := wire.Decode(raw)
	if err != nil {
		return nil, err
	}
	return brief.Write(e, n.shelf(), o)
}

// ExpandMessage returns the envelope, as transmitted, that a message stands for.
// It takes nothing in.
func (n *Node) ExpandMessage(message []byte) ([]byte, error) {
	e, err := brief.Expand(message, n.shelf())
	switch {
	case errors.Is(err, brief.ErrUnknown):
		return nil, wire.Refuse(wire.ReasonUnknownIssuer, "%v: the signer's certificate, or what the signer wrote before", err)
	case errors.Is(err, frame.ErrUnsupported):
		return nil, wire.Refuse(wire.ReasonUnsupported, "%v", err)
	case errors.Is(err, brief.ErrMessage):
		return nil, wire.Refuse(wire.ReasonMalformed, "%v", err)
	case err != nil:
		return nil, err
	}
	return e.EncodeFull(), nil
}

// TakeMessage takes in what came on paper or over a radio, through the same checks
// as everything else. It is durable when this returns; what is missing of it comes
// by catch-up, under the same ID.
func (n *Node) TakeMessage(ctx context.Context, message []byte) (apitype.Submitted, error) {
	s := apitype.Submitted{Schema: apitype.SchemaSubmitted, Neighbours: len(n.deps.Host.Network().Peers())}
	raw, err := n.ExpandMessage(message)
	if err != nil {
		return s, err
	}
	id, err := n.route.Ingest(ctx, raw, gossip.MeansFrame)
	if s.Known, err = n.kept(id, err); err != nil {
		return s, err
	}
	s.ID = id.String()
	if level, ok := n.route.Known(id); ok {
		s.Level = int(level)
	}
	return s, nil
}

// ExpandMessage is [Node.ExpandMessage] for the control API.
func (c Control) ExpandMessage(_ context.Context, message []byte) ([]byte, error) {
	raw, err := c.Node.ExpandMessage(message)
	return raw, apiError(err)
}

// TakeMessage is [Node.TakeMessage] for the control API.
func (c Control) TakeMessage(ctx context.Context, message []byte) (apitype.Submitted, error) {
	s, err := c.Node.TakeMessage(ctx, message)
	return s, apiError(err)
}
