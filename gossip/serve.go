package gossip

import (
	"context"
	"sync"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// serve answers the protocols that neighbours call until ctx ends, and returns
// after the last answer.
func (r *Router) serve(ctx context.Context) {
	var running sync.WaitGroup
	var mu sync.Mutex // guards ended, so that none begins after it
	ended := false
	for name, answer := range map[protocol.ID]func(context.Context, network.Stream){
		wire.ProtocolCatchUp: r.sessions.Serve, wire.ProtocolDraft: r.serveDraft,
	} {
		r.host.SetStreamHandler(name, func(s network.Stream) {
			mu.Lock()
			if ended {
				mu.Unlock()
				_ = s.Reset()
				return
			}
			running.Add(1)
			mu.Unlock()
			defer running.Done()
			defer context.AfterFunc(ctx, func() { _ = s.Reset() })()
			answer(ctx, s)
		})
	}
	<-ctx.Done()
	r.host.RemoveStreamHandler(wire.ProtocolCatchUp)
	r.host.RemoveStreamHandler(wire.ProtocolDraft)
	mu.Lock()
	ended = true
	mu.Unlock()
	running.Wait()
}
