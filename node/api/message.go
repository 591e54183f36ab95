package api

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// A message is an envelope spelled for paper and radio (gossip/frame, FORMAT.md).

// maxMessage is the longest message, and a little.
const maxMessage = 64<<10 + 1

func getMessage(ctx context.Context, b Backend, r *http.Request) (any, error) {
	q, err := params(r, "previous", "parts", "chain")
	if err != nil {
		return nil, err
	}
	var request apitype.MessageRequest
	for name, field := range map[string]*bool{"previous": &request.NamePrevious, "parts": &request.Parts, "chain": &request.Chain} {
		if text := q.Get(name); text != "" {
			if *field, err = strconv.ParseBool(text); err != nil {
				return nil, badRequest("%s %.20q: want true or false", name, text)
			}
		}
	}
	message, err := b.Message(ctx, r.PathValue("id"), request)
	return message, err
}

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
