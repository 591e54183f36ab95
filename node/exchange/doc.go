// Package exchange shares the addresses of neighbours with neighbours, so that a
// device which knows one other, by hand or by chance, soon knows several.
//
// A device that lacks neighbours asks each new one over [Protocol] and gets a few
// of its neighbours with addresses that lie in the same scope as the connection:
// never a private address over the internet, and of local networks only the one
// that both are on. Nothing is proven by an address; libp2p proves the peer ID
// when it is dialed. Gossipsub's own peer exchange carries whole signed records,
// with the addresses of all networks a device is in, so it is left off.
//
// An answer is one CBOR array (RFC 8949, definite lengths) of at most 2,048 bytes:
//
//	[ [peer ID, [multiaddr, ...]], ... ]
//
// all as byte strings, at most 8 peers with at most 2 addresses each, QUIC v1 or
// TCP at an IP address. An IPv6 link-local address stands without zone; the asker
// adds that of the connection. The request is empty.
package exchange
