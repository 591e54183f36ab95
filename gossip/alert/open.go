package alert

import (
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/region"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Open reads the alert of an envelope of type alert and holds header and CAP
// against each other. parts are the contents of its parts, as PartRef.Open
// returns them, in the payload's order; nil ones are absent, and parts may be
// nil. Nothing is judged that needs trust, a clock or a place.
//
// The error is a [*wire.Refusal].
func Open(e *wire.Envelope, parts [][]byte) (*Alert, error) {
	if e.Header.Type != wire.TypeAlert {
		return nil, wire.Refuse(wire.ReasonBadPayload, "a %s is no alert", e.Header.Type)
	}
	p, err := wire.ParsePayload(e.Payload)
	if err != nil {
		return nil, err
	}
	return open(e, p, parts)
}

// OpenFull is Open with the parts that were transmitted along, as OpenParts
// returns them.
func OpenFull(e *wire.Envelope) (*Alert, error) {
	if e.Header.Type != wire.TypeAlert {
		return nil, wire.Refuse(wire.ReasonBadPayload, "a %s is no alert", e.Header.Type)
	}
	p, err := wire.ParsePayload(e.Payload)
	if err != nil {
		return nil, err
	}
	parts, err := openParts(e, p)
	if err != nil {
		return nil, err
	}
	return open(e, p, parts)
}

func open(e *wire.Envelope, p wire.SignedPayload, parts [][]byte) (*Alert, error) {
	if parts == nil {
		parts = make([][]byte, len(p.Parts))
	}
	if len(parts) != len(p.Parts) {
		return nil, wire.Refuse(wire.ReasonBadPart, "%d parts, the payload names %d", len(parts), len(p.Parts))
	}
	doc, err := compact.Decode(p.Core, parts)
	if err != nil {
		return nil, err
	}
	if doc.Lacks(compact.KindText) {
		nameAreas(doc.Alert)
	}
	a, err := Of(doc.Alert)
	if err != nil {
		return nil, err
	}
	a.ID, a.Header, a.Origin, a.Parts = e.ID(), e.Header, doc.Extras.Origin, doc.Parts
	for _, id := range doc.Extras.References {
		if !id.IsZero() {
			a.References = append(a.References, id)
		}
	}
	return a, a.agree()
}

// nameAreas names areas by their regional key while the part with their names is
// not here: an alert off paper or a radio must say where.
func nameAreas(c *cap.Alert) {
	for i := range c.Info {
		for j := range c.Info[i].Area {
			area := &c.Info[i].Area[j]
			for _, g := range area.Geocode {
				if k, ok := ParseKey(g); ok && area.AreaDesc == "" && k.ARS() != "" {
					area.AreaDesc = region.Name(k.ARS())
				}
			}
		}
	}
}

// OpenParts checks the transmitted parts of an envelope against its payload and
// returns their contents, for Open; absent ones stay nil.
func OpenParts(e *wire.Envelope) ([][]byte, error) {
	p, err := wire.ParsePayload(e.Payload)
	if err != nil {
		return nil, err
	}
	return openParts(e, p)
}

func openParts(e *wire.Envelope, p wire.SignedPayload) ([][]byte, error) {
	if len(e.Parts) > len(p.Parts) {
		return nil, wire.Refuse(wire.ReasonBadPart, "%d parts, the payload names %d", len(e.Parts), len(p.Parts))
	}
	parts := make([][]byte, len(p.Parts))
	for i, packed := range e.Parts {
		if len(packed) == 0 {
			continue // absent
		}
		content, err := p.Parts[i].Open(packed)
		if err != nil {
			return nil, err
		}
		parts[i] = content
	}
	return parts, nil
}

// MaxReferences bounds what one alert follows up (format): an incident has a
// dozen versions, and the work of judging it grows with the references in it.
// What the named versions took the place of need not be named.
const MaxReferences = 64

// agree holds the header against CAP: what relays sort, drop and spread by is
// what people will read.
func (a *Alert) agree() error {
	h := &a.Header
	lane := LaneOf(a.CAP.Status)
	created, expires, err := Times(a.CAP)
	switch {
	case lane == 0:
		return wire.Refuse(wire.ReasonBadPayload, "status %.20q never travels", a.CAP.Status)
	case lane != h.Lane:
		return wire.Refuse(wire.ReasonWrongLane, "status %s on lane %s, want %s", a.CAP.Status, h.Lane, lane)
	case err != nil:
		return err
	case created != h.Created:
		return wire.Refuse(wire.ReasonBadPayload, "created %d, but sent is %d", h.Created, created)
	case expires != h.Expires:
		return wire.Refuse(wire.ReasonBadPayload, "expires %d, but by the info blocks %d", h.Expires, expires)
	case a.Severity != h.Priority:
		return wire.Refuse(wire.ReasonBadPayload, "priority %d, but the severity is %d", h.Priority, a.Severity)
	case max(len(a.References), strings.Count(a.CAP.References, " ")+1) > MaxReferences:
		return wire.Refuse(wire.ReasonBadPayload, "more than %d references", MaxReferences)
	case a.Kind != KindAlert && a.CAP.References == "" && len(a.References) == 0:
		return wire.Refuse(wire.ReasonBadPayload, "an %s without references", a.Kind)
	case h.Lane == wire.LaneLive && a.Severity >= wire.PrioritySevere && !a.Kind.Ends():
		return a.mustExpire()
	}
	return nil
}

// mustExpire: a Severe alert says when it is over, so that it cannot outlive
// everybody who could end it.
func (a *Alert) mustExpire() error {
	for i := range a.CAP.Info {
		if a.CAP.Info[i].Expires == "" {
			return wire.Refuse(wire.ReasonBadPayload, "info block %d of a live alert that is %s or above has no expires", i, cap.Severe)
		}
	}
	return nil
}

// Payload writes a CAP alert as the payload of an envelope, with the transmitted
// form of its parts. The alert travels by what Header makes of it.
func Payload(c *cap.Alert, x compact.Extras) (payload []byte, parts [][]byte, err error) {
	core, contents, err := compact.Encode(c, x)
	if err != nil {
		return nil, nil, err
	}
	p := wire.SignedPayload{Core: core, Parts: []wire.PartRef{}}
	for _, content := range contents {
		p.Parts = append(p.Parts, wire.NewPartRef(content))
		parts = append(parts, wire.PackPart(content))
	}
	payload, err = wire.Marshal(p)
	return payload, parts, err
}

// WholePayload is Payload without parts: all is in the core, for an alert that
// shall say everything in one frame.
func WholePayload(c *cap.Alert, x compact.Extras) ([]byte, error) {
	core, err := compact.EncodeWhole(c, x)
	if err != nil {
		return nil, err
	}
	return wire.Marshal(wire.SignedPayload{Core: core, Parts: []wire.PartRef{}})
}

// Header fills in what follows from the alert: type, lane, priority, created and
// expires. The rest names the author: domain, authority, issuer, sequence and
// previous. The error is a [*wire.Refusal].
func Header(c *cap.Alert) (wire.Header, error) {
	a, err := Of(c)
	if err != nil {
		return wire.Header{}, err
	}
	h := wire.Header{Type: wire.TypeAlert, Lane: LaneOf(c.Status), Priority: a.Severity}
	if h.Created, h.Expires, err = Times(c); err != nil {
		return wire.Header{}, err
	}
	a.Header = h
	return h, a.agree()
}
