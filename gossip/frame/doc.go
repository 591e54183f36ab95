// Package frame is another spelling of envelopes, for paper and for radios that
// carry some 200 bytes at a time: a message, which holds one envelope in as few
// bytes as can be, and frames, the pieces in which a message travels.
//
// A message leaves out what the receiver can derive, and names certificates by a
// short hash. It expands to the exact bytes that were signed; whoever writes one
// has proven that. Frames of a longer message are an erasure code: any k of them
// give it back, so a missed frame does not start it over. The format is specified
// in FORMAT.md.
package frame
