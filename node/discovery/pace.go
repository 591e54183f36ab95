package discovery

import (
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/node/linklocal"
)

// SlowExchange is from where on a link counts as slow: what two devices tell each
// other of themselves after connecting, a good kilobyte each way, took at least that long. A link
// of 100 kbit/s needs a tenth of it, one of 5 kbit/s twice as long.
const SlowExchange = 2 * time.Second

// slowestProbe bounds the wait for a slow neighbour's answer.
const slowestProbe = 45 * time.Second

// paceKey is where the peerstore keeps how long the exchange took.
const paceKey = "kreidfeuer/exchange"

// Note implements mesh.
func (m libp2pMesh) Note(id peer.ID, exchange time.Duration) {
	_ = m.host.Peerstore().Put(id, paceKey, exchange) // in memory
}

// measure takes up that the peer has told of itself on a connection, and reports whether that
// was the exchange. libp2p tells of every later word of the peer's in the same way: on a connection that
// has been looked at, or on an older one, it says how old the connection is and nothing of the
// link. Nor does the first word if it comes later than any exchange ends.
func (e *entry) measure(opened, now time.Time) bool {
	if !opened.After(e.measured) {
		return false
	}
	e.measured = opened
	took := now.Sub(opened)
	if took > dialTimeout {
		return false
	}
	e.exchange = took
	return true
}

// exchangeOf is how long the exchange with a peer took; zero: unknown.
func exchangeOf(h host.Host, id peer.ID) time.Duration {
	v, err := h.Peerstore().Get(id, paceKey)
	if err != nil {
		return 0
	}
	d, _ := v.(time.Duration)
	return d
}

// probeTime is how long a neighbour may take to answer: on a slow link data that is
// under way comes first, a few times as much as the exchange was.
func probeTime(exchange time.Duration) time.Duration {
	return min(max(probeTimeout, 4*exchange), slowestProbe)
}

// isSlow reports whether most of the neighbours that are connected over a link are
// slow to reach, so that what devices say to all of it has to be rare.
func isSlow(h host.Host, l link) bool {
	slow, all := 0, 0
	for _, c := range h.Network().Conns() {
		if !isOver(c, l) {
			continue
		}
		all++
		if exchangeOf(h, c.RemotePeer()) >= SlowExchange {
			slow++
		}
	}
	return 2*slow > all
}

func isOver(c network.Conn, l link) bool {
	at, ok := addrOf(c.RemoteMultiaddr())
	if !ok {
		return false
	}
	if _, index, spelled := linklocal.Read(at); spelled {
		return int(index) == l.iface.Index
	}
	return l.holds(at)
}
