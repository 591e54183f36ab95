package compose

import (
	"errors"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

func TestRespell(t *testing.T) {
	tree := must[*trusttest.Tree](t)(trusttest.NewTree(1, 2))
	by := Author{Domain: tree.Root.ID(), Authority: "rp/07131/lst", Name: "Leitstelle Ahrweiler", Now: trusttest.Epoch, Offset: 60}
	foreign := must[*Message](t)(Compose(Draft{Author: Author{Domain: tree.Root.ID(), Authority: "x", Name: "X", Now: trusttest.Epoch - 60},
		Lane: wire.LaneLive, Template: "hochwasser", Areas: []Area{{Key: "07131"}}}, zeros{})).CAP
	foreign.Signature = [][]byte{[]byte("<Signature/>")}

	m := must[*Message](t)(Respell(foreign, by, wire.LaneDrill, zeros{}))
	if c := m.CAP; c.Sender != alert.Sender(by.Domain, by.Authority) || c.Status != cap.Exercise || c.Info[0].SenderName != by.Name ||
		c.Sent == foreign.Sent || len(c.Signature) != 0 || !strings.HasPrefix(c.Info[0].Headline, "ÜBUNG: ") {
		t.Errorf("got %+v", c)
	}
	if foreign.Status != cap.Actual || foreign.Info[0].SenderName != "X" || strings.HasPrefix(foreign.Info[0].Headline, "ÜBUNG") {
		t.Error("the original was changed")
	}
	if m := must[*Message](t)(Respell(foreign, by, wire.LaneLive, zeros{})); m.CAP.Info[0].Headline != foreign.Info[0].Headline {
		t.Errorf("headline %q", m.CAP.Info[0].Headline)
	}
	for field, change := range map[string]func(*cap.Alert){
		"status":  func(c *cap.Alert) { c.Status = cap.Exercise },
		"msgType": func(c *cap.Alert) { c.MsgType = cap.MsgUpdate },
		"expires": func(c *cap.Alert) { c.Info[0].Expires = "" },
	} {
		c := foreign.Clone()
		change(c)
		var refused *Refused
		if _, err := Respell(c, by, wire.LaneLive, zeros{}); !errors.As(err, &refused) || refused.Problems[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
