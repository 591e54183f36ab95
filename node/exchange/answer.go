package exchange

import (
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// Bounds of an answer.
const (
	// maxAnswer bounds its bytes; what is allowed takes some 700.
	maxAnswer = 2048

	// maxPeers bounds its peers: enough to begin with, too few to list a network.
	maxPeers = 8

	// maxAddrs bounds the addresses of one peer: one of each family.
	maxAddrs = 2
)

// item is one peer of an answer.
type item struct {
	_     struct{} `cbor:",toarray"`
	ID    []byte
	Addrs [][]byte
}

var decoding = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden, MaxArrayElements: 16, MaxMapPairs: 16, MaxNestedLevels: 4,
	}.DecMode()
	if err != nil {
		panic(err) // the options are constant
	}
	return mode
}()

func encodeAnswer(peers []peer.AddrInfo) ([]byte, error) {
	items := []item{}
	for _, p := range peers {
		one := item{ID: []byte(p.ID), Addrs: [][]byte{}}
		for _, a := range p.Addrs {
			one.Addrs = append(one.Addrs, a.Bytes())
		}
		items = append(items, one)
	}
	return cbor.Marshal(items)
}

// decodeAnswer reads an answer. One fault refuses the whole.
func decodeAnswer(data []byte) ([]peer.AddrInfo, error) {
	if len(data) > maxAnswer {
		return nil, fmt.Errorf("answer of more than %d bytes", maxAnswer)
	}
	var items []item
	if err := decoding.Unmarshal(data, &items); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if len(items) > maxPeers {
		return nil, fmt.Errorf("answer with %d peers, want at most %d", len(items), maxPeers)
	}
	peers := []peer.AddrInfo{}
	for _, one := range items {
		id, err := peer.IDFromBytes(one.ID)
		if err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
		if len(one.Addrs) == 0 || len(one.Addrs) > maxAddrs {
			return nil, fmt.Errorf("answer with %d addresses of one peer, want 1 to %d", len(one.Addrs), maxAddrs)
		}
		info := peer.AddrInfo{ID: id}
		for _, raw := range one.Addrs {
			a, err := ma.NewMultiaddrBytes(raw)
			if err != nil {
				return nil, fmt.Errorf("read answer: %w", err)
			}
			if !isDialable(a) {
				return nil, errors.New("answer with an address that is neither QUIC v1 nor TCP at an IP address")
			}
			info.Addrs = append(info.Addrs, a)
		}
		peers = append(peers, info)
	}
	return peers, nil
}

// isDialable reports whether a is QUIC v1 or TCP at an IP address, and nothing more.
func isDialable(a ma.Multiaddr) bool {
	if len(a) < 2 || scopeOf(addrOf(a)) == unusable || a[0].Protocol().Code != ma.P_IP4 && a[0].Protocol().Code != ma.P_IP6 {
		return false
	}
	switch a[1].Protocol().Code {
	case ma.P_TCP:
		return len(a) == 2
	case ma.P_UDP:
		return len(a) == 3 && a[2].Protocol().Code == ma.P_QUIC_V1
	}
	return false
}
