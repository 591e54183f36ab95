package api

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Bounds of a request. Clients are this user's programs; the bounds keep a
// faulty one from starving the others.
const (
	headerTimeout  = 5 * time.Second
	requestTimeout = time.Minute // reading, judging and writing to a slow disk
	idleTimeout    = 2 * time.Minute
	maxHeader      = 16 << 10

	// maxRequests bounds requests under way, streams included; beyond it "busy".
	maxRequests = 128
	// maxStreams bounds event streams: screens, sirens, scripts.
	maxStreams = 64

	// stopTimeout bounds waiting for requests when the device stops.
	stopTimeout = 5 * time.Second
)

// SocketHost is the host name that clients use on a unix socket.
const SocketHost = "kreidfeuer"

// Config says how to serve. Backend is required.
type Config struct {
	Backend Backend
	// Token is wanted as bearer token if not empty: on TCP, which any local user
	// can reach.
	Token string
	// IdleEvery is the interval of signs that an event stream is alive. Zero: 15 s.
	IdleEvery time.Duration
	// Log gets faults and refused requests. Nil: nothing is logged.
	Log *slog.Logger
}

// Server serves the control API. Make one with [New].
type Server struct {
	backend   Backend
	token     string
	idleEvery time.Duration
	log       *slog.Logger
	mux       *http.ServeMux
	requests  chan struct{} // a slot per request under way
	streams   chan struct{} // a slot per event stream
	bundles   chan struct{} // a slot per bundle under way
}

// New makes a server. It starts nothing.
func New(c Config) *Server {
	s := &Server{backend: c.Backend, token: c.Token, idleEvery: c.IdleEvery, log: c.Log, mux: http.NewServeMux(),
		requests: make(chan struct{}, maxRequests), streams: make(chan struct{}, maxStreams), bundles: make(chan struct{}, maxBundles)}
	if s.idleEvery == 0 {
		s.idleEvery = 15 * time.Second
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	for _, r := range routes {
		s.mux.Handle(r.method+" "+r.path, s.handler(r))
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, &apitype.Error{Code: apitype.CodeNotFound, Message: r.Method + " " + r.URL.Path + ": no such endpoint", Hint: "see node/api/API.md"})
	})
	return s
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.admit(r); err != nil {
		s.log.Warn("refused a request to the control API", "from", r.RemoteAddr, "path", r.URL.Path, "err", err)
		s.fail(w, r, err)
		return
	}
	select {
	case s.requests <- struct{}{}:
		defer func() { <-s.requests }()
		s.mux.ServeHTTP(w, r)
	default:
		s.fail(w, r, &apitype.Error{Code: apitype.CodeBusy, Message: fmt.Sprintf("%d requests are under way", maxRequests)})
	}
}

// Run serves until ctx ends, then lets requests finish for a moment. It closes
// the listener.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		BaseContext: func(net.Listener) context.Context { return ctx }, // ends event streams
		ErrorLog:    slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve control API: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	err := server.Shutdown(stop)
	if err != nil {
		err = server.Close()
	}
	<-done
	return err
}

// admit refuses browsers and whoever lacks the token.
func (s *Server) admit(r *http.Request) error {
	for _, header := range []string{"Origin", "Referer", "Sec-Fetch-Site", "Sec-Fetch-Mode"} {
		if r.Header.Get(header) != "" {
			return &apitype.Error{Code: apitype.CodeForbidden, Message: "requests by browsers are refused (" + header + ")"}
		}
	}
	if !isLocalHost(r.Host) {
		return &apitype.Error{Code: apitype.CodeForbidden, Message: fmt.Sprintf("host %.80q is not this device", r.Host)}
	}
	if s.token == "" {
		return nil
	}
	given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if subtle.ConstantTimeCompare([]byte(given), []byte(s.token)) != 1 {
		return &apitype.Error{Code: apitype.CodeForbidden, Message: "wrong or missing token", Hint: "it stands in endpoint.json in the data folder"}
	}
	return nil
}

// isLocalHost keeps a web page from reaching the API under a name that an
// attacker's DNS resolves to the loopback address.
func isLocalHost(host string) bool {
	if at, err := netip.ParseAddrPort(host); err == nil {
		return at.Addr().IsLoopback()
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return name == SocketHost || name == "localhost"
}

// status gives each code its HTTP status.
var status = map[apitype.Code]int{
	apitype.CodeBadRequest: http.StatusBadRequest, apitype.CodeForbidden: http.StatusForbidden,
	apitype.CodeNotFound: http.StatusNotFound, apitype.CodeConflict: http.StatusConflict,
	apitype.CodeGone: http.StatusGone, apitype.CodeTooLarge: http.StatusRequestEntityTooLarge,
	apitype.CodeRefused: http.StatusUnprocessableEntity, apitype.CodeBusy: http.StatusServiceUnavailable,
	apitype.CodeStopping: http.StatusServiceUnavailable, apitype.CodeStorageFull: http.StatusInsufficientStorage,
	apitype.CodeInternal: http.StatusInternalServerError,
}

// describe makes the answer for an error. Faults of the device go to the log and
// do not tell the client what they were.
func (s *Server) describe(r *http.Request, err error) *apitype.Error {
	var e *apitype.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &e):
		c := *e
		e = &c
	case errors.As(err, &tooLarge):
		e = &apitype.Error{Code: apitype.CodeTooLarge, Message: fmt.Sprintf("body of more than %d bytes", tooLarge.Limit)}
	case r.Context().Err() != nil && errors.Is(err, r.Context().Err()):
		e = &apitype.Error{Code: apitype.CodeStopping, Message: "the device is being stopped or took too long"}
	default:
		s.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "err", err)
		e = &apitype.Error{Code: apitype.CodeInternal, Message: "a fault of the device", Hint: "see its log"}
	}
	e.Schema = apitype.SchemaError
	if e.Message == "" {
		e.Message = string(e.Code)
	}
	return e
}

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := s.describe(r, err)
	code, known := status[e.Code]
	if !known {
		code = http.StatusInternalServerError
	}
	writeJSON(w, code, e)
}
