package brief

import "github.com/kreidfeuer/kreidfeuer/gossip/compact"

var compactExtras = compact.Extras{}
