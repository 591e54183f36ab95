// Package identity decides who may say what: it turns signatures into trust.
//
// A [Pool] holds what a device trusts, per trust domain: the pinned root and its
// versions, certificates, revocation lists and beacons, all of them envelopes on
// lane trust. [Pool.Verify] answers for any envelope which persons of which unit
// have signed it, and within which [Scope]; it needs nothing but the envelope,
// its chain and the pinned root. The rules, their reasons and the threat model
// stand in TRUST.md.
//
// The package is pure: it reads no clock, no file and no network. Times are
// unsigned seconds UTC. Errors about envelopes are [*wire.Refusal].
package identity
