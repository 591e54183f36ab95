// Package model plays a scenario with many devices: ten thousand to a million,
// each a few dozen bytes, event by event, the same for the same seed.
//
// A device is what it holds and whom it reaches. Over links that stay, an alert
// travels as gossip does: to the neighbours in the mesh, a latency and a
// transfer later. Devices that meet, or that come back, exchange what the other
// lacks, the most severe first, as reconciliation does. What a device makes of an
// alert is decided by the program's own code: by the clock rules of identity, the
// lifecycle of gossip/alert, the ranks of gossip/ledger, the plans of
// persist/retention and the airtime rules of gossip/airtime. It is decided once for
// all devices that know or hold the same.
//
// What it leaves out: packets (loss becomes the delay that QUIC's recovery makes of
// it, as long as its congestion window holds a whole alert), CPU time, trust objects
// (every device has them), and the disk. SCENARIO.md in sim/scenario has the list.
package model
