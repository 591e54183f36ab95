package compose

import (
	"fmt"
	"io"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Respell makes a new alert of one that was written elsewhere, by another
// program or from a drawer: author, identifier, time and status become the
// author's, what it says stays. The result shares no memory with c. The error is
// as Compose's.
func Respell(c *cap.Alert, by Author, lane wire.Lane, random io.Reader) (*Message, error) {
	if c.MsgType != cap.MsgAlert {
		return nil, refuse([]Problem{{"msgType", "Nur eine neue Warnung wird so herausgegeben, keine Folgemeldung.",
			"Only a new alert is issued so, no follow-up."}})
	}
	if lane == wire.LaneLive && c.Status != cap.Actual && c.Status != cap.Draft {
		return nil, refuse([]Problem{{"status", fmt.Sprintf("Das Dokument ist keine echte Warnung (%s).", c.Status),
			fmt.Sprintf("The document is no real alert (%s).", c.Status)}})
	}
	m, err := frame(by, lane, cap.MsgAlert, nil, random)
	if err != nil {
		return nil, err
	}
	own := c.Clone()
	own.Version, own.Identifier, own.Sender, own.Sent, own.Status = cap.V12, m.CAP.Identifier, m.CAP.Sender, m.CAP.Sent, m.CAP.Status
	own.Signature = nil // it signed the document as it was
	for i := range own.Info {
		in := &own.Info[i]
		in.SenderName = by.Name
		if lane == wire.LaneDrill {
			t := Text{Headline: in.Headline, Description: in.Description}
			t.mark(alert.ExerciseIn(in.Language) + ": ")
			in.Headline, in.Description = t.Headline, t.Description
		}
	}
	m.CAP = own
	return m, refuse(Issuable(own))
}
