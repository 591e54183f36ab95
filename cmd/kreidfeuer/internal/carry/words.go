package carry

import (
	"fmt"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// refusals say in words why a device refuses an envelope. A test holds them and
// wire's reasons together.
var refusals = map[wire.Reason]string{
	wire.ReasonTooLarge:      "larger than an envelope may be",
	wire.ReasonMalformed:     "no envelope, or damaged before it was packed",
	wire.ReasonUnprotected:   "with something attached that nobody signed",
	wire.ReasonWrongLane:     "in a lane where it does not belong",
	wire.ReasonBadLifetime:   "with an impossible lifetime",
	wire.ReasonBadSigner:     "forged or damaged: a signature does not match",
	wire.ReasonBadPart:       "with a text or picture that does not match what was signed",
	wire.ReasonBadPayload:    "with content that cannot be read",
	wire.ReasonBadQuorum:     "signed by too few persons",
	wire.ReasonOutOfScope:    "by somebody who may not issue this, or not there",
	wire.ReasonNotContain:    "claiming more than the authority above may grant",
	wire.ReasonImportOnly:    "by a gateway, without its source",
	wire.ReasonUnsupported:   "of a kind that a newer program understands",
	wire.ReasonUnknownDomain: "of an authority whose root this device has not pinned",
	wire.ReasonUnknownIssuer: "by somebody whose certificate is missing",
	wire.ReasonCertExpired:   "signed outside the validity of its certificate",
	wire.ReasonRevoked:       "by a key that has been revoked",
	wire.ReasonExpired:       "over for a long time",
	wire.ReasonSeen:          "already known",
	wire.ReasonSuperseded:    "replaced by a later one that is here",
	wire.ReasonOverQuota:     "beyond what its author may have stored",
	wire.ReasonRate:          "beyond what its author may send in a day",
	wire.ReasonFrozen:        "under a root that is in dispute",
	wire.ReasonBusy:          "not taken: the device is being stopped",
}

// harmless are the reasons that say nothing against the bundle: it holds more
// than this device has a use for.
var harmless = map[wire.Reason]bool{
	wire.ReasonUnknownDomain: true, wire.ReasonExpired: true, wire.ReasonSuperseded: true, wire.ReasonUnsupported: true, wire.ReasonSeen: true,
}

// refusalText is a reason in words.
func refusalText(reason string) string {
	if text, ok := refusals[wire.Reason(reason)]; ok {
		return text
	}
	return reason
}

// DamageRows list what of a bundle cannot be read.
func DamageRows(s apitype.BundleState) (rows []string) {
	for _, d := range s.Damage {
		where := fmt.Sprintf("bytes %d to %d", d.From, d.To-1)
		if d.From >= d.To {
			where = fmt.Sprintf("byte %d", d.From)
		}
		rows = append(rows, "damage\t"+where+": "+shell.OneLine(d.Reason))
	}
	if more := s.Damaged - len(s.Damage); more > 0 {
		rows = append(rows, fmt.Sprintf("damage\t%d more places", more))
	}
	return rows
}

// ImportRows say what became of a bundle.
func ImportRows(m *apitype.Imported) []string {
	var lanes []string
	for _, l := range m.Lanes {
		if l.Accepted > 0 {
			lanes = append(lanes, fmt.Sprintf("%d %s", l.Accepted, l.Lane))
		}
	}
	accepted := fmt.Sprint(m.Accepted)
	if len(lanes) > 0 {
		accepted += " (" + strings.Join(lanes, ", ") + ")"
	}
	rows := []string{"accepted\t" + accepted, fmt.Sprintf("already known\t%d", m.Known), fmt.Sprintf("refused\t%d", m.Refused)}
	for _, r := range m.Reasons {
		rows = append(rows, fmt.Sprintf("refused\t%d %s (%s; the first at byte %d: %s)", r.Count, refusalText(r.Reason), r.Reason, r.Offset, shell.OneLine(r.Message)))
	}
	rows = append(rows, DamageRows(m.BundleState)...)
	if m.GaveUp != "" {
		rows = append(rows, "gave up\t"+shell.OneLine(m.GaveUp))
	}
	return rows
}

// ImportVerdict is how a command ends that read this in: with success if all that
// is meant for this device is on it.
func ImportVerdict(m *apitype.Imported) error {
	if m.Unsaved > 0 {
		return exit.Errorf(exit.System, "%d envelopes are not on the disk: it is full, or takes no writing", m.Unsaved).
			Hintf("free some disk space, or make the data folder writable, and read the bundle in again")
	}
	wrong := m.Damaged > 0 || m.GaveUp != ""
	for _, r := range m.Reasons {
		wrong = wrong || !harmless[wire.Reason(r.Reason)]
	}
	switch {
	case m.Accepted+m.Known == 0 && m.Refused > 0:
		return exit.Silent(exit.Trust)
	case wrong:
		return exit.Silent(exit.No)
	}
	return nil
}

// parseSince reads a time, or a length of time before now.
func parseSince(e *shell.Env, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, e.Now().Location()); err == nil {
			return t, nil
		}
	}
	seconds, err := shell.ParseSpan(text)
	if err != nil {
		return time.Time{}, exit.Errorf(exit.Usage, "--since %q: neither a time nor a length of time", text).Hintf("as in 24h, 7d or 2026-11-22T08:00")
	}
	return e.Now().Add(-time.Duration(seconds) * time.Second), nil
}
