package model

import (
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// read takes from a CAP document what the program would: its lane, how grave it is,
// how long it holds, how large it travels and which places it concerns.
func (r *run) read(s *alertState, text []byte) error {
	doc, _, err := cap.Parse(text) // a document that can be read can be simulated
	if err != nil {
		return err
	}
	for _, info := range doc.Info {
		if info.Severity.Rank() > s.severity.Rank() {
			s.severity = info.Severity
		}
	}
	created, expires, err := alert.Times(doc)
	if err != nil {
		return err
	}
	a, err := alert.Of(doc)
	if err != nil {
		return err
	}
	s.kind, s.triple = a.Kind, doc.Triple()
	s.references, _ = doc.ReferenceList() // as alert.FactOf
	s.lasts = time.Duration(min(int64(expires-created), maxLasts)) * time.Second
	s.drill = s.drill || doc.Status == cap.Exercise || doc.Status == cap.Test
	if s.size == 0 {
		payload, parts, err := alert.Payload(doc, compact.Extras{})
		if err != nil {
			return err
		}
		s.size = uint32(len(payload) + chainSize)
		for _, p := range parts {
			s.size += uint32(len(p))
		}
	}
	s.elsewhere = elsewhere(doc, r.s.Places)
	return nil
}

// elsewhere are the places with a regional key that an alert does not concern, by
// the rule by which devices decide. A place without a key may be anywhere.
func elsewhere(doc *cap.Alert, places []scenario.Place) (out []bool) {
	target := alert.NewTarget(doc, nil)
	for i, p := range places {
		key, is := strings.CutPrefix(p.Key, "ARS=")
		if !is {
			continue
		}
		if concern, _ := target.Concerns(alert.Place{Name: p.Name, Keys: []string{key}}); concern == alert.ConcernNo {
			if out == nil {
				out = make([]bool, len(places))
			}
			out[i] = true
		}
	}
	return out
}
