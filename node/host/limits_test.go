package host

import (
	"errors"
	"fmt"
	"testing"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/protocol/identify"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
)

// TestEverybodyIsAskedAtOnce: all whom a device can be connected to are asked at once
// whether they are there, ask it, and tell of themselves, whatever others hold.
func TestEverybodyIsAskedAtOnce(t *testing.T) {
	m, err := newResourceManager()
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	open := func(n int, p protocol.ID, service string, d network.Direction) error {
		s, err := m.OpenStream(peer.ID(fmt.Sprint("peer", n)), d)
		if err != nil {
			return err
		}
		if err := s.SetProtocol(p); err != nil {
			return err
		}
		return s.SetService(service)
	}
	for n := range maxConns {
		for _, one := range []struct {
			protocol protocol.ID
			service  string
			d        network.Direction
		}{
			{ping.ID, ping.ServiceName, network.DirInbound},
			{ping.ID, ping.ServiceName, network.DirInbound}, // all that a peer can hold
			{ping.ID, ping.ServiceName, network.DirOutbound},
			{identify.ID, identify.ServiceName, network.DirInbound},
			{identify.ID, identify.ServiceName, network.DirOutbound},
			{identify.IDPush, identify.ServiceName, network.DirInbound},
			{identify.IDPush, identify.ServiceName, network.DirOutbound},
		} {
			if err := open(n, one.protocol, one.service, one.d); err != nil {
				t.Fatalf("peer %d, %s %s: %v", n, one.protocol, one.d, err)
			}
		}
	}
	if err := open(0, ping.ID, ping.ServiceName, network.DirInbound); !errors.Is(err, network.ErrResourceLimitExceeded) {
		t.Errorf("a third ping of one peer: %v", err)
	}
}

// TestNamelessStreams: peers that open streams and do not say for what keep nobody else's out.
func TestNamelessStreams(t *testing.T) {
	m, err := newResourceManager()
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	const hostile = 8
	for n := range hostile {
		for opened := 0; ; opened++ {
			if _, err := m.OpenStream(peer.ID(fmt.Sprint("hostile", n)), network.DirInbound); err == nil {
				continue
			}
			if opened != maxFromPeer {
				t.Errorf("peer %d opens %d streams, want %d", n, opened, maxFromPeer)
			}
			break
		}
	}
	for n := range maxConns {
		if _, err := m.OpenStream(peer.ID(fmt.Sprint("honest", n)), network.DirInbound); err != nil {
			t.Fatalf("honest peer %d: %v", n, err)
		}
	}
}
