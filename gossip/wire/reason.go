package wire

import (
	"errors"
	"fmt"
	"maps"
)

// Verdict is what a device does with an envelope and its sender.
type Verdict uint8

// The verdicts. They are gossipsub's.
const (
	Accept Verdict = iota // store, show if it concerns, forward
	Ignore                // drop without penalty
	Reject                // drop; the sender could have known better and is punished
)

func (v Verdict) String() string {
	switch v {
	case Accept:
		return "accept"
	case Ignore:
		return "ignore"
	}
	return "reject"
}

// Reason is why an envelope was refused. identity/TRUST.md holds the table with
// the explanations; a test keeps it equal to this one.
type Reason string

// The reasons.
const (
	// What the sender could have seen from the bytes alone.
	ReasonTooLarge    Reason = "too-large"
	ReasonMalformed   Reason = "malformed"
	ReasonUnprotected Reason = "unprotected-content"
	ReasonWrongLane   Reason = "wrong-lane"
	ReasonBadLifetime Reason = "bad-lifetime"
	ReasonBadSigner   Reason = "bad-signature"
	ReasonBadPart     Reason = "bad-part"
	ReasonBadPayload  Reason = "bad-payload"
	ReasonBadQuorum   Reason = "too-few-signatures"
	ReasonOutOfScope  Reason = "out-of-scope"
	ReasonNotContain  Reason = "exceeds-issuer"
	ReasonImportOnly  Reason = "import-only"

	// What depends on our version, pins, clock, quota or age.
	ReasonUnsupported   Reason = "unsupported"
	ReasonUnknownDomain Reason = "unknown-domain"
	ReasonUnknownIssuer Reason = "unknown-issuer"
	ReasonCertExpired   Reason = "outside-certificate-validity"
	ReasonRevoked       Reason = "revoked"
	ReasonExpired       Reason = "expired"
	ReasonSeen          Reason = "seen"
	ReasonSuperseded    Reason = "superseded"
	ReasonOverQuota     Reason = "over-quota"
	ReasonRate          Reason = "rate-limited"
	ReasonFrozen        Reason = "root-frozen"
	ReasonBusy          Reason = "busy"
)

var verdicts = map[Reason]Verdict{
	ReasonTooLarge: Reject, ReasonMalformed: Reject, ReasonUnprotected: Reject, ReasonWrongLane: Reject,
	ReasonBadLifetime: Reject, ReasonBadSigner: Reject, ReasonBadPart: Reject, ReasonBadPayload: Reject,
	ReasonBadQuorum: Reject, ReasonOutOfScope: Reject, ReasonNotContain: Reject, ReasonImportOnly: Reject,

	ReasonUnsupported: Ignore, ReasonUnknownDomain: Ignore, ReasonUnknownIssuer: Ignore,
	ReasonCertExpired: Ignore, ReasonRevoked: Ignore,
	ReasonExpired: Ignore, ReasonSeen: Ignore, ReasonSuperseded: Ignore, ReasonOverQuota: Ignore,
	ReasonRate: Ignore, ReasonFrozen: Ignore, ReasonBusy: Ignore,
}

// Reasons lists every reason with its verdict.
func Reasons() map[Reason]Verdict {
	return maps.Clone(verdicts)
}

// Verdict is what follows from the reason. No reason leads to Accept; one that
// is not in the table drops the envelope without penalty.
func (r Reason) Verdict() Verdict {
	if v, ok := verdicts[r]; ok {
		return v
	}
	return Ignore
}

// Refusal is the error of every check an envelope can fail.
type Refusal struct {
	Reason Reason
	Detail string // what and where, for people
}

func (r *Refusal) Error() string { return string(r.Reason) + ": " + r.Detail }

// Is matches another Refusal with the same reason and no detail.
func (r *Refusal) Is(target error) bool {
	t, ok := target.(*Refusal)
	return ok && t.Reason == r.Reason && t.Detail == ""
}

// Refuse makes a Refusal.
func Refuse(reason Reason, format string, args ...any) *Refusal {
	return &Refusal{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// RefusePayload makes the Refusal of a payload that err says cannot be read:
// ReasonBadPayload, or ReasonUnsupported where err is a Refusal for that, because
// an identifier in the payload has an algorithm this version does not know.
func RefusePayload(what string, err error) *Refusal {
	if errors.Is(err, &Refusal{Reason: ReasonUnsupported}) {
		return Refuse(ReasonUnsupported, "%s: %v", what, err)
	}
	return Refuse(ReasonBadPayload, "%s: %v", what, err)
}
