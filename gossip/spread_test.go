package gossip

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/marcopolo/simnet"
	"github.com/quic-go/quic-go"
	"go.uber.org/fx"

	"github.com/libp2p/go-libp2p/core/peer"
)

// Twenty unchanged routers in virtual time, over simulated QUIC with 20 ms from
// one to the next: a warning reaches every device in a sparse mesh, within a
// bound that the network sets.
func TestWarningSpreadsInVirtualTime(t *testing.T) {
	const devices, neighbours = 20, 3
	tree := newTree(t)
	e := warning(t, tree, "one")
	synctest.Test(t, func(t *testing.T) {
		network := &simnet.Simnet{LatencyFunc: simnet.StaticLatency(20 * time.Millisecond)}
		var all []*station
		for i := range devices {
			h := simulatedHost(t, network, i)
			s := &station{host: h, store: newMemory(), pool: tree.Pinned()}
			r, err := New(h, s.store, s.pool, config())
			if err != nil {
				t.Fatal(err)
			}
			s.Router = r
			all = append(all, s)
		}
		network.Start()
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for _, s := range all {
			running.Go(func() {
				if err := s.Run(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		for i, s := range all {
			for k := 1; k <= neighbours; k++ {
				other := all[(i+k*k)%devices].host
				if err := s.host.Connect(ctx, peer.AddrInfo{ID: other.ID(), Addrs: other.Addrs()}); err != nil {
					t.Fatal(err)
				}
			}
		}
		time.Sleep(5 * time.Second) // virtual: meshes form, catch-up is over
		begun := time.Now()
		if _, err := all[0].Publish(ctx, e.EncodeFull()); err != nil {
			t.Fatal(err)
		}
		for i, s := range all {
			for !s.knows(e.ID(), 2)() {
				if time.Since(begun) > 5*time.Second {
					t.Fatalf("device %d has no warning after %s", i, time.Since(begun))
				}
				time.Sleep(5 * time.Millisecond)
			}
		}
		if took := time.Since(begun); took > time.Second {
			t.Errorf("everywhere after %s", took)
		} else {
			t.Logf("everywhere after %s", took)
		}
		stop()
		running.Wait()
		for _, s := range all {
			_ = s.host.Close()
		}
		network.Close()
	})
}

// simulatedHost has one address in the simulated network.
func simulatedHost(t *testing.T, network *simnet.Simnet, i int) host.Host {
	return simulatedHostAt(t, network, i, 20e6)
}

func simulatedHostAt(t *testing.T, network *simnet.Simnet, i, bitsPerSecond int) host.Host {
	t.Helper()
	link := simnet.NodeBiDiLinkSettings{Downlink: simnet.LinkSettings{BitsPerSecond: bitsPerSecond}, Uplink: simnet.LinkSettings{BitsPerSecond: bitsPerSecond}}
	source := &sourceIP{}
	sockets := func(l fx.Lifecycle, reset quic.StatelessResetKey, token quic.TokenGeneratorKey, opts ...quicreuse.Option) (*quicreuse.ConnManager, error) {
		m, err := quicreuse.NewConnManager(reset, token, opts...)
		if err == nil {
			l.Append(fx.StopHook(m.Close))
		}
		return m, err
	}
	h, err := libp2p.New(
		libp2p.ListenAddrStrings(fmt.Sprintf("/ip4/1.0.%d.1/udp/7131/quic-v1", i)),
		libp2p.Transport(libp2pquic.NewTransport), libp2p.DisableRelay(), libp2p.DisableMetrics(),
		libp2p.DisableIdentifyAddressDiscovery(), libp2p.ForceReachabilityPrivate(),
		libp2p.QUICReuse(sockets,
			quicreuse.OverrideSourceIPSelector(func() (quicreuse.SourceIPSelector, error) { return source, nil }),
			quicreuse.OverrideListenUDP(func(_ string, a *net.UDPAddr) (net.PacketConn, error) {
				source.ip.Store(&a.IP)
				return network.NewEndpoint(a, link), nil
			})))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// sourceIP answers with the host's one address.
type sourceIP struct{ ip atomic.Pointer[net.IP] }

func (s *sourceIP) PreferredSourceIPForDestination(*net.UDPAddr) (net.IP, error) {
	return *s.ip.Load(), nil
}
