package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

const (
	// refreshEvery reloads the page by itself, in seconds. A crowd's reloads are
	// served from memory.
	refreshEvery = 60
	// maxFull bounds the warnings shown in full on one page; of more there is a
	// list of links.
	maxFull = 25
	// maxLinks bounds that list.
	maxLinks = 200
	// maxAsked bounds the pages of alerts that one list asks the device for:
	// more than quotas let an authority have.
	maxAsked = 32
	// endedFor is how long what ended is still shown: an all-clear must reach
	// whoever got the warning.
	endedFor = 24 * time.Hour
)

// frame is what all pages have around their content.
type frame struct {
	W          *words
	Title      string
	Refresh    int
	Languages  []languageLink
	Now        string
	ClockDoubt bool
	Silent     bool // warnings may be missing
	SignLine   string
	Roots      []apitype.Root
	Apps       bool
	Back       bool
}

type languageLink struct {
	Lang, Name string
	Here       bool
}

func (s *Server) frame(ctx context.Context, w *words) (frame, *apitype.Status, error) {
	status, err := s.cfg.Backend.Status(ctx)
	if err != nil {
		return frame{}, nil, err
	}
	f := frame{W: w, Title: w.Title, Now: viewer{w, s.cfg.Zone}.moment(status.Clock.Now), ClockDoubt: status.Clock.Doubt,
		Silent:   len(status.Roots) == 0 || slices.ContainsFunc(status.Signs, func(o apitype.Sign) bool { return o.State != apitype.SignHeard }),
		SignLine: oneLine(w.signs.All(status.Signs)), Roots: slices.Clone(status.Roots), Apps: s.apps.Load() != nil}
	for i := range f.Roots {
		f.Roots[i].Name = oneLine(f.Roots[i].Name)
	}
	for _, l := range languages {
		f.Languages = append(f.Languages, languageLink{l, wordsIn(l).Name, l == w.Lang})
	}
	return f, &status, nil
}

// listView is the page of all warnings.
type listView struct {
	frame
	None                    string // what the absence of warnings means here and now
	Warnings, Ended, Drills []warningView
	More                    []warningLink
	Beyond                  string
}

type warningLink struct{ Kind, Headline, Link string }

func (s *Server) list(ctx context.Context, _ *http.Request, w *words) (any, error) {
	f, status, err := s.frame(ctx, w)
	if err != nil {
		return nil, err
	}
	f.Refresh = refreshEvery
	v := listView{frame: f, None: w.None}
	switch {
	case len(f.Roots) == 0:
		v.None = w.NoneUntrust
	case f.Silent:
		v.None = w.NoneCutOff
	}
	all, err := s.shown(ctx, status.Clock.Now)
	if err != nil {
		return nil, err
	}
	gravest(all)
	full := 0
	for i := range all {
		into := v.place(&all[i], status.Clock.Now)
		if into == nil {
			continue
		}
		if full++; full > maxFull {
			v.more(viewer{w, s.cfg.Zone}, &all[i], full)
			continue
		}
		one, err := s.cfg.Backend.Alert(ctx, all[i].ID)
		if err != nil {
			s.log.Warn("show an alert", "id", all[i].ID, "err", err) // it may have gone meanwhile
			continue
		}
		*into = append(*into, viewer{w, s.cfg.Zone}.view(&one))
	}
	return v, nil
}

// shown lists what may stand on the page. However many exercises and ends a device
// holds, none pushes out a warning in force.
func (s *Server) shown(ctx context.Context, now time.Time) (all []apitype.AlertSummary, err error) {
	old := func(a *apitype.AlertSummary) bool { return now.Sub(a.Created) >= endedFor }
	for _, part := range []struct {
		filter apitype.AlertFilter
		pages  int
		want   func(*apitype.AlertSummary) bool
		enough func(last *apitype.AlertSummary) bool // there is nothing more to want behind it
	}{
		{apitype.AlertFilter{Lane: "live", Active: true}, maxAsked, func(a *apitype.AlertSummary) bool { return true }, nil},
		{apitype.AlertFilter{Lane: "live"}, maxAsked, func(a *apitype.AlertSummary) bool { return isEnd(a.Kind) && !isActive(a) }, old},
		{apitype.AlertFilter{Lane: "drill", Active: true}, 1, func(a *apitype.AlertSummary) bool { return true }, nil},
	} {
		page := apitype.Page{Limit: apitype.MaxLimit}
		for range part.pages {
			list, err := s.cfg.Backend.Alerts(ctx, part.filter, page)
			if err != nil {
				return nil, err
			}
			for i := range list.Items {
				if part.want(&list.Items[i]) {
					all = append(all, list.Items[i])
				}
			}
			if page.Cursor = list.Next; list.Next == "" || part.enough != nil && part.enough(&list.Items[len(list.Items)-1]) {
				break
			}
		}
	}
	return all, nil
}

func isActive(a *apitype.AlertSummary) bool {
	return a.State == apitype.StateInForce || a.State == apitype.StateUnknown || a.State == apitype.StateNotYet
}

// place is the part of the page where an alert stands; nil: none.
func (v *listView) place(a *apitype.AlertSummary, now time.Time) *[]warningView {
	active := isActive(a)
	switch {
	case a.Lane != "live" || a.Test:
		if active && !isEnd(a.Kind) {
			return &v.Drills
		}
	case isEnd(a.Kind):
		if a.State != apitype.StateSuperseded && a.State != apitype.StateRevoked && now.Sub(a.Created) < endedFor {
			return &v.Ended
		}
	case active:
		return &v.Warnings
	}
	return nil
}

func (v *listView) more(view viewer, a *apitype.AlertSummary, n int) {
	if len(v.More) < maxLinks {
		v.More = append(v.More, warningLink{view.kind(a), oneLine(a.Headline), "/w/" + a.ID + "?l=" + view.w.Lang})
		return
	}
	v.Beyond = fmt.Sprintf(view.w.More, n-maxFull-maxLinks)
}

// gravest sorts alerts: real before exercises, by Warnstufe, ends after what is
// in force, the newest first.
func gravest(all []apitype.AlertSummary) {
	class := func(a *apitype.AlertSummary) int {
		switch {
		case a.Lane != "live" || a.Test:
			return 9
		case isEnd(a.Kind):
			return 5
		}
		return (a.Warnstufe + 3) % 4 // 0, none, comes last
	}
	slices.SortStableFunc(all, func(a, b apitype.AlertSummary) int {
		return cmp.Or(cmp.Compare(class(&a), class(&b)), b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID))
	})
}

// oneView is the page of one warning.
type oneView struct {
	frame
	Warnings []warningView
	QR       []qrView
	Others   []otherText
}

// otherText is a warning's text in a further language.
type otherText struct {
	Lang, Headline           string
	Instruction, Description []string
}

func (s *Server) one(ctx context.Context, r *http.Request, w *words) (any, error) {
	a, err := s.cfg.Backend.Alert(ctx, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	f, _, err := s.frame(ctx, w)
	if err != nil {
		return nil, err
	}
	view := viewer{w, s.cfg.Zone}.view(&a)
	view.Link = ""
	f.Back, f.Refresh, f.Title = true, refreshEvery, view.Kind+": "+view.Headline
	v := oneView{frame: f, Warnings: []warningView{view}, Others: others(&a, w.Lang)}
	if s.cfg.Frames != nil {
		if v.QR, err = s.qr(ctx, &a, w); err != nil {
			s.log.Warn("draw an alert's frames", "id", a.ID, "err", err) // the page is worth more than its code
		}
	}
	return v, nil
}

// maxCodes bounds the warnings whose frames are kept, some kB each.
const maxCodes = 200

// qr draws the frames of an alert. Spelling it briefly takes longer than all else
// on a page, so the texts are kept, by what an alert's envelope is at a level.
// Pages are made one at a time, so nothing guards them.
func (s *Server) qr(ctx context.Context, a *apitype.AlertDetail, w *words) ([]qrView, error) {
	key := fmt.Sprint(a.ID, a.Level, len(a.Signers), len(a.Incomplete))
	texts, kept := s.frames[key]
	if !kept {
		envelope, err := s.cfg.Backend.Envelope(ctx, a.ID)
		if err != nil {
			return nil, err
		}
		if texts, err = s.cfg.Frames(envelope); err != nil {
			return nil, err
		}
		if len(s.frames) >= maxCodes {
			clear(s.frames)
		}
		s.frames[key] = texts
	}
	return w.drawFrames(texts)
}

// others are the texts of a warning in the languages that the page does not show
// already. Of ends there are none: see [viewer.view].
func others(a *apitype.AlertDetail, language string) (list []otherText) {
	shown := infoIn(a.Infos, language)
	for i := range a.Infos {
		in := &a.Infos[i]
		if in == shown || isEnd(a.Kind) {
			continue
		}
		list = append(list, otherText{pageTag(in.Language), cmp.Or(oneLine(in.Headline), oneLine(in.Event)),
			bounded(instructions(in)), bounded(paragraphs(in.Description))})
	}
	return list
}
