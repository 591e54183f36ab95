// Package mobility moves hosts and says who meets whom: a [Movement] is where
// one host goes, leg by leg, over a plane or along the streets of a [Map]; a
// [Field] finds the contacts of all of them within a radio range.
//
// Lengths are metres, speeds metres a second. Chance comes from outside, so that
// the same seed gives the same contacts.
package mobility
