package brief

import (
	"bytes"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert/compose"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// world is a domain in which alerts are written, and the book of a device in it.
type world struct {
	*trusttest.Tree
	held  map[wire.ID]*wire.Envelope
	shelf *Shelf
}

func newWorld(t testing.TB) *world {
	tree, err := trusttest.NewTree(7, 2)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Tree: tree, held: map[wire.ID]*wire.Envelope{}}
	w.shelf = NewShelf(tree.Pool, func(key identity.PublicKey, lane wire.Lane, sequence uint64) (ids []wire.ID) {
		for id, e := range w.held {
			c, ok := tree.Pool.Certificate(wire.ID(e.Author().Ref))
			if ok && c.Key == key && e.Header.Lane == lane && e.Header.Sequence == sequence {
				ids = append(ids, id)
			}
		}
		return ids
	})
	return w
}

// now is when the alerts are written.
const now = trusttest.Epoch + 30*86400 + 41234

// coded is an alert that says what Galileo's EWSS message can say, in CAP: message
// type, sender, category and event, severity, onset, duration, guidance, and an
// ellipse by its centre, axes and direction.
func coded(w *world) *cap.Alert {
	sent := cap.MakeTime(now, 60)
	return &cap.Alert{
		Version: cap.V12, Identifier: alert.Identifier(now, [alert.RandomBytes]byte{0xc3, 0x5a, 0x91, 0x07, 0xee}),
		Sender: alert.Sender(w.Root.ID(), w.Leitstelle.Path), Sent: sent, Status: cap.Actual, MsgType: cap.MsgAlert, Scope: cap.Public,
		Info: []cap.Info{{
			Language: "de", Category: []cap.Category{cap.Met}, Event: "Hochwasser", ResponseType: []cap.ResponseType{cap.Evacuate},
			Urgency: cap.Immediate, Severity: cap.Extreme, Certainty: cap.Likely,
			Onset: cap.MakeTime(now+5400, 60), Expires: cap.MakeTime(now+12*3600, 60),
			Area: []cap.Area{{AreaDesc: "Umkreis", Circle: []cap.Circle{"50.541,7.113 12"},
				Geocode: []cap.NamedValue{{ValueName: "ellipse", Value: "5 45"}}}},
		}},
	}
}

// templated is what alert compose makes of a template for a district.
func templated(t testing.TB, w *world, template string) *cap.Alert {
	m, err := compose.Compose(compose.Draft{
		Author: compose.Author{Domain: w.Root.ID(), Authority: w.Leitstelle.Path, Name: "Leitstelle Ahrweiler", Now: now, Offset: 60},
		Lane:   wire.LaneLive, Template: template, Areas: []compose.Area{{Key: "07131"}},
	}, bytes.NewReader([]byte{0xc3, 0x5a, 0x91, 0x07, 0xee}))
	if err != nil {
		t.Fatal(err)
	}
	return m.CAP
}

// sign makes an envelope of c with all in the core, or with parts.
func (w *world) sign(t testing.TB, c *cap.Alert, parts bool, persons int) *wire.Envelope {
	t.Helper()
	h, err := alert.Header(c)
	if err != nil {
		t.Fatal(err)
	}
	var packed [][]byte
	payload, err := alert.WholePayload(c, compact.Extras{})
	if parts {
		payload, packed, err = alert.Payload(c, compact.Extras{})
	}
	if err != nil {
		t.Fatal(err)
	}
	e, err := w.Domain.Sign(w.Leitstelle, h, payload, packed, w.Leitstelle.Persons[:persons]...)
	if err != nil {
		t.Fatal(err)
	}
	w.held[e.ID()] = e
	return e
}
