package up

import (
	"context"
	"log/slog"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/discovery"
	peerexchange "github.com/kreidfeuer/kreidfeuer/node/exchange"
	nodehost "github.com/kreidfeuer/kreidfeuer/node/host"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

func (u *upper) logger() (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(u.c.String("log"))); err != nil {
		return nil, exit.Errorf(exit.Usage, "--log %q: want debug, info, warn or error", u.c.String("log"))
	}
	options := &slog.HandlerOptions{Level: level}
	if u.JSON {
		return slog.New(slog.NewJSONHandler(u.Stderr, options)), nil
	}
	return slog.New(slog.NewTextHandler(u.Stderr, options)), nil
}

func (u *upper) newHost(bans *nodehost.Bans) (host.Host, error) {
	listen := u.cfg.Listen
	if u.c.IsSet("listen") {
		listen = u.c.StringSlice("listen")
	}
	cfg := nodehost.Config{Key: u.dev.Key, Bans: bans, UserAgent: "kreidfeuer/" + u.Version, Log: u.log}
	for _, s := range listen {
		a, err := ma.NewMultiaddr(s)
		if err != nil {
			return nil, exit.Errorf(exit.Usage, "listen address %q: %w", s, err).Hintf("want /ip4/0.0.0.0/udp/7131/quic-v1")
		}
		cfg.Listen = append(cfg.Listen, a)
	}
	var err error
	if cfg.Options, err = u.internetOptions(); err != nil {
		return nil, err
	}
	h, err := nodehost.New(cfg)
	if err != nil {
		return nil, exit.Errorf(exit.System, "listen: %w", err).Hintf("another program may use the port; --listen names another address")
	}
	return h, nil
}

func (u *upper) newNode(ctx context.Context, h host.Host, st *persist.Store, bans *nodehost.Bans) (*node.Node, error) {
	cfg := node.Config{Name: u.cfg.Name, Version: u.Version, Dir: u.dir.Path, Backend: u.c.String("store"), Places: u.cfg.Places,
		WatchInterfaces: true, StoreProblem: u.problem, Problems: configProblems(u.cfg.Lost)}
	var err error
	if cfg.Static, err = u.staticPeers(); err != nil {
		return nil, err
	}
	offset := u.c.Duration("clock-offset")
	deps := node.Deps{Host: h, Store: st, Bans: bans, Log: u.log, Now: func() time.Time { return u.Now().Add(offset) }}
	if !u.c.Bool("no-mdns") {
		deps.Sources = append(deps.Sources, discovery.NewMDNS(h, u.log), discovery.NewBeacon(h, u.log), peerexchange.New(h, u.log))
	}
	if deps.Radio, err = u.radioConfig(); err != nil {
		return nil, err
	}
	var n *node.Node
	if err := u.addFinder(&deps, h, cfg.Static, func() []wire.ID { return n.Domains() }); err != nil {
		return nil, err
	}
	n, err = node.New(ctx, cfg, deps)
	if err != nil {
		return nil, exit.Errorf(exit.Data, "%w", err)
	}
	return n, nil
}

// trustPinned makes the device trust what the data folder has pinned.
func (u *upper) trustPinned(ctx context.Context, n *node.Node) ([]trust.Pin, error) {
	pins, err := trust.ReadPins(u.dir)
	if err != nil {
		return nil, err
	}
	for _, p := range pins {
		if err := n.Trust(ctx, p.Root, p.Objects); err != nil {
			return nil, exit.Errorf(exit.Data, "pinned domain %s: %w", p.Root.Domain().Short(), err)
		}
	}
	return pins, nil
}

// passOn gives the neighbours what came with the pinned roots: certificates, and
// revocations above all.
func (u *upper) passOn(ctx context.Context, n *node.Node, pins []trust.Pin) error {
	for _, p := range pins {
		envelopes := p.Envelopes()
		if err := n.Pin(ctx, envelopes[0], p.Root.ID().String(), envelopes[1:]); err != nil && ctx.Err() == nil {
			u.log.Warn("pass on trust objects", "domain", p.Root.Domain(), "err", err)
		}
	}
	return nil
}
