// Package wire is the only codec of envelopes, the one signed object of
// Kreidfeuer: everything that travels, by gossip, sync, carried bundle or the
// local API, is an envelope. The format is specified in WIRE.md; this package
// turns bytes into values and back and knows nothing of trust.
//
// An [Envelope] is a COSE_Sign structure (RFC 9052) in deterministic CBOR
// (RFC 8949, section 4.2). [Decode] is strict and bounded: what it accepts,
// [Envelope.Encode] writes back byte for byte. Signatures are not verified
// here; [Envelope.ToBeSigned] gives the bytes that identity verifies.
//
// Errors are [*Refusal] values. Their [Reason] says whether the sender could
// have known better ([Reject]) or not ([Ignore]).
package wire
