package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

const (
	// eventBatch is the number of events read at once.
	eventBatch = 256

	// eventWriteTimeout is how long a reader may take nothing before its stream
	// is closed. It can resume.
	eventWriteTimeout = 30 * time.Second
)

const typeNDJSON = "application/x-ndjson"

// events streams events, one JSON object per line. With since=N it begins at
// event N+1, without it at the next event. When the device ends the stream, the
// last line is an error that says why.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		s.fail(w, r, &apitype.Error{Code: apitype.CodeBusy, Message: fmt.Sprintf("%d event streams are open", maxStreams)})
		return
	}
	since, err := s.firstEvent(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	// The first read comes before the header, so that a past that is gone is a status.
	events, err := s.backend.Events(r.Context(), since, eventBatch)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", typeNDJSON)
	w.Header().Set("Cache-Control", "no-store")
	e := &eventWriter{encoder: json.NewEncoder(w), control: http.NewResponseController(w), last: since}
	for {
		if err := e.write(events); err != nil {
			return // the client has gone, or takes nothing
		}
		if events, err = s.nextEvents(r.Context(), e.last); err != nil {
			e.end(s.describe(r, err))
			return
		}
	}
}

func (s *Server) firstEvent(r *http.Request) (since uint64, err error) {
	q, err := params(r, "since")
	if err != nil {
		return 0, err
	}
	if text := q.Get("since"); text != "" {
		if since, err = strconv.ParseUint(text, 10, 64); err != nil {
			return 0, badRequest("since %.30q: want the number of the last event seen", text)
		}
		return since, nil
	}
	kept, err := s.backend.EventRange(r.Context())
	return kept.Latest, err
}

// nextEvents waits for events after last, and returns none after a while.
func (s *Server) nextEvents(ctx context.Context, last uint64) ([]apitype.Event, error) {
	wait, cancel := context.WithTimeout(ctx, s.idleEvery)
	defer cancel()
	if err := s.backend.AwaitEvent(wait, last); err != nil {
		if ctx.Err() != nil || wait.Err() == nil {
			return nil, err
		}
		return nil, nil
	}
	return s.backend.Events(ctx, last, eventBatch)
}

// eventWriter writes the lines of one stream.
type eventWriter struct {
	encoder *json.Encoder
	control *http.ResponseController
	last    uint64 // sequence number of the last event written
}

// write writes events, or a sign of life if there are none.
func (e *eventWriter) write(events []apitype.Event) error {
	e.control.SetWriteDeadline(time.Now().Add(eventWriteTimeout))
	if len(events) == 0 {
		events = []apitype.Event{{Seq: e.last, Time: time.Now().UTC(), Kind: apitype.EventIdle}}
	}
	for _, event := range events {
		event.Schema = apitype.SchemaEvent
		if err := e.encoder.Encode(event); err != nil {
			return err
		}
		e.last = event.Seq
	}
	return e.control.Flush()
}

func (e *eventWriter) end(why *apitype.Error) {
	e.control.SetWriteDeadline(time.Now().Add(stopTimeout))
	if e.encoder.Encode(why) == nil {
		e.control.Flush()
	}
}
