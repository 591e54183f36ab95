package gossip

import (
	"slices"
	"strings"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// meshProtocols begins the names of gossipsub's protocols.
const meshProtocols = "/meshsub/"

// listen notices a neighbour that speaks gossipsub though this host believes that
// it does not, or not catch-up, which a device that starts offers a moment later. A device that was met while it still read its store says so later,
// by identify's push; of those libp2p takes ten from one /24 or /56 and then one in
// five seconds. Where a whole house starts at once after a power cut, most would
// never be sent anything. It runs in gossipsub's loop, and must not block.
func (r *Router) listen(p peer.ID, rpc *pubsub.RPC) {
	if len(rpc.GetSubscriptions()) == 0 { // they come once a connection
		return
	}
	if mesh, catchUp := r.believes(p); !mesh || !catchUp {
		r.wonder(p)
	}
}

// called notices a neighbour that speaks catch-up to this device, which believes that it
// does not.
func (r *Router) called(p peer.ID) {
	if mesh, catchUp := r.believes(p); mesh && !catchUp {
		r.wonder(p)
	}
}

// wonder has it learned what a neighbour speaks.
func (r *Router) wonder(p peer.ID) {
	select {
	case r.speakers <- p:
	default:
	}
}

// believes is what the host knows of what a neighbour speaks.
func (r *Router) believes(p peer.ID) (mesh, catchUp bool) {
	known, err := r.host.Peerstore().SupportsProtocols(p, append([]protocol.ID{wire.ProtocolCatchUp}, pubsub.GossipSubDefaultProtocols...)...)
	if err != nil {
		return true, true // nothing is to be learned
	}
	catchUp = slices.Contains(known, wire.ProtocolCatchUp)
	return len(known) > 1 || len(known) == 1 && !catchUp, catchUp
}

// learn tells the host what a neighbour speaks: the very protocol of the stream it
// has opened, and catch-up, which every device speaks with it.
func (r *Router) learn(p peer.ID) {
	spoken := []protocol.ID{wire.ProtocolCatchUp}
	mesh, _ := r.believes(p)
	for _, c := range r.host.Network().ConnsToPeer(p) {
		for _, s := range c.GetStreams() {
			if !mesh && s.Stat().Direction == network.DirInbound && strings.HasPrefix(string(s.Protocol()), meshProtocols) {
				spoken = append(spoken, s.Protocol())
			}
		}
	}
	if err := r.host.Peerstore().AddProtocols(p, spoken...); err != nil {
		r.log.Debug("remember protocols", "peer", p, "err", err)
		return
	}
	tell, err := r.host.EventBus().Emitter(new(event.EvtPeerProtocolsUpdated))
	if err != nil {
		r.log.Debug("tell of protocols", "peer", p, "err", err)
		return
	}
	defer tell.Close()
	if err := tell.Emit(event.EvtPeerProtocolsUpdated{Peer: p, Added: spoken}); err != nil {
		r.log.Debug("tell of protocols", "peer", p, "err", err)
	}
}
