package discovery

import (
	"math"
	"slices"

	ma "github.com/multiformats/go-multiaddr"
)

const (
	// maxAddresses bounds the addresses at which a peer is said to be: two transports on
	// four addresses, the newest. libp2p dials as many at once, and others wait for those
	// where nobody answers: no dial has more unless more were configured.
	maxAddresses = 8

	// maxProven bounds those where it was met: two transports at two places. No claim
	// displaces one; anybody on a link may say where a peer is.
	maxProven = 4
)

// merge lists addresses once each, at most most of them, the first first.
func merge(most int, lists ...[]ma.Multiaddr) []ma.Multiaddr {
	var merged []ma.Multiaddr
	for _, list := range lists {
		for _, a := range list {
			if len(merged) < most && !ma.Contains(merged, a) {
				merged = append(merged, a)
			}
		}
	}
	return merged
}

// add takes up where the peer is said to be, and reports whether one of them is new.
func (e *entry) add(addrs []ma.Multiaddr) (isNew bool) {
	addrs = addrs[:min(len(addrs), maxAddresses)]
	known := e.all()
	for _, a := range addrs {
		isNew = isNew || !ma.Contains(known, a)
	}
	e.addrs = merge(maxAddresses, addrs, e.addrs)
	return isNew
}

// prove takes up where the peer was met. Earlier places give way, to stay as what is said.
func (e *entry) prove(addrs []ma.Multiaddr) {
	e.addrs = merge(maxAddresses, e.addrs, addrs, e.proven)
	e.proven = merge(maxProven, addrs, e.proven)
}

// fix takes up configured addresses, which stay whatever is heard.
func (e *entry) fix(addrs []ma.Multiaddr) { e.fixed = merge(math.MaxInt, e.fixed, addrs) }

// all are the addresses that the peer may have, the surest first.
func (e *entry) all() []ma.Multiaddr { return merge(math.MaxInt, e.fixed, e.proven, e.addrs) }

// hasAny reports whether one of the addresses is such.
func (e *entry) hasAny(is func(ma.Multiaddr) bool) bool {
	return slices.ContainsFunc(e.fixed, is) || slices.ContainsFunc(e.proven, is) || slices.ContainsFunc(e.addrs, is)
}

func anyAddress(ma.Multiaddr) bool { return true }

// toDial are the addresses to dial now: the configured ones, some where the peer was met and
// some where it is said to be. The dial after the first one that failed,
// and each third from there, leaves QUIC out: on a slow link its handshake never
// ends, and keeps TCP's from ending (see node/host).
func (e *entry) toDial() []ma.Multiaddr {
	fixed, proven, heard := e.fixed, e.proven, e.addrs
	if (e.way == streams || e.way == anyWay && e.fails%3 == 1) && e.hasAny(isTCP) {
		fixed, proven, heard = ma.FilterAddrs(fixed, isTCP), ma.FilterAddrs(proven, isTCP), ma.FilterAddrs(heard, isTCP)
	}
	sure := merge(max(len(fixed), maxProven), fixed, proven)
	return merge(max(maxAddresses, len(sure)+maxAddresses-maxProven), sure, heard)
}
