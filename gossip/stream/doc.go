// Package stream is what two neighbours say to each other on a stream: the frames of
// catch-up and of drafts (wire/WIRE.md, "Catch-up" and "Draft"). A [Frame] is one
// message; a [Framer] reads and writes them, each with its length before it, and
// takes no more memory than has arrived. What is offered and asked for travels as
// packed lists of [Offered].
//
// Frames for paper and radios are package frame's.
package stream
