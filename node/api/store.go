package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

const typeBackup = "application/vnd.kreidfeuer.backup"

// progressEvery is the least time between two lines of progress.
const progressEvery = 200 * time.Millisecond

func getStore(ctx context.Context, b Backend, r *http.Request) (any, error) {
	if _, err := params(r); err != nil {
		return nil, err
	}
	v, err := b.Store(ctx)
	v.Schema = apitype.SchemaStore
	return v, err
}

// verifyStore checks the store. Lines of progress come first, then the result or
// an error.
func (s *Server) verifyStore(w http.ResponseWriter, r *http.Request) {
	q, err := params(r, "repair")
	repair := false
	if text := q.Get("repair"); err == nil && text != "" {
		if repair, err = strconv.ParseBool(text); err != nil {
			err = badRequest("repair %.20q: want true or false", text)
		}
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.withProgress(w, r, func(ctx context.Context, progress func(done, of int)) (any, error) {
		v, err := s.backend.VerifyStore(ctx, repair, progress)
		v.Schema = apitype.SchemaStoreReport
		return v, err
	})
}

// compactStore gives room back to the disk.
func (s *Server) compactStore(w http.ResponseWriter, r *http.Request) {
	if _, err := params(r); err != nil {
		s.fail(w, r, err)
		return
	}
	s.withProgress(w, r, func(ctx context.Context, progress func(done, of int)) (any, error) {
		v, err := s.backend.CompactStore(ctx, progress)
		v.Schema = apitype.SchemaStore
		return v, err
	})
}

func (s *Server) withProgress(w http.ResponseWriter, r *http.Request, work func(context.Context, func(done, of int)) (any, error)) {
	if !s.beginBundle(w, r) {
		return
	}
	defer func() { <-s.bundles }()
	w.Header().Set("Content-Type", typeNDJSON)
	w.Header().Set("Cache-Control", "no-store")
	control, lines := http.NewResponseController(w), json.NewEncoder(w)
	var last time.Time
	line := func(v any) {
		control.SetWriteDeadline(time.Now().Add(eventWriteTimeout))
		if lines.Encode(v) == nil { // otherwise the client has gone, and the work goes on
			control.Flush()
		}
	}
	v, err := work(r.Context(), func(done, of int) {
		if time.Since(last) >= progressEvery {
			last = time.Now()
			line(apitype.Progress{Schema: apitype.SchemaProgress, Done: done, Of: of})
		}
	})
	if err != nil {
		v = s.describe(r, err)
	}
	line(v)
}

// backupStore writes a backup. What fails on the way can only be shown by breaking
// off: the backup then has no end.
func (s *Server) backupStore(w http.ResponseWriter, r *http.Request) {
	if _, err := params(r); err != nil {
		s.fail(w, r, err)
		return
	}
	if !s.beginBundle(w, r) {
		return
	}
	defer func() { <-s.bundles }()
	w.Header().Set("Content-Type", typeBackup)
	w.Header().Set("Cache-Control", "no-store")
	out := &movingWriter{w: w, control: http.NewResponseController(w), begun: true}
	if err := s.backend.BackupStore(r.Context(), out); err != nil {
		s.log.Warn("a backup broke off", "err", err)
		panic(http.ErrAbortHandler)
	}
}
