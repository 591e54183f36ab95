package node

import "github.com/kreidfeuer/kreidfeuer/gossip/wire"

// Domains are the trust domains that the device trusts.
func (n *Node) Domains() []wire.ID { return n.pool.Domains() }
