package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

const (
	// silence is how long a stream may say nothing before it counts as dead:
	// three times the device's interval of signs of life.
	silence = 45 * time.Second

	// maxLine bounds one line of a stream.
	maxLine = 4 << 20

	// resumePause is the pause before a broken stream is resumed.
	resumePause = 250 * time.Millisecond
)

// errSilent is the cause of a stream that was given up.
var errSilent = fmt.Errorf("the device has said nothing for %s", silence)

// Events yields the events after since, then waits for more; signs of life are
// left out. A stream that breaks, as when the device is started again, is resumed
// without gaps. It ends with ctx, without error, or with an error that resuming
// does not help: [ErrNotRunning] at the start, [apitype.ErrGone] if the past is
// no longer kept.
func (c *Client) Events(ctx context.Context, since uint64) iter.Seq2[apitype.Event, error] {
	return func(yield func(apitype.Event, error) bool) {
		last, opened := since, false
		for ctx.Err() == nil {
			goOn, err := c.stream(ctx, &last, &opened, yield)
			if !goOn || ctx.Err() != nil {
				return
			}
			if !opened || isFinal(err) {
				yield(apitype.Event{}, err)
				return
			}
			select {
			case <-ctx.Done():
			case <-time.After(resumePause):
			}
		}
	}
}

// isFinal reports whether resuming would fail again. A device that has stopped
// may come back; what it refuses it refuses again.
func isFinal(err error) bool {
	var e *apitype.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Code != apitype.CodeStopping && e.Code != apitype.CodeBusy && e.Code != apitype.CodeInternal
}

// stream reads one stream to its end. goOn is false if the reader wants no more.
func (c *Client) stream(ctx context.Context, last *uint64, opened *bool, yield func(apitype.Event, error) bool) (goOn bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r, err := c.request(ctx, "GET", "/events", url.Values{"since": {strconv.FormatUint(*last, 10)}}, "", nil)
	if err != nil {
		return true, err
	}
	dead := time.AfterFunc(silence, func() { cancel(errSilent) })
	defer dead.Stop()
	body, err := c.send(r)
	if err != nil {
		return true, err
	}
	defer body.Close()
	*opened = true
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		dead.Reset(silence)
		event, err := parseEvent(lines.Bytes())
		if err != nil {
			return true, err
		}
		if event.Kind == apitype.EventIdle {
			continue
		}
		if event.Seq != *last+1 {
			return true, &apitype.Error{Code: apitype.CodeGone, Message: fmt.Sprintf("event %d follows %d", event.Seq, *last)}
		}
		*last = event.Seq
		if !yield(event, nil) {
			return false, nil
		}
	}
	return true, errors.Join(lines.Err(), context.Cause(ctx))
}

// parseEvent reads one line: an event, or the error that ends the stream.
func parseEvent(line []byte) (apitype.Event, error) {
	var head struct {
		Schema apitype.Schema `json:"schema"`
	}
	var event apitype.Event
	if err := json.Unmarshal(line, &head); err != nil {
		return event, fmt.Errorf("read events: %w", err)
	}
	switch head.Schema {
	case apitype.SchemaEvent:
		return event, json.Unmarshal(line, &event)
	case apitype.SchemaError:
		var e apitype.Error
		if err := json.Unmarshal(line, &e); err != nil {
			return event, fmt.Errorf("read events: %w", err)
		}
		return event, &e
	}
	return event, &apitype.Error{Code: apitype.CodeBadRequest, Message: fmt.Sprintf("schema %q: program and device are of different versions", head.Schema)}
}
