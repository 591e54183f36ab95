// Package recon finds out in what two sets of items differ. A [Set] holds what a
// device knows of one lane of one domain; a [Session] compares it with a
// neighbour's, by messages whose size grows with the difference and not with the
// sets. Nothing a neighbour sends can make a device lose an item or spend more than
// bounded bytes, time and memory.
//
// One side asks, the other answers:
//
//	ask := recon.Ask(set, limits)      // first Step(nil)
//	answer := recon.Answer(set, limits) // Step with each message
//
// Each call of Step consumes the peer's message and gives the next one of ours;
// both take turns until both are done. Step's have lists, in full, what this side
// holds and the peer lacks, or holds at a lower level. So that each side ends with
// the union, each sends what its own session listed in have. The asking side also
// learns need, the short names of what the peer will send; the answering side
// learns only what to send.
//
// A session works on a snapshot of the set taken by [Ask] and [Answer]: only these
// and the set's own methods need the caller's lock, Step does not.
package recon
