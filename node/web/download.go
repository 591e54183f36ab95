package web

import (
	"encoding/hex"
	"errors"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"
)

const (
	// maxDownloads bounds downloads under way, one of each address: the device has
	// other work for its disk and its Wi-Fi.
	maxDownloads = 4
	// stallTimeout ends a download that takes nothing for so long.
	stallTimeout = 30 * time.Second
	// slowestDownload is the rate below which a download loses its place, in bytes
	// a second; browsers go on where it ended.
	slowestDownload = 16 << 10
)

// download sends one of the files offered; no other path is ever opened.
func (s *Server) download(w http.ResponseWriter, r *http.Request) {
	a := s.apps.Load()
	if a != nil && r.PathValue("file") == SumsName {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write(a.Sums())
		return
	}
	i := -1
	if a != nil {
		i = slices.IndexFunc(a.files, func(f App) bool { return f.Name == r.PathValue("file") })
	}
	if i < 0 {
		http.Error(w, "not found: the files are listed at /app", http.StatusNotFound)
		return
	}
	client := clientOf(r)
	if !s.downloads.enter(client) {
		w.Header().Set("Retry-After", "30")
		refuse(w, http.StatusServiceUnavailable)
		return
	}
	defer s.downloads.leave(client)
	s.sendFile(w, r, &a.files[i])
}

func (s *Server) sendFile(w http.ResponseWriter, r *http.Request, app *App) {
	f, err := os.Open(app.Path)
	if err != nil {
		s.log.Error("open a file of the program", "err", err)
		refuse(w, http.StatusServiceUnavailable)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() != app.Size { // it was exchanged: what we say of it is not true
		s.log.Error("a file of the program has changed", "path", app.Path, "err", err)
		refuse(w, http.StatusServiceUnavailable)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", "attachment; filename="+app.Name)
	h.Set("ETag", `"`+hex.EncodeToString(app.Sum[:])+`"`)
	http.ServeContent(&progressing{ResponseWriter: w, control: http.NewResponseController(w), began: time.Now()}, r, "", time.Time{}, f)
}

// downloads counts the downloads under way.
type downloads struct {
	mu sync.Mutex
	of map[netip.Addr]bool
}

func (d *downloads) enter(client netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.of) >= maxDownloads || d.of[client] {
		return false
	}
	d.of[client] = true
	return true
}

func (d *downloads) leave(client netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.of, client)
}

// progressing lets a response take as long as it makes progress.
type progressing struct {
	http.ResponseWriter
	control *http.ResponseController
	began   time.Time
	sent    int64
}

var errTooSlow = errors.New("the client reads too slowly")

// Write implements [io.Writer].
func (p *progressing) Write(b []byte) (int, error) {
	if tooSlow(p.sent, time.Since(p.began)) {
		return 0, errTooSlow
	}
	if err := p.control.SetWriteDeadline(time.Now().Add(stallTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	n, err := p.ResponseWriter.Write(b)
	p.sent += int64(n)
	return n, err
}

// tooSlow reports whether a download holds its place for too little.
func tooSlow(sent int64, took time.Duration) bool {
	return took > 2*stallTimeout+time.Duration(sent/slowestDownload)*time.Second
}
