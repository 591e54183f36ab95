package api

import (
	"context"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

func getStatus(ctx context.Context, b Backend, r *http.Request) (any, error) {
	if _, err := params(r); err != nil {
		return nil, err
	}
	v, err := b.Status(ctx)
	v.Schema = apitype.SchemaStatus
	return v, err
}

func listPeers(ctx context.Context, b Backend, r *http.Request) (any, error) {
	_, page, err := pageParams(r)
	if err != nil {
		return nil, err
	}
	v, err := b.Peers(ctx, page)
	return listed(v, apitype.SchemaPeers, err)
}

func listAlerts(ctx context.Context, b Backend, r *http.Request) (any, error) {
	q, page, err := pageParams(r, "lane", "state", "active", "concerns", "incident")
	if err != nil {
		return nil, err
	}
	f := apitype.AlertFilter{Lane: q.Get("lane"), State: apitype.AlertState(q.Get("state")),
		Concerns: apitype.Concern(q.Get("concerns")), Incident: q.Get("incident")}
	if !slices.Contains([]string{"", "live", "drill"}, f.Lane) {
		return nil, badRequest("lane %.20q: want live or drill", f.Lane)
	}
	if text := q.Get("active"); text != "" {
		if f.Active, err = strconv.ParseBool(text); err != nil {
			return nil, badRequest("active %.20q: want true or false", text)
		}
	}
	v, err := b.Alerts(ctx, f, page)
	return listed(v, apitype.SchemaAlerts, err)
}

func getAlert(ctx context.Context, b Backend, r *http.Request) (any, error) {
	v, err := b.Alert(ctx, r.PathValue("id"))
	v.Schema = apitype.SchemaAlert
	return v, err
}

func submit(ctx context.Context, b Backend, r *http.Request) (any, error) {
	envelope, err := readEnvelope(r)
	if err != nil {
		return nil, err
	}
	v, err := b.Submit(ctx, envelope)
	v.Schema = apitype.SchemaSubmitted
	return v, err
}

func getEnvelope(ctx context.Context, b Backend, r *http.Request) (any, error) {
	envelope, err := b.Envelope(ctx, r.PathValue("id"))
	return envelope, err
}

func getHead(ctx context.Context, b Backend, r *http.Request) (any, error) {
	q, err := params(r, "domain", "key", "lane")
	if err != nil {
		return nil, err
	}
	request := apitype.HeadRequest{Domain: q.Get("domain"), Key: q.Get("key"), Lane: q.Get("lane")}
	if key, err := hex.DecodeString(request.Key); err != nil || len(key) != 32 {
		return nil, badRequest("key: want an Ed25519 public key, 64 hexadecimal digits")
	}
	if request.Lane == "" || request.Domain == "" {
		return nil, badRequest("want domain, key and lane")
	}
	v, err := b.Head(ctx, request)
	v.Schema = apitype.SchemaHead
	return v, err
}

func listDrafts(ctx context.Context, b Backend, r *http.Request) (any, error) {
	_, page, err := pageParams(r)
	if err != nil {
		return nil, err
	}
	v, err := b.Drafts(ctx, page)
	return listed(v, apitype.SchemaDrafts, err)
}

func draft(v apitype.Draft, err error) (any, error) {
	v.Schema = apitype.SchemaDraft
	return v, err
}

func getDraft(ctx context.Context, b Backend, r *http.Request) (any, error) {
	return draft(b.Draft(ctx, r.PathValue("id")))
}

func putDraft(ctx context.Context, b Backend, r *http.Request) (any, error) {
	envelope, err := readEnvelope(r)
	if err != nil {
		return nil, err
	}
	return draft(b.PutDraft(ctx, envelope))
}

func answerDraft(ctx context.Context, b Backend, r *http.Request) (any, error) {
	answer, err := readJSON[apitype.DraftAnswer](r)
	if err != nil {
		return nil, err
	}
	approves := answer.Answer == apitype.DraftApproved
	if !approves && answer.Answer != apitype.DraftRejected || approves != (len(answer.Envelope) > 0) {
		return nil, badRequest("answer: want %q with the signed envelope, or %q", apitype.DraftApproved, apitype.DraftRejected)
	}
	return draft(b.AnswerDraft(ctx, r.PathValue("id"), answer))
}

func listRoots(ctx context.Context, b Backend, r *http.Request) (any, error) {
	_, page, err := pageParams(r)
	if err != nil {
		return nil, err
	}
	v, err := b.Roots(ctx, page)
	return listed(v, apitype.SchemaRoots, err)
}

func pinRoot(ctx context.Context, b Backend, r *http.Request) (any, error) {
	request, err := readJSON[apitype.PinRequest](r)
	if err != nil {
		return nil, err
	}
	if request.Fingerprint == "" {
		return nil, badRequest("want the root's fingerprint")
	}
	v, err := b.PinRoot(ctx, request)
	v.Schema = apitype.SchemaRoot
	return v, err
}

func unpinRoot(ctx context.Context, b Backend, r *http.Request) (any, error) {
	return nil, b.UnpinRoot(ctx, r.PathValue("domain"))
}

func listCertificates(ctx context.Context, b Backend, r *http.Request) (any, error) {
	q, page, err := pageParams(r, "domain", "authority")
	if err != nil {
		return nil, err
	}
	v, err := b.Certificates(ctx, apitype.TrustFilter{Domain: q.Get("domain"), Authority: q.Get("authority")}, page)
	return listed(v, apitype.SchemaCerts, err)
}

func places(v apitype.Places, err error) (any, error) {
	v.Schema = apitype.SchemaPlaces
	if v.Items == nil {
		v.Items = []apitype.Place{}
	}
	return v, err
}

func getPlaces(ctx context.Context, b Backend, _ *http.Request) (any, error) {
	return places(b.Places(ctx))
}

func setPlaces(ctx context.Context, b Backend, r *http.Request) (any, error) {
	v, err := readJSON[apitype.Places](r)
	if err != nil {
		return nil, err
	}
	for _, p := range v.Items {
		if p.Name == "" || p.ARS == "" && p.Lat == nil || (p.Lat == nil) != (p.Lon == nil) {
			return nil, badRequest("place %.40q: want a name, and ars, or lat and lon", p.Name)
		}
	}
	return places(b.SetPlaces(ctx, v.Items))
}
