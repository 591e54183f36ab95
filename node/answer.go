package node

import (
	"cmp"
	"context"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/row"
)

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
	about := row.Alert(e, a, &v, n.path(&v))
	out := apitype.Draft{Schema: apitype.SchemaDraft, Envelope: d.Envelope, DraftSummary: apitype.DraftSummary{
		ID: id.String(), Lane: about.Lane, Kind: about.Kind, Severity: about.Severity, Headline: about.Headline, Areas: about.Areas,
		Authority: about.Authority, Signed: int(v.Level), Needed: about.Needed, State: d.State, Comment: d.Comment,
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
	n.sendDraft(ctx, e, n.stations(e.Domain(), e.Header.Authority))
	return n.Draft(ctx, e.ID())
}

// maxComment bounds the comment to an answer, in bytes; stations take no longer one.
const maxComment = 1000

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
	case len(answer.Comment) > maxComment:
		return d, &apitype.Error{Schema: apitype.SchemaError, Code: apitype.CodeBadRequest, Message: "the comment is longer than 1,000 bytes"}
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
	n.sendDraft(ctx, e, n.stations(e.Domain(), e.Header.Authority))
	return n.Draft(ctx, id)
}

func (n *Node) reject(ctx context.Context, d apitype.Draft, comment string) error {
	e, err := wire.Decode(d.Envelope)
	if err != nil {
		return err
	}
	if err := n.noteRejection(ctx, e, comment); err != nil {
		return err
	}
	n.sendRejection(ctx, e, comment)
	return nil
}
