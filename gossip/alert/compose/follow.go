package compose

import (
	"io"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// All follow-ups take every version of the incident that is known (prev, in any
// order): a follow-up acts on what it refers to and on what that took the place
// of, never on an update that its author did not know.

// errNothing refuses a follow-up of nothing.
var errNothing = &Refused{[]Problem{{"references", "Es gibt nichts, worauf sich das bezieht.", "There is nothing to follow up."}}}

// DraftOf turns an alert back into a draft, to be changed and sent as an update:
// everything is in its fields, no template fills anything in.
func DraftOf(a *alert.Alert, by Author) Draft {
	d := Draft{Author: by, Lane: alert.LaneOf(a.CAP.Status), Note: a.CAP.Note}
	for i := range a.CAP.Info {
		in := &a.CAP.Info[i]
		text := Text{in.Language, in.Event, in.Headline, in.Description, in.Instruction}
		if i == 0 {
			d.Severity, d.Urgency, d.Certainty = in.Severity, in.Urgency, in.Certainty
			d.Category, d.Response, d.EventCode = in.Category, in.ResponseType, in.EventCode
			d.Onset, d.Expires = unix(in.Onset), unix(in.Expires)
			d.Areas = draftAreas(in.Area)
		}
		d.Texts = append(d.Texts, text)
	}
	return d
}

func unix(t cap.Time) uint64 {
	v, ok := t.Unix()
	if !ok || v < 0 {
		return 0
	}
	return uint64(v)
}

func draftAreas(areas []cap.Area) []Area {
	var list []Area
	for i := range areas {
		a := Area{Name: areas[i].AreaDesc, Polygons: areas[i].Polygon, Circles: areas[i].Circle}
		for _, g := range areas[i].Geocode {
			if g.ValueName != alert.KeyName {
				continue
			}
			if a.Key != "" { // one key each: CAP's areas are a union
				list = append(list, a)
			}
			a.Key = g.Value
		}
		list = append(list, a)
	}
	return list
}

// Update makes a new version from a draft, which takes the place of prev.
func Update(prev []*alert.Alert, d Draft, random io.Reader) (*Message, error) {
	versions := standing(prev)
	if len(versions) == 0 {
		return nil, errNothing
	}
	d.Lane = versions[0].Header.Lane // a drill never becomes real, nor the reverse
	return build(d, cap.MsgUpdate, versions, random)
}

// Correction is an update that says so: the note tells other agencies that the
// situation did not change, only what was said about it.
func Correction(prev []*alert.Alert, d Draft, random io.Reader) (*Message, error) {
	if d.Note == "" {
		d.Note = "Korrektur / correction"
	}
	return Update(prev, d, random)
}

// AllClear says that the danger is over.
func AllClear(prev []*alert.Alert, by Author, random io.Reader) (*Message, error) {
	return end(standing(prev), by, alert.KindAllClear, random)
}

// Withdraw says that there never was a danger: it was a false alarm.
func Withdraw(prev []*alert.Alert, by Author, random io.Reader) (*Message, error) {
	return end(standing(prev), by, alert.KindWithdrawal, random)
}

// standing are the versions of an incident, latest first, without its ends;
// what the latest took the place of need not be named.
func standing(prev []*alert.Alert) []*alert.Alert {
	versions := slices.DeleteFunc(slices.Clone(prev), func(a *alert.Alert) bool { return a.Kind.Ends() })
	slices.SortStableFunc(versions, func(a, b *alert.Alert) int {
		switch {
		case a.Header.Created > b.Header.Created:
			return -1
		case a.Header.Created < b.Header.Created:
			return 1
		}
		return a.ID.Compare(b.ID)
	})
	return versions[:min(len(versions), alert.MaxReferences)]
}

// end makes an all-clear or withdrawal of prev, the latest of which is first:
// in its languages, in fixed words, for all areas that were warned.
func end(prev []*alert.Alert, by Author, kind alert.Kind, random io.Reader) (*Message, error) {
	if len(prev) == 0 {
		return nil, errNothing
	}
	last := prev[0]
	m, err := frame(by, last.Header.Lane, cap.MsgCancel, prev, random)
	if err != nil {
		return nil, err
	}
	sent := unix(m.CAP.Sent)
	// It outlives what it ends, so that it still reaches who was away.
	expires := sent + alert.DefaultLifetime
	severity := cap.UnknownSeverity
	for _, p := range prev {
		expires = max(expires, p.Header.Expires+hour)
		for i := range p.CAP.Info {
			if s := p.CAP.Info[i].Severity; s.Rank() > severity.Rank() {
				severity = s
			}
		}
	}
	expires = min(expires, sent+wire.MaxAlertLifetime)
	areas := warned(prev)
	seen := map[string]bool{}
	for i := range last.CAP.Info {
		in := &last.CAP.Info[i]
		if l := alert.LanguageOf(in.Language); seen[l] || !alert.Speaks(in.Language) {
			continue // no words of ours in that language: better none than wrong ones
		} else {
			seen[l] = true
		}
		m.CAP.Info = append(m.CAP.Info, ending(in, kind, last.Header.Lane))
	}
	for i := range m.CAP.Info {
		in := &m.CAP.Info[i]
		in.Severity, in.SenderName, in.Contact, in.Web = severity, by.Name, by.Contact, by.Web
		in.Expires = cap.MakeTime(int64(expires), by.Offset)
		in.Area = areas
	}
	return m, refuse(Issuable(m.CAP))
}

// ending is the info block of an end in the language of the one it ends.
func ending(old *cap.Info, kind alert.Kind, lane wire.Lane) cap.Info {
	in := cap.Info{
		Language: old.Language, Category: old.Category, Event: old.Event, EventCode: old.EventCode,
		ResponseType: []cap.ResponseType{cap.AllClear}, Urgency: cap.Past, Certainty: cap.Observed,
		Headline:    alert.KindIn(old.Language, kind) + ": " + old.Event,
		Description: alert.EndingIn(old.Language, kind),
		Instruction: alert.EndingIn(old.Language, alert.KindWithdrawal), // Es besteht keine Gefahr.
		Parameter:   []cap.NamedValue{{ValueName: instructionCodeName, Value: codeNoDanger}},
	}
	if kind == alert.KindWithdrawal {
		in.ResponseType, in.Certainty = []cap.ResponseType{cap.NoResponse}, cap.Unlikely
		in.Instruction = ""
	}
	if lane == wire.LaneDrill {
		word := alert.ExerciseIn(old.Language) + ": "
		in.Headline, in.Description = word+in.Headline, word+in.Description
	}
	return in
}

// warned is the union of the areas of all versions.
func warned(prev []*alert.Alert) []cap.Area {
	var list []cap.Area
	for _, p := range prev {
		for i := range p.CAP.Info {
			for _, a := range p.CAP.Info[i].Area {
				if !slices.ContainsFunc(list, func(b cap.Area) bool { return sameArea(&a, &b) }) {
					list = append(list, a)
				}
			}
		}
	}
	return list
}

func sameArea(a, b *cap.Area) bool {
	return a.AreaDesc == b.AreaDesc && slices.Equal(a.Polygon, b.Polygon) && slices.Equal(a.Circle, b.Circle) && slices.Equal(a.Geocode, b.Geocode)
}
