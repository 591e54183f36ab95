package node_test

import (
	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/api"
)

var _ api.Backend = node.Control{}
