package exchange

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"slices"
	"testing"
	"time"

	corehost "github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	nodehost "github.com/kreidfeuer/kreidfeuer/node/host"
)

func newHost(t testing.TB) corehost.Host {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h, err := nodehost.New(nodehost.Config{Key: key, Listen: []ma.Multiaddr{ma.StringCast("/ip4/127.0.0.1/udp/0/quic-v1")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// TestNeighbourOfANeighbour: two devices that know a third alone learn of each
// other, and where.
func TestNeighbourOfANeighbour(t *testing.T) {
	hub, a, b := newHost(t), newHost(t), newHost(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 3)
	found := make(chan peer.AddrInfo, 16)
	for _, h := range []corehost.Host{hub, a, b} {
		go func() {
			done <- New(h, nil).Run(ctx, func(info peer.AddrInfo) {
				if h == b {
					found <- info
				}
			})
		}()
	}
	at := peer.AddrInfo{ID: hub.ID(), Addrs: hub.Addrs()}
	for _, h := range []corehost.Host{a, b} {
		if err := h.Connect(ctx, at); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case info := <-found:
		if info.ID != a.ID() || !slices.EqualFunc(info.Addrs, a.Addrs(), ma.Multiaddr.Equal) {
			t.Errorf("learned of %v, want %s at %v", info, a.ID(), a.Addrs())
		}
	case <-time.After(10 * time.Second):
		t.Error("learned of nobody")
	}
	cancel()
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestAnswersAreRare(t *testing.T) {
	x := New(newHost(t), nil)
	now := time.Unix(1_800_000_000, 0)
	if !x.allow("a", now) || x.allow("a", now.Add(answerGap/2)) || !x.allow("b", now) || !x.allow("a", now.Add(answerGap)) {
		t.Error("a neighbour is answered more or less than once a minute")
	}
	for n := range 2 * maxAsked {
		x.allow(peer.ID(rune(n+1000)), now.Add(answerGap))
	}
	if len(x.answered) > maxAsked {
		t.Errorf("%d neighbours remembered", len(x.answered))
	}
}

func TestDecodeAnswer(t *testing.T) {
	id := newHost(t).ID()
	good := peer.AddrInfo{ID: id, Addrs: []ma.Multiaddr{ma.StringCast("/ip4/10.0.0.1/tcp/1"), ma.StringCast("/ip6/fe80::1/udp/1/quic-v1")}}
	encode := func(peers ...peer.AddrInfo) []byte {
		data, err := encodeAnswer(peers)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if got, err := decodeAnswer(encode(slices.Repeat([]peer.AddrInfo{good}, maxPeers)...)); err != nil || len(got) != maxPeers || got[0].ID != id || len(got[0].Addrs) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
	with := func(addrs ...string) peer.AddrInfo {
		info := peer.AddrInfo{ID: id}
		for _, a := range addrs {
			info.Addrs = append(info.Addrs, ma.StringCast(a))
		}
		return info
	}
	for name, bad := range map[string][]byte{
		"empty":             nil,
		"too many peers":    encode(slices.Repeat([]peer.AddrInfo{good}, maxPeers+1)...),
		"no address":        encode(with()),
		"too many":          encode(with("/ip4/10.0.0.1/tcp/1", "/ip4/10.0.0.1/tcp/2", "/ip4/10.0.0.1/tcp/3")),
		"name":              encode(with("/dns4/example.org/tcp/1")),
		"unspecified":       encode(with("/ip4/0.0.0.0/tcp/1")),
		"other transport":   encode(with("/ip4/10.0.0.1/tcp/1/ws")),
		"no peer ID":        {0x81, 0x82, 0x40, 0x81, 0x41, 0x04},
		"bad address":       append([]byte{0x81, 0x82}, append(append([]byte{0x58, byte(len(id))}, id...), 0x81, 0x41, 0x04)...),
		"text behind":       append(encode(good), 0),
		"indefinite length": {0x9f, 0xff},
		"tag":               {0xc0, 0x80},
		"long":              bytes.Repeat([]byte{0}, maxAnswer+1),
	} {
		if got, err := decodeAnswer(bad); err == nil {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func FuzzDecodeAnswer(f *testing.F) {
	data, err := encodeAnswer([]peer.AddrInfo{{ID: newHost(f).ID(), Addrs: []ma.Multiaddr{ma.StringCast("/ip4/10.0.0.1/tcp/1")}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, data []byte) {
		peers, err := decodeAnswer(data)
		if err != nil {
			return
		}
		for _, p := range peers {
			if len(p.Addrs) == 0 || len(p.Addrs) > maxAddrs || !isDialable(p.Addrs[0]) {
				t.Errorf("accepted %v", p)
			}
		}
	})
}
