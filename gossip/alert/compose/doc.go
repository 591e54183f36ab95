// Package compose makes warnings: from the few facts a duty officer enters and
// a [Template] it builds a complete CAP alert in German, Leichte Sprache and
// English, and from an alert that was issued its update, correction, withdrawal
// and all-clear.
//
// What must not be sent is refused here, before anybody signs: [Issuable] lists
// what is missing or wrong in the officer's words. The package is pure: it knows
// no clock and takes randomness as an io.Reader.
package compose
