// Package catchup holds the sessions in which two neighbours find out what either
// lacks, and fetch it: what gossip did not bring, because they were apart, crosses
// here. It is the guarantee; gossip is only quicker.
//
// [Sessions] begins a session whenever something is due with a neighbour (package
// agenda says what), and answers those of others, in turn when there are many. In a
// session the asking side compares lane by lane (package recon), offers what the
// other side lacks, and pulls what it lacks itself, the most urgent first; the frames
// are package stream's. What a device holds, and its one way in, is a [Stock].
//
// A session has no end but the end of its progress, and carries on where another one
// ended: it may be broken off at any time.
package catchup
