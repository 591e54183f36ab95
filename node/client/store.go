package client

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Store asks the device about its store.
func (c *Client) Store(ctx context.Context) (apitype.Store, error) {
	return get[apitype.Store](ctx, c, "/store", nil, apitype.SchemaStore)
}

// VerifyStore checks the device's store, and repairs it if asked. progress, if
// not nil, is called now and then.
func (c *Client) VerifyStore(ctx context.Context, repair bool, progress func(apitype.Progress)) (apitype.StoreReport, error) {
	q := url.Values{}
	if repair {
		q.Set("repair", "true")
	}
	b, err := c.long(ctx, "/store/verify", q, progress)
	return decode[apitype.StoreReport](b, err, apitype.SchemaStoreReport)
}

// CompactStore gives the room of what was deleted back to the disk.
func (c *Client) CompactStore(ctx context.Context, progress func(apitype.Progress)) (apitype.Store, error) {
	b, err := c.long(ctx, "/store/compact", nil, progress)
	return decode[apitype.Store](b, err, apitype.SchemaStore)
}

// BackupStore writes a backup of the device's store to out. Without its end, of
// which package persist/backup tells, it is not whole.
func (c *Client) BackupStore(ctx context.Context, out io.Writer) error {
	return c.save(ctx, "/store/backup", nil, out, "a backup")
}

// long makes a request that takes its time, and returns its last line.
func (c *Client) long(ctx context.Context, path string, q url.Values, progress func(apitype.Progress)) ([]byte, error) {
	r, err := c.request(ctx, http.MethodPost, path, q, "", nil)
	if err != nil {
		return nil, err
	}
	answer, err := c.send(r)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	lines := bufio.NewScanner(answer)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var p apitype.Progress
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return nil, fmt.Errorf("read the device's answer: %w", err)
		}
		switch p.Schema {
		case apitype.SchemaProgress:
			if progress != nil {
				progress(p)
			}
		case apitype.SchemaError:
			var e apitype.Error
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				return nil, fmt.Errorf("read the device's answer: %w", err)
			}
			return nil, &e
		default:
			return lines.Bytes(), nil
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the device's answer: %w", err)
	}
	return nil, fmt.Errorf("read the device's answer: %w", io.ErrUnexpectedEOF)
}
