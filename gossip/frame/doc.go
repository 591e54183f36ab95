// Package frame cuts messages into frames for paper and for radios that carry some
// 200 bytes at a time, and puts them together again.
//
// Frames of a longer message are an erasure code: any k of them give it back, so a
// missed frame does not start it over. What a message says is package brief's.
// The format of both is specified in FORMAT.md.
package frame
