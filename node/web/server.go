package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Bounds of a connection. A client that is slow or sends little by little holds
// nothing but its own connection, and not for long.
const (
	headerTimeout = 5 * time.Second
	writeTimeout  = 20 * time.Second // a page of some kB over a bad link
	idleTimeout   = 15 * time.Second
	maxHeader     = 8 << 10
	stopTimeout   = 2 * time.Second
	maxPath       = 200 // bytes; the longest path is that of a warning
)

// Backend is the device as the page sees it. It must be safe for concurrent use.
type Backend interface {
	Status(context.Context) (apitype.Status, error)
	Alerts(context.Context, apitype.AlertFilter, apitype.Page) (apitype.List[apitype.AlertSummary], error)
	Alert(ctx context.Context, id string) (apitype.AlertDetail, error)
	Envelope(ctx context.Context, id string) ([]byte, error)
}

// Config says how to serve. Backend is required.
type Config struct {
	Backend Backend
	// Frames are the texts of the QR codes by which an own device can take an
	// envelope along and check it. Nil: none are shown.
	Frames func(envelope []byte) ([]string, error)
	// Captive answers the addresses that phones ask for to find out whether a
	// Wi-Fi has internet with a redirection to the page, so that it opens by
	// itself. It makes phones believe that they must sign in somewhere.
	Captive bool
	// Zone is that of the clocks on the walls; nil: time.Local.
	Zone *time.Location
	// Log gets faults. Nil: nothing is logged.
	Log *slog.Logger
}

// Server serves the public page. Make one with [New].
type Server struct {
	cfg       Config
	log       *slog.Logger
	pages     *pages
	frames    map[string][]string // texts of codes; used only while a page is made
	rates     rates
	apps      atomic.Pointer[Apps]
	downloads downloads
	mux       *http.ServeMux
}

// New makes a server. It starts nothing.
func New(c Config) *Server {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Zone == nil {
		c.Zone = time.Local
	}
	s := &Server{cfg: c, log: c.Log, rates: rates{clients: map[netip.Addr]*bucket{}}, frames: map[string][]string{}, downloads: downloads{of: map[netip.Addr]bool{}}, mux: http.NewServeMux()}
	s.pages = newPages()
	s.mux.HandleFunc("GET /{$}", s.page("list", s.list))
	s.mux.HandleFunc("GET /w/{id}", s.page("one", s.one))
	s.mux.HandleFunc("GET /poster", s.page("poster", s.poster))
	s.mux.HandleFunc("GET /app", s.page("app", s.appPage))
	s.mux.HandleFunc("GET /app/{file}", s.download)
	s.mux.HandleFunc("GET /", s.elsewhere)
	return s
}

// SetApps offers the program's files.
func (s *Server) SetApps(a *Apps) { s.apps.Store(a) }

// Run serves until ctx ends. It closes the listener.
func (s *Server) Run(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: headerTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(newCounted(l)) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve the public page: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if server.Shutdown(stop) != nil {
		server.Close() // a download, or a client that does not read
	}
	<-done
	return nil
}

// policy forbids the page everything but its own style: no script, nothing from
// elsewhere, no frame, no form.
var policy = "default-src 'none'; style-src '" + styleHash + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// ServeHTTP implements [http.Handler]. What is no plain request for a page is
// refused before anything is looked up.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed)
	case r.ContentLength != 0:
		refuse(w, http.StatusRequestEntityTooLarge)
	case len(r.URL.Path) > maxPath || len(r.URL.RawQuery) > maxPath || r.Host == "":
		refuse(w, http.StatusBadRequest)
	case !s.rates.allow(clientOf(r), time.Now()):
		h.Set("Retry-After", "10")
		refuse(w, http.StatusTooManyRequests)
	default:
		s.mux.ServeHTTP(w, r)
	}
}

// refuse ends the connection, too: whoever sends such requests may come again.
func refuse(w http.ResponseWriter, code int) {
	w.Header().Set("Connection", "close")
	http.Error(w, http.StatusText(code), code)
}

func clientOf(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}

// probes are what systems ask for to find out whether a network has internet:
// Android, Apple, Windows, Firefox, NetworkManager.
var probes = map[string]bool{
	"/generate_204": true, "/gen_204": true,
	"/hotspot-detect.html": true, "/library/test/success.html": true,
	"/connecttest.txt": true, "/ncsi.txt": true, "/redirect": true,
	"/success.txt": true, "/canonical.html": true,
	"/nm-check.txt": true, "/check_network_status.txt": true,
}

// elsewhere answers everything that is no page.
func (s *Server) elsewhere(w http.ResponseWriter, r *http.Request) {
	if s.cfg.Captive && probes[r.URL.Path] {
		if home, ok := homeOf(r); ok {
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, home, http.StatusFound)
			return
		}
	}
	http.Error(w, "not found: the warnings are at /", http.StatusNotFound)
}

// homeOf is the page by the address on which the request came: names do not work
// where there is no internet. The request's own host is not believed.
func homeOf(r *http.Request) (string, bool) {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return "", false
	}
	at, err := netip.ParseAddrPort(local.String())
	if err != nil {
		return "", false
	}
	ip := at.Addr().Unmap().WithZone("")
	host := netip.AddrPortFrom(ip, at.Port()).String()
	if at.Port() == 80 {
		host = strings.TrimSuffix(host, ":80")
	}
	return (&url.URL{Scheme: "http", Host: host, Path: "/"}).String(), true
}
