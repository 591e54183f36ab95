package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/discovery"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// Names in the store's local half.
const (
	localTrust      = "trust"      // identity.Pool's export: pins and adopted roots
	localMemory     = "alerts"     // what people were told, so that nothing alarms twice
	localPlaces     = "places"     // watched places; they never leave the device
	localNeighbours = "neighbours" // discovery's memory
	localDrafts     = "draft"      // prefix: alerts that lack signatures
)

// loadLocal reads what the device remembers of itself.
func (n *Node) loadLocal(ctx context.Context) error {
	local := n.deps.Store.Local()
	if b, err := local.Get(ctx, localTrust); err == nil {
		if err := n.pool.Restore(b); err != nil {
			return fmt.Errorf("restore pinned roots: %w", err)
		}
	} else if !errors.Is(err, persist.ErrNotFound) {
		return fmt.Errorf("read pinned roots: %w", err)
	}
	var memory []alert.Record
	if err := readJSON(ctx, local, localMemory, &memory); err != nil {
		return err
	}
	n.alerts = alert.New(memory)
	n.places = n.cfg.Places
	if err := readJSON(ctx, local, localPlaces, &n.places); err != nil {
		return err
	}
	return n.drafts.load(ctx, local)
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

// neighbours keeps discovery's memory in the store.
type neighbours struct{ local persist.Local }

var _ discovery.Memory = neighbours{}

func (m neighbours) Load() ([]byte, error) {
	b, err := m.local.Get(context.Background(), localNeighbours)
	if errors.Is(err, persist.ErrNotFound) {
		return nil, nil
	}
	return b, err
}

func (m neighbours) Save(b []byte) error {
	return m.local.Put(context.Background(), localNeighbours, b)
}

// Trust pins a domain with what is known of it, before Run: a person has decided
// so earlier. Objects that are refused are left out.
func (n *Node) Trust(ctx context.Context, root *wire.Envelope, objects []*wire.Envelope) error {
	if _, ok := n.pool.Status(root.Domain()); !ok {
		if err := n.pool.Pin(root, root.ID().String()); err != nil {
			return err
		}
	}
	for id, err := range n.pool.AddAll(append([]*wire.Envelope{root}, objects...)) {
		n.log.Warn("pinned trust object is refused", "id", id, "err", err)
	}
	return n.deps.Store.Local().Put(ctx, localTrust, n.pool.Export())
}

// Pin trusts a root version whose fingerprint a person has compared, and takes
// in the trust objects that came with it. The error says which was refused.
func (n *Node) Pin(ctx context.Context, root []byte, fingerprint string, objects [][]byte) error {
	e, err := wire.Decode(root)
	if err != nil {
		return fmt.Errorf("read root: %w", err)
	}
	if err := n.pool.Pin(e, fingerprint); err != nil {
		return err
	}
	if err := n.deps.Store.Local().Put(ctx, localTrust, n.pool.Export()); err != nil {
		return fmt.Errorf("keep pinned root: %w", err)
	}
	if err := n.route.Refresh(); err != nil {
		return err
	}
	var refused []error
	for _, o := range append([][]byte{root}, objects...) {
		if _, err := n.route.Publish(ctx, o); err != nil && !isReason(err, wire.ReasonSeen) && !isReason(err, wire.ReasonSuperseded) {
			refused = append(refused, err)
		}
	}
	return errors.Join(refused...)
}

// Unpin stops trusting a domain. What was received stays on the disk until it ends.
func (n *Node) Unpin(ctx context.Context, domain wire.ID) error {
	if _, ok := n.pool.Status(domain); !ok {
		return fmt.Errorf("domain %s is not pinned", identity.Fingerprint(domain))
	}
	n.pool.Drop(domain)
	if err := n.deps.Store.Local().Put(ctx, localTrust, n.pool.Export()); err != nil {
		return fmt.Errorf("keep pinned roots: %w", err)
	}
	return n.route.Refresh()
}

func isReason(err error, reason wire.Reason) bool {
	return errors.Is(err, &wire.Refusal{Reason: reason})
}
