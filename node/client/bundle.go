package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// ImportBundle hands over a bundle, however large. It has no limit of time but
// that of ctx: the device gives up whoever stands still.
func (c *Client) ImportBundle(ctx context.Context, in io.Reader) (apitype.Imported, error) {
	b, err := c.sendBundle(ctx, "/bundle", in)
	return decode[apitype.Imported](b, err, apitype.SchemaImported)
}

// InspectBundle asks what the device would make of a bundle.
func (c *Client) InspectBundle(ctx context.Context, in io.Reader) (apitype.BundleContent, error) {
	b, err := c.sendBundle(ctx, "/bundle/inspect", in)
	return decode[apitype.BundleContent](b, err, apitype.SchemaBundle)
}

func (c *Client) sendBundle(ctx context.Context, path string, in io.Reader) ([]byte, error) {
	r, err := c.request(ctx, http.MethodPost, path, nil, "application/vnd.kreidfeuer.bundle", nil)
	if err != nil {
		return nil, err
	}
	r.Body, r.GetBody, r.ContentLength = io.NopCloser(in), nil, -1
	answer, err := c.send(r)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	b, err := io.ReadAll(io.LimitReader(answer, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the device's answer: %w", err)
	}
	return b, nil
}

// ExportBundle writes a bundle of what the device holds to out. Without an error
// it is whole.
func (c *Client) ExportBundle(ctx context.Context, f apitype.BundleFilter, out io.Writer) error {
	q := query("lane", strings.Join(f.Lanes, ","), "area", f.Area)
	if !f.Since.IsZero() {
		q.Set("since", f.Since.UTC().Format(time.RFC3339))
	}
	if f.Bare {
		q.Set("bare", "true")
	}
	return c.save(ctx, "/bundle", q, out, "a bundle")
}

// save writes what the device answers to out.
func (c *Client) save(ctx context.Context, path string, q url.Values, out io.Writer, what string) error {
	r, err := c.request(ctx, http.MethodGet, path, q, "", nil)
	if err != nil {
		return err
	}
	answer, err := c.send(r)
	if err != nil {
		return err
	}
	defer answer.Close()
	if _, err := io.Copy(out, answer); err != nil {
		return fmt.Errorf("read %s from the device: %w", what, err)
	}
	return nil
}
