package alert

import (
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Alert is a CAP alert and what its coded fields amount to. It is immutable.
type Alert struct {
	// ID and Header are the envelope's; zero in a draft.
	ID     wire.ID
	Header wire.Header

	// CAP holds the elements of the core and of those parts that are here.
	CAP *cap.Alert
	// References are the envelope IDs of what it follows up, without gaps.
	References []wire.ID
	// Origin is set if a gateway imported the alert.
	Origin *compact.Origin
	// Parts describes the detached parts; see compact.Part.
	Parts []compact.Part

	Kind     Kind
	Severity wire.Priority
	Test     string // what marks it as a test in spite of its status, or empty
}

// Of reads what a CAP alert amounts to, for drafts and previews; Open does for
// envelopes. The error says which element is not one this network carries; it
// is a [*wire.Refusal] with ReasonBadPayload.
func Of(c *cap.Alert) (*Alert, error) {
	a := &Alert{CAP: c, Severity: severityOf(c), Test: TestCode(c)}
	allClear := false
	for i := range c.Info {
		for _, r := range c.Info[i].ResponseType {
			allClear = allClear || r == cap.AllClear
		}
	}
	switch {
	case c.MsgType != cap.MsgAlert && c.MsgType != cap.MsgUpdate && c.MsgType != cap.MsgCancel:
		return nil, wire.Refuse(wire.ReasonBadPayload, "msgType %.20q is not carried: want Alert, Update or Cancel", c.MsgType)
	case allClear:
		a.Kind = KindAllClear
	case c.MsgType == cap.MsgCancel:
		a.Kind = KindWithdrawal
	case c.MsgType == cap.MsgUpdate:
		a.Kind = KindUpdate
	default:
		a.Kind = KindAlert
	}
	return a, nil
}

// severityOf is the highest severity of the info blocks.
func severityOf(c *cap.Alert) wire.Priority {
	highest := 0
	for i := range c.Info {
		highest = max(highest, c.Info[i].Severity.Rank())
	}
	return wire.Priority(highest)
}

// Drill reports whether it is an exercise or test by its lane, or in a draft by
// its status.
func (a *Alert) Drill() bool {
	if a.Header.Lane != 0 {
		return a.Header.Lane == wire.LaneDrill
	}
	return a.CAP.Status != cap.Actual
}

// Missing lists the parts that are not here, as indices into Parts.
func (a *Alert) Missing() []int {
	var missing []int
	for i, p := range a.Parts {
		if !p.Present {
			missing = append(missing, i)
		}
	}
	return missing
}

// Language returns the first info block in one of the languages, in their
// order of preference, else the first block, else nil.
func (a *Alert) Language(preferred ...string) *cap.Info {
	for _, l := range preferred {
		if infos := a.infos(LanguageOf(l)); len(infos) > 0 {
			return infos[0]
		}
	}
	if len(a.CAP.Info) > 0 {
		return &a.CAP.Info[0]
	}
	return nil
}

// LaneOf is the lane on which a status travels; 0 for those that never travel.
func LaneOf(s cap.Status) wire.Lane {
	switch s {
	case cap.Actual:
		return wire.LaneLive
	case cap.Exercise, cap.Test:
		return wire.LaneDrill
	}
	return 0
}

// DefaultLifetime is how long an alert without expires holds, in seconds after
// sent (CAP leaves it to the recipient): a day, because nobody may be left to
// end it.
const DefaultLifetime = 24 * 3600

// Times returns what the header's created and expires must be: sent, and the
// latest expires of the info blocks, or a day if one names none. The error is a
// [*wire.Refusal] with ReasonBadPayload.
func Times(c *cap.Alert) (created, expires uint64, err error) {
	sent, ok := c.Sent.Unix()
	if !ok || sent <= 0 {
		return 0, 0, wire.Refuse(wire.ReasonBadPayload, "sent %.40q is no time", c.Sent)
	}
	created = uint64(sent)
	for i := range c.Info {
		end := created + DefaultLifetime
		if t := c.Info[i].Expires; t != "" {
			v, ok := t.Unix()
			if !ok || v <= 0 {
				return 0, 0, wire.Refuse(wire.ReasonBadPayload, "expires %.40q is no time", t)
			}
			end = uint64(v)
		}
		expires = max(expires, end)
	}
	if len(c.Info) == 0 {
		expires = created + DefaultLifetime
	}
	return created, expires, nil
}
