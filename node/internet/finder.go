package internet

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/ipfs/go-cid"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/multiformats/go-multihash"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/discovery"
)

// Prefix begins the names of the DHT's protocols: this program's devices alone
// take part, not IPFS.
const Prefix protocol.ID = "/kreidfeuer"

const (
	// maxFound bounds the peers taken from one look-up: a neighbourhood.
	maxFound = 24

	// lookUpTimeout bounds one look-up or advertisement.
	lookUpTimeout = time.Minute

	// firstPause is the pause after a look-up that found nobody; it doubles up to
	// longestPause, which is also the pause between look-ups that find somebody.
	firstPause   = time.Second
	longestPause = 10 * time.Minute
)

// Config configures a [Finder]. Host and Domains are needed.
type Config struct {
	Host host.Host
	// Bootstrap are peers that take part in the DHT: without any, nobody is found.
	Bootstrap []peer.AddrInfo
	// Domains are the trust domains under whose names devices meet. It is asked
	// before each look-up.
	Domains func() []wire.ID
	// Serve answers look-ups of others, whether or not the host finds out that it
	// has a public address.
	Serve bool
	// Log gets what an operator wants to know. Nil: nothing is logged.
	Log *slog.Logger
}

// Finder finds neighbours by the DHT. Make one with [New].
type Finder struct{ cfg Config }

var _ discovery.Source = (*Finder)(nil)

// New makes a finder. It starts nothing.
func New(c Config) (*Finder, error) {
	if c.Host == nil || c.Domains == nil {
		return nil, errors.New("new internet finder: Host and Domains are needed")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Finder{c}, nil
}

// Run implements [discovery.Source].
func (f *Finder) Run(ctx context.Context, found func(peer.AddrInfo)) error {
	mode := dht.ModeAuto
	if f.cfg.Serve {
		mode = dht.ModeServer
	}
	table, err := dht.New(f.cfg.Host, dht.ProtocolPrefix(Prefix), dht.Mode(mode), dht.DisableValues(),
		dht.BootstrapPeers(f.cfg.Bootstrap...))
	if err != nil {
		return fmt.Errorf("start DHT: %w", err)
	}
	defer table.Close()
	if err := table.Bootstrap(ctx); err != nil {
		return fmt.Errorf("start DHT: %w", err)
	}
	for pause := firstPause; ; {
		if f.meet(ctx, table, found) {
			pause = longestPause
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Duration(float64(pause) * (0.75 + rand.Float64()/2))):
		}
		pause = min(2*pause, longestPause)
	}
}

// meet makes this device known under each domain and looks for the others there.
// It reports whether it found anybody.
func (f *Finder) meet(ctx context.Context, table *dht.IpfsDHT, found func(peer.AddrInfo)) (any bool) {
	for _, domain := range f.cfg.Domains() {
		at := Rendezvous(domain)
		try, cancel := context.WithTimeout(ctx, lookUpTimeout)
		if err := table.Provide(try, at, true); err != nil {
			f.cfg.Log.Debug("cannot make this device known on the internet", "domain", domain.Short(), "err", err)
		}
		for info := range table.FindProvidersAsync(try, at, maxFound) {
			if info.ID != f.cfg.Host.ID() && len(info.Addrs) > 0 {
				any = true
				found(info)
			}
		}
		cancel()
	}
	return any
}

// rendezvousName keeps the hash apart from other uses of a domain's ID.
const rendezvousName = "kreidfeuer/rendezvous/1\x00"

// Rendezvous is the name in the DHT under which devices of a domain meet.
func Rendezvous(domain wire.ID) cid.Cid {
	sum := sha256.Sum256(append([]byte(rendezvousName), domain[:]...))
	hash, err := multihash.Encode(sum[:], multihash.SHA2_256)
	if err != nil {
		panic(err) // a SHA-256 always encodes
	}
	return cid.NewCidV1(cid.Raw, hash)
}
