// Package sim runs real devices in virtual time: every device is an unchanged
// [node.Node] with libp2p, QUIC, gossipsub, catch-up and a store in memory; only
// the packets travel through a simulated network, which asks a [netmodel.Model]
// what becomes of each.
//
// A [World] lives inside testing/synctest, where time passes only when nobody has
// work left. [Run] makes one from a test, [Main] from a program. What is measured
// in it is a distribution, not a digest: the order of goroutines is not fixed.
package sim
