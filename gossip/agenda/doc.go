// Package agenda decides what is due with which neighbour, and when: a comparison,
// news to offer it, offers of its own to take up; whose session gives way when all
// places are taken; and whom to ask for an envelope that several offer.
//
// [Neighbours] is the whole state. Its methods note what happened, or say what is to
// be done now, which is always a parameter: it knows no clock, network or goroutine.
// Whoever holds the sessions asks [Neighbours.Due] when [Neighbours.Wake] fires or the
// time comes that Due named.
package agenda
