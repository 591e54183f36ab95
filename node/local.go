package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/node/discovery"
	"github.com/kreidfeuer/kreidfeuer/node/radio"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// Names in the store's local half.
const (
	localTrust      = "trust"      // identity.Pool's export: pins and adopted roots
	localTold       = "told"       // prefix: what people were told, so that nothing alarms twice
	localPlaces     = "places"     // watched places; they never leave the device
	localNeighbours = "neighbours" // discovery's memory
	localAirtime    = "airtime"    // the radio's memory
	localDrafts     = "draft"      // prefix: alerts that lack signatures
	localProbe      = "probe"      // written with what is tried again on a disk that took nothing
)

// loadLocal reads what the device remembers of itself.
func (n *Node) loadLocal(ctx context.Context) error {
	local := n.deps.Store.Local()
	if b, err := local.Get(ctx, localTrust); err == nil {
		if err := n.pool.Restore(b); err != nil {
			return fmt.Errorf("restore pinned roots: %w", err)
		}
		n.exported = b
	} else if !errors.Is(err, persist.ErrNotFound) {
		return fmt.Errorf("read pinned roots: %w", err)
	}
	if err := n.loadTold(ctx, local); err != nil {
		return err
	}
	n.places = n.cfg.Places
	if err := readJSON(ctx, local, localPlaces, &n.places); err != nil {
		return err
	}
	if err := n.signs.load(ctx, local); err != nil {
		return err
	}
	return n.drafts.load(ctx, local)
}

// loadTold reads what people were told.
func (n *Node) loadTold(ctx context.Context, local persist.Local) error {
	var memory []alert.Record
	for v, err := range local.List(ctx, localTold) {
		var corrupt *persist.CorruptError
		if errors.As(err, &corrupt) {
			n.log.Error("read what was told", "err", err)
			continue
		}
		if err != nil {
			return fmt.Errorf("read what was told: %w", err)
		}
		var r alert.Record
		if err := json.Unmarshal(v.Content, &r); err != nil {
			n.log.Error("read what was told", "name", v.Name, "err", err)
			continue
		}
		memory = append(memory, r)
		n.told[r.ID] = r
	}
	n.alerts = alert.New(memory)
	return nil
}

// readJSON reads a local value; one that is not there leaves v as it is.
func readJSON(ctx context.Context, local persist.Local, name string, v any) error {
	b, err := local.Get(ctx, name)
	if errors.Is(err, persist.ErrNotFound) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return fmt.Errorf("read local state %q: %w", name, err)
	}
	return nil
}

// memory keeps one value of another part in the store.
type memory struct {
	local persist.Local
	name  string
}

var (
	_ discovery.Memory = memory{}
	_ radio.Memory     = memory{}
)

// Load returns nil if nothing was saved.
func (m memory) Load() ([]byte, error) {
	b, err := m.local.Get(context.Background(), m.name)
	if errors.Is(err, persist.ErrNotFound) {
		return nil, nil
	}
	return b, err
}

func (m memory) Save(b []byte) error { return m.local.Put(context.Background(), m.name, b) }
