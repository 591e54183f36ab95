package discovery

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"go.uber.org/goleak"
	"golang.org/x/net/ipv4"

	"github.com/kreidfeuer/kreidfeuer/node/host"
)

var discard = slog.New(slog.DiscardHandler)

// listenLoopback opens a real socket, as mDNS does, that hears of no other machine.
func listenLoopback() ([]multicast, error) {
	group := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	conn, err := net.ListenUDP("udp4", group)
	if err != nil {
		return nil, err
	}
	return []multicast{socket4{ipv4.NewPacketConn(conn), group}}, nil
}

// TestRunLeavesNothing connects two real hosts and stops: every goroutine that
// Run started has ended when it returns.
func TestRunLeavesNothing(t *testing.T) {
	loopback := []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.1/udp/0/quic-v1")}
	_, keyA, _ := ed25519.GenerateKey(rand.Reader)
	_, keyB, _ := ed25519.GenerateKey(rand.Reader)
	a, err := host.New(host.Config{Key: keyA, Listen: loopback})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := host.New(host.Config{Key: keyB, Listen: loopback})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	met := make(chan struct{})
	var once sync.Once
	a.Network().Notify(&network.NotifyBundle{ConnectedF: func(network.Network, network.Conn) { once.Do(func() { close(met) }) }})

	mdns := NewMDNS(a, nil)
	mdns.listen, mdns.scan = listenLoopback, func() ([]link, error) { return nil, nil }
	c, err := New(Config{Host: a, Sources: []Source{mdns}, Static: []peer.AddrInfo{{ID: b.ID(), Addrs: b.Addrs()}}})
	if err != nil {
		t.Fatal(err)
	}
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	select {
	case <-met:
	case <-time.After(10 * time.Second):
		t.Fatal("not connected")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	a.Close()
	b.Close()
	goleak.VerifyNone(t, before)
}
