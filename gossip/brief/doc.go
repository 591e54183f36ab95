// Package brief is the short spelling of envelopes, for paper and for radios that
// carry some 200 bytes at a time: a message holds one envelope in as few bytes as
// can be.
//
// A message leaves out what its reader can derive, names certificates by a short
// hash, and compresses the rest by a model that has read warnings before. It
// expands to the exact bytes that were signed, and whoever writes one has proven
// that: so a message is no second kind of alert, and nothing is trusted because of
// it. The format is specified in gossip/frame, FORMAT.md; the frames in which a
// message travels are that package's.
package brief
