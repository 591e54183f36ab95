package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Size limits of request bodies.
const (
	// maxEnvelope is the largest envelope in transmission; gossip/wire holds the
	// limit, and refuses with a reason what is between the two.
	maxEnvelope = 128 << 10
	// maxJSON bounds the JSON of a request: a root with its versions in base64.
	maxJSON = 512 << 10
)

const (
	typeJSON     = "application/json"
	typeEnvelope = "application/cose" // RFC 9052, 10
)

// route is one endpoint. Either answer or stream is set.
type route struct {
	method, path string
	maxBody      int64
	// answer returns what is written as JSON, an envelope's bytes, or nil for none.
	answer func(ctx context.Context, b Backend, r *http.Request) (any, error)
	stream func(s *Server, w http.ResponseWriter, r *http.Request)
}

// routes is the API. API.md explains each; a test holds the two together.
var routes = []route{
	{method: "GET", path: "/v1/status", answer: getStatus},
	{method: "GET", path: "/v1/peers", answer: listPeers},
	{method: "POST", path: "/v1/peers", maxBody: maxJSON, answer: addPeer},
	{method: "GET", path: "/v1/events", stream: (*Server).events},

	{method: "GET", path: "/v1/alerts", answer: listAlerts},
	{method: "GET", path: "/v1/alerts/{id}", answer: getAlert},

	{method: "POST", path: "/v1/envelopes", maxBody: maxEnvelope, answer: submit},
	{method: "GET", path: "/v1/envelopes/{id}", answer: getEnvelope},
	{method: "GET", path: "/v1/head", answer: getHead},

	{method: "GET", path: "/v1/bundle", stream: (*Server).exportBundle},
	{method: "POST", path: "/v1/bundle", maxBody: bundle.MaxSize, stream: (*Server).importBundle},
	{method: "POST", path: "/v1/bundle/inspect", maxBody: bundle.MaxSize, stream: (*Server).inspectBundle},

	{method: "POST", path: "/v1/messages", maxBody: maxMessage, answer: takeMessage},
	{method: "POST", path: "/v1/messages/expand", maxBody: maxMessage, answer: expandMessage},

	{method: "GET", path: "/v1/store", answer: getStore},
	{method: "POST", path: "/v1/store/verify", stream: (*Server).verifyStore},
	{method: "POST", path: "/v1/store/compact", stream: (*Server).compactStore},
	{method: "GET", path: "/v1/store/backup", stream: (*Server).backupStore},

	{method: "GET", path: "/v1/drafts", answer: listDrafts},
	{method: "POST", path: "/v1/drafts", maxBody: maxEnvelope, answer: putDraft},
	{method: "GET", path: "/v1/drafts/{id}", answer: getDraft},
	{method: "POST", path: "/v1/drafts/{id}/answer", maxBody: maxJSON, answer: answerDraft},

	{method: "GET", path: "/v1/roots", answer: listRoots},
	{method: "POST", path: "/v1/roots", maxBody: maxJSON, answer: pinRoot},
	{method: "DELETE", path: "/v1/roots/{domain}", answer: unpinRoot},
	{method: "GET", path: "/v1/certificates", answer: listCertificates},

	{method: "GET", path: "/v1/places", answer: getPlaces},
	{method: "PUT", path: "/v1/places", maxBody: maxJSON, answer: setPlaces},
}

// handler serves one route.
func (s *Server) handler(route route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, route.maxBody)
		if route.stream != nil {
			route.stream(s, w, r)
			return
		}
		control := http.NewResponseController(w)
		deadline := time.Now().Add(requestTimeout)
		control.SetReadDeadline(deadline)
		control.SetWriteDeadline(deadline)
		// A request that has begun ends, though the client goes or the device stops.
		ctx, cancel := context.WithDeadline(context.WithoutCancel(r.Context()), deadline)
		defer cancel()
		r = r.WithContext(ctx)
		v, err := route.answer(ctx, s.backend, r)
		switch raw, isRaw := v.([]byte); {
		case err != nil:
			s.fail(w, r, err)
		case v == nil:
			w.WriteHeader(http.StatusNoContent)
		case isRaw:
			w.Header().Set("Content-Type", typeEnvelope)
			w.Write(raw)
		default:
			writeJSON(w, http.StatusOK, v)
		}
	})
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", typeJSON)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(v) // an error means that the client has gone
}

func badRequest(format string, args ...any) error {
	return &apitype.Error{Code: apitype.CodeBadRequest, Message: fmt.Sprintf(format, args...)}
}

// readJSON reads the one JSON object of a request. Unknown fields are errors: a
// misspelt one must not be ignored in silence.
func readJSON[T any](r *http.Request) (v T, err error) {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, unlessTooLarge(err, "body: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return v, unlessTooLarge(err, "body: more than one JSON value")
	}
	return v, nil
}

func readEnvelope(r *http.Request) ([]byte, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, unlessTooLarge(err, "body: %v", err)
	}
	if len(b) == 0 {
		return nil, badRequest("body: want an envelope")
	}
	return b, nil
}

func unlessTooLarge(err error, format string, args ...any) error {
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return err
	}
	return badRequest(format, args...)
}

// params reads query parameters, each once and each known.
func params(r *http.Request, known ...string) (url.Values, error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, badRequest("query: %v", err)
	}
	allowed := map[string]bool{}
	for _, k := range known {
		allowed[k] = true
	}
	for k, v := range q {
		if !allowed[k] || len(v) != 1 {
			return nil, badRequest("query: parameter %.40q is unknown or given twice; known are %v", k, known)
		}
	}
	return q, nil
}

func pageParams(r *http.Request, known ...string) (url.Values, apitype.Page, error) {
	page := apitype.Page{Limit: apitype.DefaultLimit}
	q, err := params(r, append(known, "cursor", "limit")...)
	if err != nil {
		return nil, page, err
	}
	page.Cursor = q.Get("cursor")
	if text := q.Get("limit"); text != "" {
		if page.Limit, err = strconv.Atoi(text); err != nil || page.Limit < 1 || page.Limit > apitype.MaxLimit {
			return nil, page, badRequest("limit %.20q: want 1 to %d", text, apitype.MaxLimit)
		}
	}
	return q, page, nil
}

// listed completes a page: items are never null.
func listed[T any](l apitype.List[T], schema apitype.Schema, err error) (any, error) {
	l.Schema = schema
	if l.Items == nil {
		l.Items = []T{}
	}
	return l, err
}
