package client

import (
	"context"
	"iter"
	"net/url"
	"strconv"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Status asks the device about itself.
func (c *Client) Status(ctx context.Context) (apitype.Status, error) {
	return get[apitype.Status](ctx, c, "/status", nil, apitype.SchemaStatus)
}

// Peers yields all known devices of the mesh.
func (c *Client) Peers(ctx context.Context) iter.Seq2[apitype.Peer, error] {
	return pages[apitype.Peer](ctx, c, "/peers", url.Values{}, apitype.SchemaPeers)
}

// Alerts yields alerts, the latest first.
func (c *Client) Alerts(ctx context.Context, f apitype.AlertFilter) iter.Seq2[apitype.AlertSummary, error] {
	q := query("lane", f.Lane, "state", string(f.State), "concerns", string(f.Concerns), "incident", f.Incident)
	if f.Active {
		q.Set("active", "true")
	}
	return pages[apitype.AlertSummary](ctx, c, "/alerts", q, apitype.SchemaAlerts)
}

// Alert returns one alert with its full content.
func (c *Client) Alert(ctx context.Context, id string) (apitype.AlertDetail, error) {
	return get[apitype.AlertDetail](ctx, c, "/alerts/"+url.PathEscape(id), nil, apitype.SchemaAlert)
}

// Submit hands over an envelope as transmitted, with chain and parts. When it
// returns without error, the envelope is on the device's disk.
func (c *Client) Submit(ctx context.Context, envelope []byte) (apitype.Submitted, error) {
	return sendEnvelope[apitype.Submitted](ctx, c, "/envelopes", envelope, apitype.SchemaSubmitted)
}

// Envelope returns an envelope as it would be transmitted.
func (c *Client) Envelope(ctx context.Context, id string) ([]byte, error) {
	return c.call(ctx, "GET", "/envelopes/"+url.PathEscape(id), nil, "", nil)
}

// Head asks where a signing key's chain in a lane ends.
func (c *Client) Head(ctx context.Context, key apitype.HeadRequest) (apitype.Head, error) {
	return get[apitype.Head](ctx, c, "/head", query("domain", key.Domain, "key", key.Key, "lane", key.Lane), apitype.SchemaHead)
}

// Drafts yields the drafts that wait for a signature or were answered.
func (c *Client) Drafts(ctx context.Context) iter.Seq2[apitype.DraftSummary, error] {
	return pages[apitype.DraftSummary](ctx, c, "/drafts", url.Values{}, apitype.SchemaDrafts)
}

// Draft returns one draft with its envelope.
func (c *Client) Draft(ctx context.Context, id string) (apitype.Draft, error) {
	return get[apitype.Draft](ctx, c, "/drafts/"+url.PathEscape(id), nil, apitype.SchemaDraft)
}

// PutDraft hands over a draft for the stations of its authority.
func (c *Client) PutDraft(ctx context.Context, envelope []byte) (apitype.Draft, error) {
	return sendEnvelope[apitype.Draft](ctx, c, "/drafts", envelope, apitype.SchemaDraft)
}

// AnswerDraft approves or rejects a draft.
func (c *Client) AnswerDraft(ctx context.Context, id string, answer apitype.DraftAnswer) (apitype.Draft, error) {
	return sendJSON[apitype.Draft](ctx, c, "POST", "/drafts/"+url.PathEscape(id)+"/answer", answer, apitype.SchemaDraft)
}

// Roots yields the pinned domains.
func (c *Client) Roots(ctx context.Context) iter.Seq2[apitype.Root, error] {
	return pages[apitype.Root](ctx, c, "/roots", url.Values{}, apitype.SchemaRoots)
}

// PinRoot pins a domain.
func (c *Client) PinRoot(ctx context.Context, request apitype.PinRequest) (apitype.Root, error) {
	return sendJSON[apitype.Root](ctx, c, "POST", "/roots", request, apitype.SchemaRoot)
}

// UnpinRoot gives a domain up.
func (c *Client) UnpinRoot(ctx context.Context, domain string) error {
	_, err := c.call(ctx, "DELETE", "/roots/"+url.PathEscape(domain), nil, "", nil)
	return err
}

// Certificates yields the certificates that the device knows.
func (c *Client) Certificates(ctx context.Context, f apitype.TrustFilter) iter.Seq2[apitype.Certificate, error] {
	return pages[apitype.Certificate](ctx, c, "/certificates", query("domain", f.Domain, "authority", f.Authority), apitype.SchemaCerts)
}

// Places returns where the device warns for.
func (c *Client) Places(ctx context.Context) (apitype.Places, error) {
	return get[apitype.Places](ctx, c, "/places", nil, apitype.SchemaPlaces)
}

// SetPlaces replaces all places.
func (c *Client) SetPlaces(ctx context.Context, places []apitype.Place) (apitype.Places, error) {
	return sendJSON[apitype.Places](ctx, c, "PUT", "/places", apitype.Places{Items: places}, apitype.SchemaPlaces)
}

// pages yields the items of all pages. It stops after the first error.
func pages[T any](ctx context.Context, c *Client, path string, q url.Values, schema apitype.Schema) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		q.Set("limit", strconv.Itoa(apitype.MaxLimit))
		q.Del("cursor") // the sequence may be ranged over again
		for {
			page, err := get[apitype.List[T]](ctx, c, path, q, schema)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Items {
				if !yield(item, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			q.Set("cursor", page.Next)
		}
	}
}

// query makes query parameters of pairs, without the empty ones.
func query(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return q
}
