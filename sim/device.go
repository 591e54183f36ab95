package sim

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node"
	nodehost "github.com/kreidfeuer/kreidfeuer/node/host"
	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
)

// port is where a simulated device listens, unless it has moved.
const port = nodehost.Port

// Device is one node of a world, over all its restarts.
type Device struct {
	*node.Node // the running one, or the last

	world  *World
	number int
	key    ed25519.PrivateKey
	store  *persist.Store
	clock  netmodel.Clock
	moved  int // its port is so many above the usual one

	up   bool
	host host.Host
	stop context.CancelFunc
	done chan error
	seen seen
}

// keyOf derives a device's key from the world's seed.
func keyOf(seed uint64, number int) ed25519.PrivateKey {
	var s [32]byte
	binary.LittleEndian.PutUint64(s[:], seed)
	binary.LittleEndian.PutUint64(s[8:], uint64(number))
	var key [ed25519.SeedSize]byte
	_, _ = rand.NewChaCha8(s).Read(key[:])
	return ed25519.NewKeyFromSeed(key[:])
}

// addressOf is the IP address of a node: 10.0.0.0/8 holds all that there are.
func addressOf(number int) net.IP {
	return net.IPv4(10, byte(number>>16), byte(number>>8), byte(number)).To4()
}

func multiaddrOf(number, port int) ma.Multiaddr {
	return ma.StringCast(fmt.Sprintf("/ip4/%s/udp/%d/quic-v1", addressOf(number), port))
}

// infoOf is where a device can be reached, whether it runs or not.
func infoOf(seed uint64, number int) (peer.AddrInfo, error) {
	h := keyOf(seed, number)
	id, err := idOf(h)
	return peer.AddrInfo{ID: id, Addrs: []ma.Multiaddr{multiaddrOf(number, port)}}, err
}

// now is the device's own clock.
func (d *Device) now() time.Time {
	since := d.world.Now()
	return trueTime(since).Add(d.clock.Error(since))
}

// trueTime is an hour after the trust domain began, at the start.
func trueTime(since time.Duration) time.Time {
	return time.Unix(trusttest.Epoch+3600, 0).Add(since)
}

// newHost opens a host on the simulated network.
func newHost(a *air, number, port int, key ed25519.PrivateKey, bans *nodehost.Bans) (host.Host, error) {
	return nodehost.New(nodehost.Config{
		Key: key, Bans: bans, Listen: []ma.Multiaddr{multiaddrOf(number, port)}, QUICOnly: true, NoAddressDiscovery: true,
		QUICReuse: []quicreuse.Option{
			quicreuse.OverrideSourceIPSelector(func() (quicreuse.SourceIPSelector, error) { return source(number), nil }),
			quicreuse.OverrideListenUDP(func(_ string, addr *net.UDPAddr) (net.PacketConn, error) {
				return newSocket(a, number, addr), nil
			}),
		},
	})
}

// source says that packets leave from the node's one address.
type source int

func (s source) PreferredSourceIPForDestination(*net.UDPAddr) (net.IP, error) {
	return addressOf(int(s)), nil
}

// start runs the device with what its store holds.
func (d *Device) start(ctx context.Context) error {
	if err := d.open(ctx); err != nil {
		return err
	}
	d.run(ctx)
	return nil
}

// open assembles the device: it listens, and does not run yet.
func (d *Device) open(ctx context.Context) (err error) {
	bans := nodehost.NewBans()
	if d.host, err = newHost(d.world.air, d.number, port+d.moved, d.key, bans); err != nil {
		return err
	}
	cfg := node.Config{Target: d.world.cfg.Target}
	for _, other := range d.world.dials[d.number] {
		info, err := infoOf(d.world.cfg.Seed, other)
		if err != nil {
			return err
		}
		cfg.Static = append(cfg.Static, info)
	}
	deps := node.Deps{Host: d.host, Store: d.store, Bans: bans, Sources: d.world.cfg.Sources(d.number), Radio: d.world.cfg.Radio(d.number),
		Now: d.now, Log: d.world.cfg.Log}
	var known []*wire.Envelope
	if deps.Radio != nil {
		known = d.world.tree.Made
	}
	d.Node, err = node.New(ctx, cfg, deps)
	if err != nil {
		return errors.Join(err, d.host.Close())
	}
	if err := d.Trust(ctx, d.world.tree.Root, known); err != nil {
		return errors.Join(err, d.host.Close())
	}
	return nil
}

func (d *Device) run(ctx context.Context) {
	live, stop := context.WithCancel(ctx)
	d.stop, d.done, d.up = stop, make(chan error, 1), true
	go func() { d.done <- d.Run(live) }()
	<-d.Loaded()
	d.world.watching.Go(func() { d.world.watch(live, d) })
}

// halt ends the device and keeps its store.
func (d *Device) halt() error {
	d.up = false
	d.stop()
	return errors.Join(<-d.done, d.host.Close())
}
