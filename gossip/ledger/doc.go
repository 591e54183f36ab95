// Package ledger is what a device knows of envelopes without their content: which
// it has accepted, at what level, who is charged for each, and what it gave up. It
// decides what gives way when a quota overflows, by an order that depends on the
// envelopes alone, so that all devices keep the same set.
//
// For catch-up it keeps a [recon.Set] for every lane of every domain, up to date
// with every change. A set holds what the device holds, and what it let go for want
// of room of its own, which others still hold. It does not hold what gave
// way to higher rank: everybody else lets go of that too, and newcomers would ask for it
// for ever.
//
// A ledger is pure state. It is not safe for concurrent use.
package ledger
