package api

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

const typeBundle = "application/vnd.kreidfeuer.bundle"

const (
	// maxBundles bounds bundles under way: a person has as many hands.
	maxBundles = 4

	// bundleStall is how long a bundle may stand still before the other side is given
	// up: a stick that is slow, or asked for again, takes seconds.
	bundleStall = time.Minute
)

// importBundle takes a bundle in. The device's own work does not count as a stall.
func (s *Server) importBundle(w http.ResponseWriter, r *http.Request) {
	s.takeBundle(w, r, func(ctx context.Context, in io.Reader) (any, error) {
		v, err := s.backend.ImportBundle(ctx, in)
		v.Schema = apitype.SchemaImported
		return v, err
	})
}

func (s *Server) inspectBundle(w http.ResponseWriter, r *http.Request) {
	s.takeBundle(w, r, func(ctx context.Context, in io.Reader) (any, error) {
		v, err := s.backend.InspectBundle(ctx, in)
		v.Schema = apitype.SchemaBundle
		return v, err
	})
}

func (s *Server) takeBundle(w http.ResponseWriter, r *http.Request, take func(context.Context, io.Reader) (any, error)) {
	if _, err := params(r); err != nil {
		s.fail(w, r, err)
		return
	}
	if !s.beginBundle(w, r) {
		return
	}
	defer func() { <-s.bundles }()
	control := http.NewResponseController(w)
	in := &movingReader{r.Body, control}
	v, err := take(r.Context(), in)
	if err == nil || r.Context().Err() == nil {
		io.Copy(io.Discard, in) // what was not read, so that the client gets the answer
	}
	control.SetWriteDeadline(time.Now().Add(bundleStall))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, v)
}

func (s *Server) beginBundle(w http.ResponseWriter, r *http.Request) bool {
	select {
	case s.bundles <- struct{}{}:
		return true
	default:
		s.fail(w, r, &apitype.Error{Code: apitype.CodeBusy, Message: "other bundles are under way", Hint: "try again in a moment"})
		return false
	}
}

// exportBundle writes a bundle. What fails once it has begun can only be shown by
// breaking off: the bundle then has no end.
func (s *Server) exportBundle(w http.ResponseWriter, r *http.Request) {
	filter, err := bundleFilter(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if !s.beginBundle(w, r) {
		return
	}
	defer func() { <-s.bundles }()
	out := &movingWriter{w: w, control: http.NewResponseController(w)}
	err = s.backend.ExportBundle(r.Context(), filter, out)
	switch {
	case err == nil:
	case !out.begun:
		s.fail(w, r, err)
	default:
		s.log.Warn("an exported bundle broke off", "err", err)
		panic(http.ErrAbortHandler)
	}
}

func bundleFilter(r *http.Request) (f apitype.BundleFilter, err error) {
	q, err := params(r, "lane", "since", "area", "bare")
	if err != nil {
		return f, err
	}
	if text := q.Get("lane"); text != "" {
		f.Lanes = strings.Split(text, ",")
	}
	for _, lane := range f.Lanes {
		if !slices.ContainsFunc(wire.Lanes, func(l wire.Lane) bool { return l.String() == lane }) {
			return f, badRequest("lane %.20q: want trust, live, drill or mail", lane)
		}
	}
	if text := q.Get("since"); text != "" {
		if f.Since, err = time.Parse(time.RFC3339, text); err != nil {
			return f, badRequest("since %.40q: want a time as in 2026-11-22T08:00:00Z", text)
		}
	}
	if text := q.Get("bare"); text != "" {
		if f.Bare, err = strconv.ParseBool(text); err != nil {
			return f, badRequest("bare %.20q: want true or false", text)
		}
	}
	f.Area = q.Get("area")
	return f, nil
}

// movingReader reads a body for as long as bytes come.
type movingReader struct {
	r       io.Reader
	control *http.ResponseController
}

func (m *movingReader) Read(p []byte) (int, error) {
	m.control.SetReadDeadline(time.Now().Add(bundleStall))
	return m.r.Read(p)
}

// movingWriter writes an answer for as long as bytes go.
type movingWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	begun   bool
}

func (m *movingWriter) Write(p []byte) (int, error) {
	if !m.begun {
		m.begun = true
		m.w.Header().Set("Content-Type", typeBundle)
		m.w.Header().Set("Cache-Control", "no-store")
	}
	m.control.SetWriteDeadline(time.Now().Add(bundleStall))
	return m.w.Write(p)
}
