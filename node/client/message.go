package client

import (
	"context"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

const typeMessage = "application/octet-stream"

// TakeMessage hands over what was read off paper. When it returns without error,
// the envelope is on the device's disk.
func (c *Client) TakeMessage(ctx context.Context, message []byte) (apitype.Submitted, error) {
	b, err := c.call(ctx, "POST", "/messages", nil, typeMessage, message)
	return decode[apitype.Submitted](b, err, apitype.SchemaSubmitted)
}

// ExpandMessage returns the envelope that a message stands for, as transmitted. The
// device takes nothing in.
func (c *Client) ExpandMessage(ctx context.Context, message []byte) ([]byte, error) {
	return c.call(ctx, "POST", "/messages/expand", nil, typeMessage, message)
}
