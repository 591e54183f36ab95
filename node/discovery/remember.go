package discovery

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/kreidfeuer/kreidfeuer/node/linklocal"
)

// Memory keeps the remembered peers over restarts, as bytes that mean nothing
// to it. It is a cache: losing it costs time, never a warning.
type Memory interface {
	// Load returns what was last saved, nil if nothing was.
	Load() ([]byte, error)
	Save([]byte) error
}

const (
	// maxRemembered bounds the peers that are remembered over a restart: those
	// met last. A neighbourhood fits.
	maxRemembered = 128

	memorySchema = "kreidfeuer.neighbours/1"
)

// memory is the saved form.
type memory struct {
	Schema string       `json:"schema"`
	Peers  []remembered `json:"peers"`
}

type remembered struct {
	ID    peer.ID  `json:"id"`
	Addrs []string `json:"addrs"`
	Said  bool     `json:"said,omitempty"` // at Addrs it was not met
	Met   int64    `json:"met"`            // seconds since 1970 by this device's clock, which may be wrong: for the order only
}

// remember writes the peers that were met, latest first.
func (b *book) remember() ([]byte, error) {
	var met []*entry
	for _, e := range b.entries {
		if !e.met.IsZero() && e.hasAny(anyAddress) {
			met = append(met, e)
		}
	}
	slices.SortFunc(met, func(x, y *entry) int { return y.met.Compare(x.met) })
	m := memory{Schema: memorySchema}
	for _, e := range met[:min(len(met), maxRemembered)] {
		addrs, r := merge(math.MaxInt, e.fixed, e.proven), remembered{ID: e.id, Met: e.met.Unix()}
		if r.Said = len(addrs) == 0; r.Said {
			addrs = e.addrs
		}
		for _, a := range addrs {
			if at, ok := addrOf(a); ok && !linklocal.Prefix.Contains(at) { // interface indexes change over a restart
				r.Addrs = append(r.Addrs, a.String())
			}
		}
		if len(r.Addrs) > 0 {
			m.Peers = append(m.Peers, r)
		}
	}
	return json.Marshal(m)
}

// recall takes up what remember wrote. Entries that cannot be read are skipped.
func (b *book) recall(saved []byte, now time.Time) error {
	var m memory
	if err := json.Unmarshal(saved, &m); err != nil {
		return fmt.Errorf("read remembered peers: %w", err)
	}
	if m.Schema != memorySchema {
		return fmt.Errorf("read remembered peers: schema %q, want %q", m.Schema, memorySchema)
	}
	for _, r := range m.Peers[:min(len(m.Peers), maxRemembered)] {
		addrs := make([]ma.Multiaddr, 0, len(r.Addrs))
		for _, s := range r.Addrs {
			if a, err := ma.NewMultiaddr(s); err == nil {
				addrs = append(addrs, a)
			}
		}
		if r.ID.Validate() != nil || r.ID == b.self || len(addrs) == 0 {
			continue
		}
		e := b.get(r.ID, now)
		if e == nil {
			break
		}
		if r.Said {
			e.add(addrs)
		} else {
			e.prove(addrs)
		}
		e.met = time.Unix(r.Met, 0)
		b.dialBy(e, now, now)
	}
	return nil
}
