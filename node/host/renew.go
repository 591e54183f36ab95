package host

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/multiformats/go-multistream"
)

const (
	// maxPerPeer is how many connections with one neighbour stay: one each way, where
	// both have dialed at once, and one more while addresses change.
	maxPerPeer = 3

	// deadAfter is how much later than on a new connection an older one may answer. A
	// packet lost on the way is repeated several times within it.
	deadAfter = time.Second

	// answerTime bounds the wait for a new connection's answer, on the slowest link.
	answerTime = patience
)

// renew puts a new connection with a neighbour in the place of those that are
// dead. A device that lost power and is back does not know of its earlier connections, and
// this side takes half a minute to see that nobody is there any more. Until then
// libp2p opens its streams on the old connection, gossipsub keeps the one that it
// has there, and what is sent is lost; and after eight such lives libp2p's limit
// for one peer would keep the device out.
func renew(h network.Network, c network.Conn) {
	older := slices.DeleteFunc(h.ConnsToPeer(c.RemotePeer()), func(o network.Conn) bool { return o == c || o.IsClosed() })
	if len(older) == 0 {
		return
	}
	slices.SortFunc(older, func(a, b network.Conn) int { return b.Stat().Opened.Compare(a.Stat().Opened) })
	for _, old := range older[min(len(older), maxPerPeer-1):] {
		go old.Close() // may wait for the transport; ends with the host at the latest
	}
	go closeDead(c, older[:min(len(older), maxPerPeer-1)])
}

// closeDead closes the older connections that stay silent while the new one answers.
// Both ways share what makes a link slow, so only the difference counts.
func closeDead(c network.Conn, older []network.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	late, stop := context.WithCancel(ctx)
	defer stop()
	silent := make(chan network.Conn, len(older))
	for _, old := range older {
		go func() {
			if answers(late, old) {
				old = nil
			}
			silent <- old
		}()
	}
	if answers(ctx, c) {
		defer time.AfterFunc(deadAfter, stop).Stop()
	} else {
		older = nil // nothing is known: perhaps the link is down, for all of them
		stop()
	}
	for range cap(silent) {
		if old := <-silent; old != nil && older != nil {
			_ = old.Close()
		}
	}
}

// answers asks for an echo on one connection, until ctx ends.
func answers(ctx context.Context, c network.Conn) bool {
	s, err := c.NewStream(network.WithAllowLimitedConn(ctx, "renew"))
	if err != nil {
		return false
	}
	defer func() { _ = s.Reset() }()
	defer context.AfterFunc(ctx, func() { _ = s.Reset() })()
	if err := s.SetProtocol(ping.ID); err != nil {
		return false
	}
	if err := multistream.SelectProtoOrFail(ping.ID, s); err != nil {
		return false
	}
	echo := make([]byte, ping.PingSize)
	if _, err := s.Write(echo); err != nil {
		return false
	}
	_, err = io.ReadFull(s, echo)
	return err == nil
}
