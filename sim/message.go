package sim

import (
	"cmp"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// Message is a genuine warning for Kreis Ahrweiler, or the end of one.
type Message struct {
	Identifier string
	Severity   cap.Severity     // empty: Severe
	Lasts      time.Duration    // 0: six hours
	Drill      bool             // an exercise
	Now        time.Time        // when it is sent
	Text       int              // bytes of text beside the headline
	Filler     string           // further text
	Kind       alert.Kind       // zero: an alert
	Follows    []*wire.Envelope // that it takes up
	Emergency  bool             // its author signs in that role, so that it is good without a second signature
}

// Sign makes the envelope, signed by all officers of a unit.
func (m Message) Sign(tree *trusttest.Tree, unit *trusttest.Unit) (*wire.Envelope, error) {
	status, severity, lasts := cap.Actual, cmp.Or(m.Severity, cap.Severe), cmp.Or(m.Lasts, 6*time.Hour)
	if m.Drill {
		status = cap.Exercise
	}
	c := &cap.Alert{
		Version: cap.V12, Identifier: m.Identifier, Sender: "lst.07131.rp", Sent: cap.MakeTime(m.Now.Unix(), 60),
		Status: status, MsgType: cap.MsgAlert, Scope: cap.Public,
		Info: []cap.Info{{
			Language: "de", Category: []cap.Category{cap.Met}, Event: "Hochwasser", Urgency: cap.Immediate, Severity: severity,
			Certainty: cap.Observed, Expires: cap.MakeTime(m.Now.Add(lasts).Unix(), 60), Headline: "Hochwasser an der Ahr",
			Instruction: "Gehen Sie in obere Stockwerke." + strings.Repeat(" Hilfe kommt.", m.Text/13) + m.Filler,
			Area:        []cap.Area{{AreaDesc: "Kreis Ahrweiler", Geocode: []cap.NamedValue{{ValueName: "ARS", Value: "071310000000"}}}},
		}},
	}
	var more compact.Extras
	for _, e := range m.Follows {
		a, err := alert.OpenFull(e)
		if err != nil {
			return nil, err
		}
		c.References = strings.TrimSpace(c.References + " " + a.CAP.Sender + "," + a.CAP.Identifier + "," + string(a.CAP.Sent))
		more.References = append(more.References, e.ID())
	}
	switch m.Kind {
	case alert.KindUpdate:
		c.MsgType = cap.MsgUpdate
	case alert.KindAllClear:
		c.MsgType, c.Info[0].ResponseType = cap.MsgUpdate, []cap.ResponseType{cap.AllClear}
	case alert.KindWithdrawal:
		c.MsgType = cap.MsgCancel
	}
	role := wire.RoleAuthor
	if m.Emergency {
		role = wire.RoleEmergency
	}
	h, err := alert.Header(c)
	if err != nil {
		return nil, err
	}
	payload, parts, err := alert.Payload(c, more)
	if err != nil {
		return nil, err
	}
	return tree.SignAs(role, unit, h, payload, parts, unit.Persons...)
}
