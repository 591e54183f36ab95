// Package netmodel says what a simulated network does to packets. A [Model] is a
// function of the time, the sender and the receiver; its answer is a [Link]. Models
// are small values that [All] puts together: a base with latency, a partition on
// top, a node that fails, a radio that moves out of range. What becomes of one
// packet is [Link.Fate], and what a queue does to it is [Queue.Send].
//
// Everything is a pure function, also chance: it is drawn from a seed, the way and
// the packet's number, so that the same question always has the same answer. Times
// count from the start of the simulation.
package netmodel
