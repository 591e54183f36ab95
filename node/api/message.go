package api

import (
	"context"
	"io"
	"net/http"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// A message is an envelope spelled for paper and radio (gossip/frame, FORMAT.md).

// maxMessage is the longest message, and a little.
const maxMessage = 64<<10 + 1

func takeMessage(ctx context.Context, b Backend, r *http.Request) (any, error) {
	message, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, badRequest("read the message: %v", err)
	}
	v, err := b.TakeMessage(ctx, message)
	v.Schema = apitype.SchemaSubmitted
	return v, err
}

func expandMessage(ctx context.Context, b Backend, r *http.Request) (any, error) {
	message, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, badRequest("read the message: %v", err)
	}
	envelope, err := b.ExpandMessage(ctx, message)
	return envelope, err
}
