package gossip

import (
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Gossipsub's parameters, all in this file, each with its reason. They must be
// safe in a LAN of two and in a mesh of ten thousand.

// routerParams are the mesh and heartbeat parameters.
func routerParams() pubsub.GossipSubParams {
	p := pubsub.DefaultGossipSubParams()
	// A mesh that is full refuses: the leaves of a hub, which know nobody else, and in
	// a cold boot everybody honest, after Sybils took the places. So none is ever full; the
	// connection manager bounds it. Who joins asks for sixteen and is asked by as many: three
	// hops reach a thousand devices. Copies are few all the same, by hold.go.
	// sim/FINDINGS.md has the numbers.
	p.D, p.Dlo, p.Dhi = 16, 12, 160
	p.Dscore, p.Dout = 8, 7 // keep the best, and of those that we dialled ourselves as many as gossipsub allows (eclipse)
	p.Dlazy = 8             // announce to more than the default: recovery on lossy radio links
	p.GossipFactor = 0.4    // measured in published attack tests: 100 % delivery in a cold boot with Sybils
	p.HeartbeatInterval = 700 * time.Millisecond
	p.HeartbeatInitialDelay = 100 * time.Millisecond // a first mesh at once: warnings do not wait
	p.HistoryLength, p.HistoryGossip = 12, 6         // 8 s to fetch what was announced over a slow link
	p.PruneBackoff = 15 * time.Second                // small meshes must be able to graft again soon
	p.UnsubscribeBackoff = 5 * time.Second
	p.IDontWantMessageThreshold = 256 // a warning without its chain
	p.MaxIHaveLength = 2000           // a burst of 2,000 is announced whole
	return p
}

// thresholds: scores are negative only for invalid messages, broken promises and
// crowding of public addresses, so they may be strict.
func scoreThresholds() *pubsub.PeerScoreThresholds {
	return &pubsub.PeerScoreThresholds{
		GossipThreshold:   -10,
		PublishThreshold:  -50,
		GraylistThreshold: -80,
		AcceptPXThreshold: 1000, // nobody: no peer exchange, a Sybil could fill it

		// No opportunistic grafting: who is below it is in no mesh. Scores count the time in the meshes of all
		// lanes, so that in the first minutes some pass for better than a mesh in which nothing is wrong.
		OpportunisticGraftThreshold: 0,
	}
}

// scoreParams are the peer scores. No delivery duty (P3): a quiet topic would
// punish everybody. Invalid messages (P4) are what counts.
func scoreParams() *pubsub.PeerScoreParams {
	return &pubsub.PeerScoreParams{
		Topics:           map[string]*pubsub.TopicScoreParams{},
		TopicScoreCap:    20,
		AppSpecificScore: func(peer.ID) float64 { return 0 },
		DecayInterval:    time.Second,
		DecayToZero:      0.01,
		RetainScore:      10 * time.Minute, // as long as a ban

		// Crowding: villages sit behind one address, so only beyond 64 and mildly.
		IPColocationFactorWeight:    -1,
		IPColocationFactorThreshold: 64,

		// Broken IWANT promises and graft floods; a few are honest on bad links.
		BehaviourPenaltyWeight:    -1,
		BehaviourPenaltyThreshold: 6,
		BehaviourPenaltyDecay:     pubsub.ScoreParameterDecay(2 * time.Minute),
	}
}

// topicScore are the scores of one topic.
func topicScore() *pubsub.TopicScoreParams {
	return &pubsub.TopicScoreParams{
		SkipAtomicValidation: true,
		TopicWeight:          1,

		// A little credit for staying and for being first, so that a mesh of
		// old neighbours survives a flood of new ones.
		TimeInMeshWeight: 0.01, TimeInMeshQuantum: time.Second, TimeInMeshCap: 300,
		FirstMessageDeliveriesWeight: 0.5, FirstMessageDeliveriesCap: 20,
		FirstMessageDeliveriesDecay: pubsub.ScoreParameterDecay(10 * time.Minute),

		// They count by their square: four outweigh all credit; with the ninth,
		// which makes the router cut the sender off, gossipsub is deaf to it too.
		InvalidMessageDeliveriesWeight: -1,
		InvalidMessageDeliveriesDecay:  pubsub.ScoreParameterDecay(10 * time.Minute),
	}
}

// options assemble the router's gossipsub.
func (r *Router) options() []pubsub.Option {
	return []pubsub.Option{
		// The envelope is what is signed; pubsub's own signature would only name the sender.
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithNoAuthor(),
		// Over all bytes: see wire.MessageID.
		pubsub.WithMessageIdFn(func(m *pb.Message) string { return wire.MessageID(m.GetData()) }),
		pubsub.WithGossipSubParams(routerParams()),
		pubsub.WithPeerScore(scoreParams(), scoreThresholds()),
		pubsub.WithFloodPublish(true), // the first hop reaches everybody at once, also before the mesh stands
		pubsub.WithMaxMessageSize(wire.MaxTransmission + 4<<10),
		// On default queues a burst of 2,000 loses nine tenths, silently.
		pubsub.WithPeerOutboundQueueSize(1024),
		pubsub.WithValidateQueueSize(1024),
		// As long as a live alert may still be replayed by a slow mesh.
		pubsub.WithSeenMessagesTTL(10 * time.Minute),
		pubsub.WithSubscriptionFilter(newFilter(r)),
		pubsub.WithAppSpecificRpcInspector(r.inspect),
		pubsub.WithRawTracer(&tracer{&r.stats, r.near, r.holds}),
		pubsub.WithDefaultValidator(r.linger, pubsub.WithValidatorConcurrency(holdDoors)), // after the topics' own
	}
}
