// Package echo asks a neighbour whether it is there, on one connection, and tells silence
// from other ends: who takes a neighbour for dead cuts the mesh.
package echo

import (
	"context"
	"errors"
	"io"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/multiformats/go-multistream"
)

// Ask asks for an echo on a connection, until ctx ends; see [IsSilence] for its error. It names
// the protocol, libp2p's ping, and asks in one trip: to agree on it first takes another, and a
// satellite needs 0.7 s for each.
func Ask(ctx context.Context, c network.Conn) error {
	s, err := c.NewStream(network.WithAllowLimitedConn(ctx, "echo"))
	if err != nil {
		return err
	}
	defer func() { _ = s.Reset() }()
	defer context.AfterFunc(ctx, func() { _ = s.Reset() })()
	if err := s.SetProtocol(ping.ID); err != nil {
		return err
	}
	echo, lazy := make([]byte, ping.PingSize), multistream.NewMSSelect(s, ping.ID)
	if _, err := lazy.Write(echo); err != nil {
		return err
	}
	_, err = io.ReadFull(lazy, echo)
	return err
}

// IsSilence reports whether the end of a question for an echo, or of another stream, is that
// nobody answered. It is not if this device may not ask more at the moment, which says
// nothing of the neighbour, nor if the neighbour refused, which only one who is there does.
func IsSilence(err error) bool {
	var reset *network.StreamError
	switch {
	case err == nil, errors.Is(err, network.ErrResourceLimitExceeded):
		return false
	case errors.As(err, &reset):
		return !reset.Remote
	}
	return true
}
