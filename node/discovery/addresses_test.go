package discovery

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// lanClaims are addresses of a peer that were heard on some link: QUIC and TCP on n of them.
func lanClaims(n int) peer.AddrInfo {
	claim := peer.AddrInfo{ID: testID(1)}
	for i := range n {
		claim.Addrs = append(claim.Addrs, addrs(fmt.Sprintf("/ip4/192.168.1.%d/udp/7131/quic-v1", i), fmt.Sprintf("/ip4/192.168.1.%d/tcp/7131", i))...)
	}
	return claim
}

// TestConfiguredAddressesStay: however many addresses of a static peer are heard on the
// link, by whomever, every dial tries the configured ones, and a few of those heard.
func TestConfiguredAddressesStay(t *testing.T) {
	fixed := onInternet(1, true).Addrs
	var static []peer.AddrInfo // as the command reads them: one at a time
	for _, a := range fixed {
		static = append(static, peer.AddrInfo{ID: testID(1), Addrs: addrs(a.String())})
	}
	memory := &bytesMemory{saved: fmt.Appendf(nil, `{"schema":"kreidfeuer.neighbours/1","peers":[{"id":%q,"addrs":[%q,"/ip4/192.168.1.99/tcp/7131"],"met":1}]}`, testID(1), fixed[0])}
	c, err := newConnector(Config{Static: static, Memory: memory}, newFakeMesh())
	if err != nil {
		t.Fatal(err)
	}
	c.open(start)
	e := c.book.entries[testID(1)]
	if got, want := texts(e.all()), append(texts(fixed), "/ip4/192.168.1.99/tcp/7131"); !slices.Equal(got, want) {
		t.Errorf("begins with %v, want %v", got, want)
	}
	claim := lanClaims(maxAddresses)
	for i, a := range claim.Addrs {
		c.book.hear(peer.AddrInfo{ID: claim.ID, Addrs: claim.Addrs[i : i+1]}, start)
		c.book.hear(peer.AddrInfo{ID: claim.ID, Addrs: claim.Addrs[i:]}, start)
		for _, e.way = range []way{anyWay, streams, forAll} {
			for e.fails = range 3 {
				got := e.toDial()
				if !ma.Contains(got, fixed[1]) || !ma.Contains(got, fixed[0]) && slices.ContainsFunc(got, isNotTCP) {
					t.Fatalf("after %s and others were heard: dials %v", a, got)
				}
				if len(got) > maxAddresses || len(got) < maxAddresses/2 {
					t.Errorf("dials %d addresses: %v", len(got), got)
				}
			}
		}
	}
	e.due, e.tried = start.Add(time.Minute), start
	if c.book.hear(peer.AddrInfo{ID: testID(1), Addrs: fixed[:1]}, start); !e.due.After(start) {
		t.Error("a configured address counts as new when it is heard")
	}
	if saved, err := c.book.remember(); err != nil || !bytes.Contains(saved, []byte(fixed[0].String())) {
		t.Errorf("remembered: %s, %v", saved, err)
	}
}

// TestManyConfiguredAddresses: all are dialed, and some that are heard: the peer may be near.
func TestManyConfiguredAddresses(t *testing.T) {
	e := &entry{}
	for n := range 2 * maxAddresses {
		e.fix(onInternet(n, false).Addrs)
	}
	e.add(lanClaims(maxAddresses).Addrs)
	if got := e.toDial(); len(got) != 2*maxAddresses+maxAddresses/2 {
		t.Errorf("dials %d addresses", len(got))
	}
}

// TestToDial: a link on which QUIC's handshake never ends gets a dial without it.
func TestToDial(t *testing.T) {
	both := addrs("/ip4/10.0.0.1/udp/7131/quic-v1", "/ip4/10.0.0.1/tcp/7131")
	e := &entry{addrs: both}
	for fails, want := range [][]string{texts(both), {"/ip4/10.0.0.1/tcp/7131"}, texts(both), texts(both), {"/ip4/10.0.0.1/tcp/7131"}} {
		e.fails = fails
		if diff := cmp.Diff(want, texts(e.toDial())); diff != "" {
			t.Errorf("after %d failures: -want +got:\n%s", fails, diff)
		}
	}
	e = &entry{addrs: both[:1], fails: 1}
	if diff := cmp.Diff(texts(both[:1]), texts(e.toDial())); diff != "" {
		t.Errorf("without TCP: -want +got:\n%s", diff)
	}
}

// metConn is a connection to a peer that was dialed.
type metConn struct {
	network.Conn
	at ma.Multiaddr
}

func (c metConn) RemoteMultiaddr() ma.Multiaddr { return c.at }
func (c metConn) Stat() network.ConnStats {
	return network.ConnStats{Stats: network.Stats{Direction: network.DirOutbound, Opened: start}}
}

// TestMetAddressesStay: who was met somewhere is dialed there, whatever anybody on a link says,
// and after a restart.
func TestMetAddressesStay(t *testing.T) {
	home, away := onInternet(1, true).Addrs, addrs("/ip4/10.7.7.7/udp/7131/quic-v1", "/ip4/10.7.7.7/tcp/7131")
	c, err := newConnector(Config{}, newFakeMesh())
	if err != nil {
		t.Fatal(err)
	}
	c.book.hear(lanClaims(maxAddresses), start)
	for _, place := range [][]ma.Multiaddr{home, away} {
		c.follow(c.book, event.EvtPeerIdentificationCompleted{Peer: testID(1), Conn: metConn{at: place[0]}, ListenAddrs: place}, start)
	}
	c.book.connect(testID(1), start)
	c.book.disconnect(testID(1), start.Add(1))
	for range 2 {
		for _, a := range lanClaims(maxAddresses).Addrs {
			c.book.hear(peer.AddrInfo{ID: testID(1), Addrs: []ma.Multiaddr{a}}, start)
		}
		e := c.book.entries[testID(1)]
		for _, e.way = range []way{anyWay, streams, forAll} {
			for e.fails = range 3 {
				got := e.toDial()
				for _, a := range slices.Concat(home, away) {
					if !ma.Contains(got, a) && (isTCP(a) || slices.ContainsFunc(got, isNotTCP)) {
						t.Fatalf("where it was met, %s, is not dialed: %v", a, got)
					}
				}
				if len(got) > maxAddresses || len(got) < maxAddresses/2 {
					t.Errorf("dials %d addresses: %v", len(got), got)
				}
			}
		}
		saved, err := c.book.remember()
		if err != nil {
			t.Fatal(err)
		}
		c.book = newBook(lowID, c.book.jitter)
		if err := c.book.recall(saved, start); err != nil {
			t.Fatal(err)
		}
		for _, a := range c.book.entries[testID(1)].proven {
			if !ma.Contains(slices.Concat(home, away), a) {
				t.Errorf("after a restart it was met at %s, where others say that it is", a)
			}
		}
	}
}
