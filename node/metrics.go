package node

import "github.com/kreidfeuer/kreidfeuer/gossip"

// Stats are the router's totals since start.
func (n *Node) Stats() gossip.Stats { return n.route.Stats() }
