// Package host builds a device's libp2p host: QUIC and TCP with Noise, fit for
// local networks without infrastructure. There is no relay, no DHT, no AutoNAT
// and no port mapping: a device is reached at the addresses it listens on.
//
// [Bans] is the host's connection gater. The router enters peers that sent what
// they should have known to be wrong; the host then neither dials nor accepts them.
//
// IPv6 link-local neighbours are reached by QUIC under addresses that package
// linklocal spells, because libp2p's swarm drops link-local ones before dialing.
package host
