// Package model plays a scenario with many devices: ten thousand to a million,
// each a few dozen bytes, event by event, the same for the same seed.
//
// A device is what it holds and whom it reaches. Over links that stay, an alert
// travels as gossip does: to the neighbours in the mesh, a latency and a
// transfer later. Devices that meet, or that come back, exchange what the other
// lacks, the most severe first, as reconciliation does. What a device makes of an
// alert is decided by the program's own code: by the clock rules of identity and
// the airtime rules of gossip/airtime.
//
// What it leaves out: packets (loss becomes delay, as QUIC's retransmission makes
// it), CPU time, trust objects (every device has them), and the disk.
package model
