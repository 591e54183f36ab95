// Package gossip spreads envelopes: it is the libp2p shell around the packages below
// it. A [Router] joins one gossipsub topic per trust domain and lane, and carries drafts
// between the stations of an authority. What neighbours missed crosses by catch-up:
//
//	catchup   the sessions in which two neighbours find out what either lacks, and fetch it
//	agenda    what is due with which neighbour, and when
//	meter     how much of a neighbour is heard and answered, and when it is cut off
//	stream    the frames in which they speak
//	recon     the comparison
//	ledger    what this device has accepted, and what gives way
//
// There is one way in. Gossip, catch-up, carried bundles and the local API all
// end in ingest, which has two halves: judge (memory only, inline in gossip's
// validator) decides Accept, Ignore or Reject before anything is forwarded, and
// commit (one writer, bounded queue, grouped) makes it durable. Nothing else
// hands envelopes to the [Store].
//
// What is gossiped goes without its certificates where the mesh can be expected to
// have them (chain.go); who lacks them asks the sender (unproven.go).
//
// Gossip is the fast path and never the guarantee: what was published while two
// devices were apart crosses by catch-up.
package gossip
