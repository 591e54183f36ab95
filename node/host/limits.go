package host

import (
	"fmt"
	"net/netip"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/libp2p/go-libp2p/x/rate"
)

// Limits of the resource manager. libp2p's defaults are made for servers on the
// internet: 8 connections per IPv4 address and per IPv6 /56, which cuts off a
// local network whose devices share one /64, and a shelter behind one router.
const (
	// maxConns bounds all connections of the device: the connection manager
	// works below it, and a burst of arrivals fits.
	maxConns = 1024

	// maxPrivate bounds the connections from one private range. It leaves room
	// for neighbours elsewhere when a local network misbehaves.
	maxPrivate = 768

	// maxPerPublicIP bounds the connections from one public IPv4 address or
	// IPv6 /64: many households may share it, one attacker should not fill us.
	maxPerPublicIP = 64

	// maxPerPublic48 bounds the connections from one public IPv6 /48, a site.
	maxPerPublic48 = 256

	// maxTalks bounds the streams each way of identify and of ping over all connections, of
	// which libp2p allows 64 on a small device: whoever comes is identified, and after a
	// change of the network all are asked at once whether they are there, while the dead
	// hold their streams for seconds. Ping allows two for a peer, so that nobody's keep others' out.
	maxTalks = 2 * maxConns

	// maxAsked bounds what one peer is asked at once: each of its connections when
	// another comes, and again when the next does. libp2p allows three.
	maxAsked = 16

	// maxNaming bounds the streams each way that do not say yet what they are for, over all
	// connections: 5 kB each. maxFromPeer bounds the streams that one peer opens, a dozen of
	// which are in use: libp2p lets one hold twice what it allows all on a small device, and
	// over TCP has patience with each.
	maxNaming   = 2 * maxConns
	maxFromPeer = 128

	// identifyBytes is what identify reserves for a message.
	identifyBytes = 8 << 10
)

// publicRate limits new connections per public IPv4 address or IPv6 /64: after a
// power cut a whole house behind one address returns at once, and then no more.
var publicRate = rate.Limit{RPS: 2, Burst: 128}

// privateRanges are local by RFC 1918, 3927, 4193, 4291 and 6598.
var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("fc00::/7"),
	netip.MustParsePrefix("fe80::/10"),
}

// loopbackRanges are never limited: whoever connects there is on this machine.
var loopbackRanges = []netip.Prefix{
	netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("::1/128"),
}

func newResourceManager() (network.ResourceManager, error) {
	scaling := rcmgr.DefaultLimits
	libp2p.SetDefaultServiceLimits(&scaling)
	talks := rcmgr.ResourceLimits{StreamsInbound: maxTalks, StreamsOutbound: maxTalks, Streams: 2 * maxTalks, Memory: maxTalks * identifyBytes}
	asked := rcmgr.ResourceLimits{StreamsOutbound: maxAsked, Streams: 2 * maxAsked}
	limits := rcmgr.PartialLimitConfig{
		System: rcmgr.ResourceLimits{Conns: maxConns, ConnsInbound: maxConns, ConnsOutbound: maxConns,
			Streams: 16 * maxConns, StreamsInbound: 16 * maxConns, StreamsOutbound: 16 * maxConns},
		Transient: rcmgr.ResourceLimits{Conns: maxConns / 4, ConnsInbound: maxConns / 4, ConnsOutbound: maxConns / 4,
			Streams: 2 * maxNaming, StreamsInbound: maxNaming, StreamsOutbound: maxNaming},
		Service:  map[string]rcmgr.ResourceLimits{identify.ServiceName: talks, ping.ServiceName: talks},
		Protocol: map[protocol.ID]rcmgr.ResourceLimits{identify.ID: talks, identify.IDPush: talks, ping.ID: talks},

		PeerDefault:  rcmgr.ResourceLimits{StreamsInbound: maxFromPeer},
		ServicePeer:  map[string]rcmgr.ResourceLimits{ping.ServiceName: asked},
		ProtocolPeer: map[protocol.ID]rcmgr.ResourceLimits{ping.ID: asked},
	}.Build(scaling.AutoScale())
	v4, v6 := prefixLimits()
	m, err := rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(limits),
		rcmgr.WithMetricsDisabled(),
		rcmgr.WithNetworkPrefixLimit(v4, v6),
		rcmgr.WithLimitPerSubnet(
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: maxPerPublicIP}},
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 64, ConnCount: maxPerPublicIP}, {PrefixLength: 48, ConnCount: maxPerPublic48}},
		),
		rcmgr.WithConnRateLimiters(connRates()),
	)
	if err != nil {
		return nil, fmt.Errorf("build resource manager: %w", err)
	}
	return m, nil
}

func prefixLimits() (v4, v6 []rcmgr.NetworkPrefixLimit) {
	add := func(p netip.Prefix, count int) {
		if p.Addr().Is4() {
			v4 = append(v4, rcmgr.NetworkPrefixLimit{Network: p, ConnCount: count})
		} else {
			v6 = append(v6, rcmgr.NetworkPrefixLimit{Network: p, ConnCount: count})
		}
	}
	for _, p := range privateRanges {
		add(p, maxPrivate)
	}
	for _, p := range loopbackRanges {
		add(p, maxConns)
	}
	return v4, v6
}

// connRates limits how fast public addresses connect. A zero limit is none.
func connRates() *rate.Limiter {
	var free []rate.PrefixLimit
	for _, p := range append(loopbackRanges[:len(loopbackRanges):len(loopbackRanges)], privateRanges...) {
		free = append(free, rate.PrefixLimit{Prefix: p})
	}
	return &rate.Limiter{
		NetworkPrefixLimits: free,
		SubnetRateLimiter: rate.SubnetLimiter{
			IPv4SubnetLimits: []rate.SubnetLimit{{PrefixLength: 32, Limit: publicRate}},
			IPv6SubnetLimits: []rate.SubnetLimit{{PrefixLength: 64, Limit: publicRate}},
		},
	}
}
