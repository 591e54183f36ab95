package catchup

import (
	"cmp"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// offers describes what this device has, the most urgent first, at most maxHave.
func (s *Sessions) offers(have []wire.Item) []stream.Offered { return ranked(s.cfg.Stock.Known(have)) }

// compareOffers is the order in which what is offered is to be fetched: the most
// urgent first; of trust objects what proves the others. What is below Moderate, which may be a
// hundred thousand, goes by ID: stores keep it in that order, and both ends read and write it
// for half of what any other order costs them.
func compareOffers(a, b *ledger.Entry) int {
	switch {
	case a.Lane == wire.LaneTrust:
		return cmp.Or(cmp.Compare(len(a.Accounts), len(b.Accounts)), ledger.CompareRank(a, b))
	case a.Priority == b.Priority && a.Priority < wire.PriorityModerate:
		return a.ID.Compare(b.ID)
	}
	return ledger.CompareRank(a, b)
}

// ranked describes entries in that order, each once.
func ranked(list []*ledger.Entry) []stream.Offered {
	slices.SortFunc(list, compareOffers)
	offers := make([]stream.Offered, 0, min(len(list), maxHave))
	for i, e := range list[:min(len(list), maxHave)] {
		if i == 0 || list[i-1] != e {
			offers = append(offers, stream.Describe(e.ID, e.Grade(), e.Size))
		}
	}
	return offers
}
