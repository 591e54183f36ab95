package host

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	basicconnmgr "github.com/libp2p/go-libp2p/p2p/net/connmgr"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/quic-go/quic-go"
	"go.uber.org/fx"
)

// Port is the UDP and TCP port a device listens on unless told otherwise. A
// second device on one machine gets random ports.
const Port = 7131

// Water marks of the connection manager unless told otherwise: above the high
// one it closes connections down to the low one, never protected ones. A
// neighbour costs 50 to 70 kB of memory; a device of 512 MB carries 160.
const (
	DefaultLow  = 96
	DefaultHigh = 160
)

// trimGrace is how long a new connection is safe from trimming: long enough for
// catch-up on a slow link, after which its worth is known.
const trimGrace = time.Minute

// Config says how to build a host. Only Key is required.
type Config struct {
	// Key is the device's identity. It is never an authoring key.
	Key ed25519.PrivateKey

	// Listen are the addresses to listen on; each must succeed. Empty: [Port]
	// on all interfaces, IPv4 and IPv6, QUIC and TCP, where a taken port is
	// replaced by a random one.
	Listen []ma.Multiaddr

	// Low and High are the connection manager's water marks in connections.
	// Zero: the defaults.
	Low, High int

	// Bans gates connections. Nil: nobody is refused.
	Bans *Bans

	// UserAgent is told to neighbours by identify.
	UserAgent string

	// QUICOnly leaves TCP out. The simulator has no virtual TCP.
	QUICOnly bool

	// QUICReuse are options of the QUIC sockets, such as
	// quicreuse.OverrideListenUDP for packets that travel a simulated network.
	QUICReuse []quicreuse.Option

	// NoAddressDiscovery turns identify's observed addresses off. They use
	// timers that never rest, so virtual time needs them off.
	NoAddressDiscovery bool

	// Options are appended to the options of libp2p.New.
	Options []libp2p.Option

	// Log gets what is worth knowing about listening. Nil: nothing is logged.
	Log *slog.Logger
}

// New builds the host and listens. The caller closes it.
func New(c Config) (host.Host, error) {
	if c.Low == 0 && c.High == 0 {
		c.Low, c.High = DefaultLow, DefaultHigh
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	g := &gate{ConnectionGater: c.Bans}
	if c.Bans == nil {
		g.ConnectionGater = NewBans()
	}
	options, err := c.options(g)
	if err != nil {
		return nil, err
	}
	h, err := libp2p.New(append(options, c.Options...)...)
	if err != nil {
		return nil, fmt.Errorf("build host: %w", err)
	}
	n := h.Network()
	g.network.Store(&n)
	n.Notify(&network.NotifyBundle{ConnectedF: renew})
	if err := c.listen(h); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (c *Config) options(g *gate) ([]libp2p.Option, error) {
	key, err := crypto.UnmarshalEd25519PrivateKey(c.Key)
	if err != nil {
		return nil, fmt.Errorf("read device key: %w", err)
	}
	resources, err := newResourceManager()
	if err != nil {
		return nil, err
	}
	conns, err := basicconnmgr.NewConnManager(c.Low, c.High, basicconnmgr.WithGracePeriod(trimGrace))
	if err != nil {
		return nil, fmt.Errorf("build connection manager: %w", err)
	}
	options := []libp2p.Option{
		libp2p.Identity(key),
		libp2p.NoListenAddrs,
		libp2p.UserAgent(c.UserAgent),
		libp2p.Transport(libp2pquic.NewTransport),
		libp2p.Security(noise.ID, noise.New),
		libp2p.ResourceManager(resources),
		libp2p.ConnectionManager(connmgr.ConnManager(conns)),
		libp2p.ForceReachabilityPrivate(), // keeps the AutoNAT client from starting
		libp2p.ConnectionGater(g),
		libp2p.DisableMetrics(),
		libp2p.AddrsFactory(withoutSpelled),
	}
	if !c.QUICOnly {
		options = append(options, patientTCP()...)
	}
	if c.NoAddressDiscovery {
		options = append(options, libp2p.DisableIdentifyAddressDiscovery())
	}
	sockets := c.QUICReuse
	if len(sockets) == 0 { // not beside others: they are applied in random order
		sockets = []quicreuse.Option{quicreuse.OverrideListenUDP(listenUDP)}
	}
	return append(options, libp2p.QUICReuse(newQUICSockets, sockets...)), nil
}

// newQUICSockets does what libp2p does by default and, unlike an override
// without it, closes the sockets with the host.
func newQUICSockets(l fx.Lifecycle, reset quic.StatelessResetKey, token quic.TokenGeneratorKey, opts ...quicreuse.Option) (*quicreuse.ConnManager, error) {
	m, err := quicreuse.NewConnManager(reset, token, opts...)
	if err != nil {
		return nil, err
	}
	l.Append(fx.StopHook(m.Close))
	return m, nil
}

// listen opens the configured addresses, or the default ones with random ports
// where the fixed one is taken.
func (c *Config) listen(h host.Host) error {
	for _, a := range c.Listen {
		if err := h.Network().Listen(a); err != nil {
			return fmt.Errorf("listen on %s: %w", a, err)
		}
	}
	if len(c.Listen) > 0 {
		return nil
	}
	var failed []error
	for _, a := range defaultAddresses(Port, c.QUICOnly) {
		if err := h.Network().Listen(a); err != nil {
			c.Log.Info("port taken or address family missing, trying a random port", "address", a.String(), "err", err)
			failed = append(failed, c.listenAnyPort(h, a))
		}
	}
	if len(h.Network().ListenAddresses()) == 0 {
		return fmt.Errorf("listen: %w", errors.Join(failed...))
	}
	return nil
}

func (c *Config) listenAnyPort(h host.Host, a ma.Multiaddr) error {
	free, err := ma.NewMultiaddr(strings.Replace(a.String(), fmt.Sprintf("/%d", Port), "/0", 1))
	if err == nil {
		err = h.Network().Listen(free)
	}
	if err != nil {
		c.Log.Warn("cannot listen", "address", a.String(), "err", err)
	}
	return err
}

func defaultAddresses(port int, quicOnly bool) []ma.Multiaddr {
	var list []ma.Multiaddr
	for _, ip := range []string{"/ip4/0.0.0.0", "/ip6/::"} {
		list = append(list, ma.StringCast(fmt.Sprintf("%s/udp/%d/quic-v1", ip, port)))
		if !quicOnly {
			list = append(list, ma.StringCast(fmt.Sprintf("%s/tcp/%d", ip, port)))
		}
	}
	return list
}
