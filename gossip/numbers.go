package gossip

import (
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/catchup"
	"github.com/kreidfeuer/kreidfeuer/gossip/meter"
)

// Numbers are the parameters of spreading that a model of it needs.
type Numbers struct {
	// Of the mesh: what a device grafts to, below what it does, from what on it
	// prunes, and how many it wants to have dialled itself.
	Degree, Least, Most, Outbound int
	// Announcements: to how many others at least, to what share of them, how often.
	Lazy      int
	LazyShare float64
	Heartbeat time.Duration
	// Catch-up: between comparisons with one neighbour in turn, from catching up to
	// offering it on, and how long nobody else is asked for the same.
	Round, OfferDelay, Claim time.Duration
	// Before passing on: one part in so many of a trip there and back, within bounds; how long
	// once one in so many of the mesh has the envelope; in a mesh larger than which.
	HoldShare, HoldPart, HoldMesh   int
	HoldLeast, HoldMost, HoldBehind time.Duration
	// Chain is how long a certificate goes along with what it proves.
	Chain time.Duration
	// Strikes are forgiven; after one more a neighbour is cut off for so long.
	Strikes int
	CutOff  time.Duration
}

// ModelNumbers are the numbers of this package.
func ModelNumbers() Numbers {
	p := routerParams()
	return Numbers{Degree: p.D, Least: p.Dlo, Most: p.Dhi, Outbound: p.Dout, Lazy: p.Dlazy, LazyShare: p.GossipFactor, Heartbeat: p.HeartbeatInterval,
		Round: catchup.Every, OfferDelay: agenda.OfferDelay, Claim: agenda.ClaimTime, Strikes: meter.Strikes, CutOff: meter.BanTime,
		HoldShare: holdShare, HoldPart: holdPart, HoldMesh: holdMesh, HoldLeast: holdLeast, HoldMost: holdMost, HoldBehind: holdBehind, Chain: chainSettles}
}
