package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// Alerts lists the alerts this device holds, newest first.
func (n *Node) Alerts(_ context.Context, f apitype.AlertFilter, p apitype.Page) (apitype.List[apitype.AlertSummary], error) {
	n.mu.Lock()
	var all []apitype.AlertSummary
	for _, k := range n.known {
		if row := n.view(k); matches(row, f) {
			all = append(all, row)
		}
	}
	n.mu.Unlock()
	slices.SortFunc(all, func(a, b apitype.AlertSummary) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID))
	})
	items, next := page(all, p, func(a apitype.AlertSummary) string { return a.ID })
	return apitype.List[apitype.AlertSummary]{Schema: apitype.SchemaAlerts, Items: items, Next: next}, nil
}

func matches(row apitype.AlertSummary, f apitype.AlertFilter) bool {
	active := row.State == apitype.StateInForce || row.State == apitype.StateUnknown || row.State == apitype.StateNotYet
	return (f.Lane == "" || f.Lane == row.Lane) && (f.State == "" || f.State == row.State) && (!f.Active || active) &&
		(f.Concerns == "" || f.Concerns == row.Concerns) && (f.Incident == "" || f.Incident == row.Incident)
}

// Alert returns one alert with its texts and as CAP.
func (n *Node) Alert(ctx context.Context, id wire.ID) (apitype.AlertDetail, error) {
	d := apitype.AlertDetail{Schema: apitype.SchemaAlert, References: []string{}, FollowUps: []string{}}
	n.mu.Lock()
	k := n.known[id]
	if k != nil {
		d.AlertSummary = n.view(k)
		for _, ref := range k.fact.Refs {
			d.References = append(d.References, ref.String())
		}
		for other, o := range n.known {
			if slices.Contains(o.fact.Refs, id) {
				d.FollowUps = append(d.FollowUps, other.String())
			}
		}
	}
	n.mu.Unlock()
	if k == nil {
		return d, errNotFound
	}
	slices.Sort(d.FollowUps)
	raw, err := n.Envelope(ctx, id)
	if err != nil {
		return d, err
	}
	e, err := wire.Decode(raw)
	if err != nil {
		return d, err
	}
	a, err := open(e)
	if err != nil {
		return d, err
	}
	return d, describe(&d, a)
}

// Envelope returns an envelope in its transmitted form, with its chain: the
// bytes that prove it to anybody who knows the root.
func (n *Node) Envelope(ctx context.Context, id wire.ID) ([]byte, error) {
	s, err := (keeper{n}).Get(ctx, id)
	if errors.Is(err, persist.ErrNotFound) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read envelope %s: %w", id.Short(), err)
	}
	e, err := wire.Decode(s.Envelope)
	if err != nil {
		return nil, err
	}
	e.Parts, e.Chain = s.Parts, n.pool.ChainFor(e)
	return e.EncodeFull(), nil
}

// describe adds an alert's texts.
func describe(d *apitype.AlertDetail, a *alert.Alert) error {
	condition := alert.Condition{Drill: a.Drill(), Unconfirmed: d.Unconfirmed, ImportedBy: d.Origin.By}
	d.Short = map[int]string{}
	for _, limit := range []int{alert.ShortWEA, alert.LongWEA, alert.ShortDisplay, alert.DEAlert} {
		d.Short[limit] = a.Short(limit, condition)
	}
	d.Incomplete = []string{}
	for _, i := range a.Missing() {
		d.Incomplete = append(d.Incomplete, a.Parts[i].Kind.String())
	}
	for i := range a.CAP.Info {
		d.Infos = append(d.Infos, infoOf(&a.CAP.Info[i]))
	}
	var xml strings.Builder
	if err := cap.Write(&xml, a.CAP, cap.WriteOptions{}); err != nil {
		return fmt.Errorf("write alert %s as CAP: %w", d.ID, err)
	}
	d.XML = xml.String()
	return nil
}

func infoOf(in *cap.Info) apitype.Info {
	out := apitype.Info{
		Language: in.Language, Categories: texts(in.Category), Event: in.Event, Responses: texts(in.ResponseType),
		Urgency: string(in.Urgency), Severity: string(in.Severity), Certainty: string(in.Certainty),
		Effective: timeOf(in.Effective), Onset: timeOf(in.Onset), Expires: timeOf(in.Expires), SenderName: in.SenderName,
		Headline: in.Headline, Description: in.Description, Instruction: in.Instruction, Contact: in.Contact, Web: in.Web,
		Areas: []apitype.Area{}, Instructions: []string{},
	}
	for i := range in.Area {
		a := &in.Area[i]
		area := apitype.Area{Description: a.AreaDesc, Geocodes: []apitype.Geocode{}, Polygons: texts(a.Polygon), Circles: texts(a.Circle)}
		for _, g := range a.Geocode {
			area.Geocodes = append(area.Geocodes, apitype.Geocode{Name: g.ValueName, Value: g.Value})
		}
		out.Areas = append(out.Areas, area)
	}
	return out
}

func texts[T ~string](list []T) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, string(v))
	}
	return out
}

func timeOf(t cap.Time) time.Time {
	seconds, ok := t.Unix()
	if !ok {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// Drafts lists the drafts of this station, newest first.
func (n *Node) Drafts(_ context.Context, p apitype.Page) (apitype.List[apitype.DraftSummary], error) {
	n.drafts.mu.Lock()
	copies := map[wire.ID]draft{}
	for id, d := range n.drafts.all {
		copies[id] = *d
	}
	n.drafts.mu.Unlock()
	var all []apitype.DraftSummary
	for id, d := range copies {
		one, err := n.describeDraft(id, d)
		if err != nil {
			n.log.Warn("describe draft", "id", id, "err", err)
			continue
		}
		all = append(all, one.DraftSummary)
	}
	slices.SortFunc(all, func(a, b apitype.DraftSummary) int {
		return cmp.Or(b.Arrived.Compare(a.Arrived), cmp.Compare(a.ID, b.ID))
	})
	items, next := page(all, p, func(d apitype.DraftSummary) string { return d.ID })
	return apitype.List[apitype.DraftSummary]{Schema: apitype.SchemaDrafts, Items: items, Next: next}, nil
}

// Draft returns one draft, with the envelope to sign.
func (n *Node) Draft(_ context.Context, id wire.ID) (apitype.Draft, error) {
	n.drafts.mu.Lock()
	d, ok := n.drafts.all[id]
	var one draft
	if ok {
		one = *d
	}
	n.drafts.mu.Unlock()
	if !ok {
		return apitype.Draft{}, errNotFound
	}
	return n.describeDraft(id, one)
}

func (n *Node) describeDraft(id wire.ID, d draft) (apitype.Draft, error) {
	e, a, v, err := n.judgeDraft(d.Envelope)
	if err != nil {
		return apitype.Draft{}, err
	}
	row := n.row(e, a, &v)
	out := apitype.Draft{Schema: apitype.SchemaDraft, Envelope: d.Envelope, DraftSummary: apitype.DraftSummary{
		ID: id.String(), Lane: row.Lane, Kind: row.Kind, Severity: row.Severity, Headline: row.Headline, Areas: row.Areas,
		Authority: row.Authority, Signed: int(v.Level), Needed: v.Needed, State: d.State, Comment: d.Comment,
		Arrived: d.Received, From: d.From, Overdue: d.Overdue,
	}}
	if v.Author != nil {
		out.Author = v.Author.Name
	}
	return out, nil
}

// PutDraft keeps a draft of this station and hands it to the other stations of
// its authority. It returns how the draft stands.
func (n *Node) PutDraft(ctx context.Context, raw []byte) (apitype.Draft, error) {
	e, _, _, err := n.judgeDraft(raw)
	if err != nil {
		return apitype.Draft{}, err
	}
	if err := n.keepDraft(ctx, e, ""); err != nil {
		return apitype.Draft{}, err
	}
	n.sendDraft(ctx, e)
	return n.Draft(ctx, e.ID())
}

// AnswerDraft approves or rejects a draft. Approval brings the envelope with
// the further signature; if it was the last one needed, the alert is durable and
// published when this returns.
func (n *Node) AnswerDraft(ctx context.Context, id wire.ID, answer apitype.DraftAnswer) (apitype.Draft, error) {
	d, err := n.Draft(ctx, id)
	switch {
	case err != nil:
		return d, err
	case d.State == apitype.DraftPublished || d.State == apitype.DraftRejected:
		return d, &apitype.Error{Schema: apitype.SchemaError, Code: apitype.CodeConflict, Message: "the draft is " + d.State + " already"}
	case answer.Answer == apitype.DraftRejected:
		if err := n.reject(ctx, d, answer.Comment); err != nil {
			return d, err
		}
		return n.Draft(ctx, id)
	case answer.Answer != apitype.DraftApproved:
		return d, &apitype.Error{Schema: apitype.SchemaError, Code: apitype.CodeBadRequest, Message: "answer: want approved or rejected"}
	}
	e, _, v, err := n.judgeDraft(answer.Envelope)
	if err != nil {
		return d, err
	}
	if e.ID() != id || int(v.Level) <= d.Signed {
		return d, &apitype.Error{Schema: apitype.SchemaError, Code: apitype.CodeBadRequest, Message: "the envelope is not this draft with a further signature"}
	}
	if _, err := n.Submit(ctx, answer.Envelope); err == nil {
		return n.Draft(ctx, id)
	} else if !isReason(err, wire.ReasonBadQuorum) {
		return d, err
	}
	if err := n.putDraft(ctx, e, func(d *draft) { d.Comment = answer.Comment }); err != nil {
		return d, err
	}
	n.sendDraft(ctx, e)
	return n.Draft(ctx, id)
}

func (n *Node) reject(ctx context.Context, d apitype.Draft, comment string) error {
	e, err := wire.Decode(d.Envelope)
	if err != nil {
		return err
	}
	if err := n.putDraft(ctx, e, func(d *draft) { d.State, d.Comment = apitype.DraftRejected, comment }); err != nil {
		return err
	}
	n.announceDraft(ctx, e.ID())
	return nil
}

// SetPlaces sets the watched places and holds all alerts against them.
func (n *Node) SetPlaces(ctx context.Context, places []apitype.Place) error {
	for _, p := range places {
		if p.ARS != "" {
			if _, err := identity.ParseAreaKey("ARS " + p.ARS); err != nil {
				return fmt.Errorf("place %q: %w", p.Name, err)
			}
		}
		if (p.Lat == nil) != (p.Lon == nil) || p.ARS == "" && p.Lat == nil {
			return fmt.Errorf("place %q: want a regional key, or latitude and longitude", p.Name)
		}
	}
	if err := n.deps.Store.Local().Put(ctx, localPlaces, mustJSON(places)); err != nil {
		return fmt.Errorf("keep places: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.places = slices.Clone(places)
	var facts []alert.Fact
	for _, k := range n.known {
		n.place(k)
		facts = append(facts, k.fact)
	}
	return n.tell(ctx, n.alerts.Revise(n.anyClock(), facts...))
}

// Places lists the watched places.
func (n *Node) Places(context.Context) (apitype.Places, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return apitype.Places{Schema: apitype.SchemaPlaces, Items: append([]apitype.Place{}, n.places...)}, nil
}

// placesOf turns the watched places into what relevance works with.
func placesOf(places []apitype.Place) []alert.Place {
	list := make([]alert.Place, 0, len(places))
	for _, p := range places {
		one := alert.Place{Name: p.Name}
		if p.ARS != "" {
			one.Keys = []string{p.ARS}
		}
		if p.Lat != nil && p.Lon != nil {
			one.Point = &cap.Point{Lat: *p.Lat, Lon: *p.Lon}
		}
		list = append(list, one)
	}
	return list
}
