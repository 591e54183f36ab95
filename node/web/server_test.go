package web

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// listen runs a server on a real port of the loopback until the test ends.
func listen(t *testing.T, s *Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return l.Addr().String()
}

func TestHeaders(t *testing.T) {
	s := serve(newDevice(flood()))
	w := get(s, "/", "Accept-Encoding: gzip, br")
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "gzip", "Cache-Control": "no-cache",
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	csp := w.Header().Get("Content-Security-Policy")
	for _, no := range []string{"unsafe", "http", "*"} {
		if strings.Contains(csp, no) {
			t.Errorf("policy %q has %q", csp, no)
		}
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "<style>")
	styled, _, _ := strings.Cut(rest, "</style>")
	if !strings.Contains(csp, "style-src 'sha256-"+hashOf(styled)+"'") {
		t.Errorf("the policy %q does not allow the page's own style", csp)
	}
	again := get(s, "/", "If-None-Match: "+w.Header().Get("ETag"))
	if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("unchanged: %d with %d bytes", again.Code, again.Body.Len())
	}
	if other := get(s, "/?l=en"); other.Header().Get("ETag") == w.Header().Get("ETag") {
		t.Error("two languages have one tag")
	}
}

// TestPageSize holds a page with one full warning to what a bad link carries.
func TestPageSize(t *testing.T) {
	w := get(serve(newDevice(flood())), "/", "Accept-Encoding: gzip")
	if n := w.Body.Len(); n > 4<<10 {
		t.Errorf("the page takes %d bytes", n)
	} else {
		t.Logf("one warning in full: %d bytes compressed, %d as they are", n, get(serve(newDevice(flood())), "/").Body.Len())
	}
}

// TestCrowd: many visitors cost the device what one does.
func TestCrowd(t *testing.T) {
	d := newDevice(flood())
	s := serve(d)
	for i := range 200 {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = fmt.Sprintf("192.0.2.%d:1", i)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("visitor %d: %d", i, w.Code)
		}
	}
	if n := d.asked.Load(); n > 3 {
		t.Errorf("200 visitors made the device answer %d times", n)
	}
}

// TestStrangersDoNotStarveTheList: who asks for single warnings, unknown ones
// too, does not keep the list from being made.
func TestStrangersDoNotStarveTheList(t *testing.T) {
	d := newDevice(flood())
	s := serve(d)
	busy := 0
	for i := range 1000 {
		r := httptest.NewRequest("GET", fmt.Sprintf("/w/x%d", i), nil)
		r.RemoteAddr = fmt.Sprintf("198.51.%d.%d:1", i/250, i%250)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code == http.StatusServiceUnavailable {
			busy++
		}
	}
	if busy < 900 {
		t.Errorf("only %d of 1,000 requests were put off", busy)
	}
	if w := get(s, "/"); w.Code != http.StatusOK {
		t.Errorf("the list: %d", w.Code)
	}
}

func TestHostileRequests(t *testing.T) {
	s := serve(newDevice(flood()))
	for _, test := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/", "x", 405}, {"PUT", "/", "", 405}, {"DELETE", "/w/floodabcdefgh", "", 405}, {"OPTIONS", "/", "", 405}, {"TRACE", "/", "", 405},
		{"GET", "/", "a body", 413},
		{"GET", "/" + strings.Repeat("a", 300), "", 400},
		{"GET", "/?" + strings.Repeat("a", 300), "", 400},
		{"GET", "/app/..%2f..%2fetc%2fpasswd", "", 404},
		{"GET", "/app/%00", "", 404},
		{"GET", "/w/..%2f", "", 404},
		{"GET", "/v1/status", "", 404},
		{"GET", "/templates/page.html", "", 404},
		{"GET", "/generate_204", "", 404},
		{"HEAD", "/", "", 200},
	} {
		r := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%s %.40s: %d, want %d", test.method, test.path, w.Code, test.want)
		}
		if w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s %.40s: no policy", test.method, test.path)
		}
	}
	last := 0
	for range requestBurst + 1 {
		last = get(s, "/").Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("after %d requests at once: %d", requestBurst+1, last)
	}
}

// TestRawRequests: what no browser sends, over a real connection.
func TestRawRequests(t *testing.T) {
	at := listen(t, serve(newDevice(flood())))
	for name, raw := range map[string]string{
		"not HTTP":          "\x16\x03\x01\x02\x00\r\n\r\n",
		"header too large":  "GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("a", 64<<10) + "\r\n\r\n",
		"path that climbs":  "GET /app/../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"chunked body":      "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
		"two lengths":       "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"absolute to other": "GET http://evil.example/app/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
		"connect":           "CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(10 * time.Second))
			go io.WriteString(c, raw)
			answer, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				return // the connection was ended: as good
			}
			defer answer.Body.Close()
			body, _ := io.ReadAll(answer.Body)
			if answer.StatusCode == http.StatusOK || strings.Contains(string(body), "root:") {
				t.Errorf("answered %s: %.80s", answer.Status, body)
			}
		})
	}
}

// TestConnections: one address, and one IPv6 network, cannot take them all.
func TestConnections(t *testing.T) {
	l := newCounted(nil)
	enter := func(text string) bool {
		return l.enter(keysOf(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(text))))
	}
	for i := range maxConnsAddress {
		if !enter("192.0.2.1:1") {
			t.Fatalf("connection %d is refused", i)
		}
	}
	if enter("192.0.2.1:2") || enter("[::ffff:192.0.2.1]:2") {
		t.Error("one address has more than its share")
	}
	n := 0
	for i := range 1000 {
		if enter(fmt.Sprintf("[2001:db8::%x]:1", i)) {
			n++
		}
	}
	if n != maxConnsPrefix {
		t.Errorf("one IPv6 network has %d connections, want %d", n, maxConnsPrefix)
	}
	if !enter("192.0.2.9:1") {
		t.Error("others are locked out")
	}
	l.leave(keysOf(net.TCPAddrFromAddrPort(netip.MustParseAddrPort("192.0.2.1:1"))))
	if !enter("192.0.2.1:3") {
		t.Error("a connection that ended still counts")
	}
}

func TestRatesForget(t *testing.T) {
	r := rates{clients: map[netip.Addr]*bucket{}}
	now := time.Now()
	for i := range 3 * maxClients {
		if !r.allow(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), now) {
			t.Fatal("a first request is refused")
		}
	}
	if len(r.clients) > maxClients {
		t.Errorf("%d clients are remembered", len(r.clients))
	}
	a := netip.MustParseAddr("192.0.2.1")
	for r.allow(a, now) {
	}
	if r.allow(a, now.Add(100*time.Millisecond)) || !r.allow(a, now.Add(time.Second)) {
		t.Error("want some requests a second")
	}
}

// TestCaptive: probes are sent to the address they came to, whatever host they
// name, and only where it was asked for.
func TestCaptive(t *testing.T) {
	at := listen(t, serve(newDevice(), func(c *Config) { c.Captive = true }))
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path := range probes {
		r, err := http.NewRequest("GET", "http://"+at+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "captive.example"
		w, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		w.Body.Close()
		if got := w.Header.Get("Location"); w.StatusCode != http.StatusFound || got != "http://"+at+"/" {
			t.Errorf("%s: %d to %q", path, w.StatusCode, got)
		}
	}
}

func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func sumLine(content, name string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:]) + "  " + name + "\n"
}

func TestApps(t *testing.T) {
	const linux, windows = "kreidfeuer-linux-amd64", "kreidfeuer-windows-amd64.exe"
	dir := writeFiles(t, map[string]string{linux: "one", windows: "two", "kreidfeuer.conf": "secret", "passwd": "secret",
		SumsName: sumLine("one", linux) + sumLine("two", windows)})
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "kreidfeuer-link")); err != nil {
		t.Fatal(err)
	}
	a, err := OpenApps(dir)
	if err != nil {
		t.Fatal(err)
	}
	d := newDevice()
	s := serve(d)
	if w := get(s, "/app/"+linux); w.Code != http.StatusNotFound {
		t.Errorf("before there are any: %d", w.Code)
	}
	want(t, get(s, "/").Body.String(), "!/app")
	s = serve(d)
	s.SetApps(a)
	want(t, get(s, "/").Body.String(), `href="/app?l=de"`)
	page := get(s, "/app").Body.String()
	want(t, page, "Windows (PC)", "Linux (PC)", `<a href="/app/`+windows+`" download>`, strings.Fields(sumLine("one", ""))[0], "Vergleichen Sie die Prüfsumme", "!secret", "!conf", "!link")
	if w := get(s, "/app/"+SumsName); w.Body.String() != sumLine("one", linux)+sumLine("two", windows) {
		t.Errorf("sums: %q", w.Body)
	}
	w := get(s, "/app/"+linux, "Range: bytes=1-")
	if w.Code != http.StatusPartialContent || w.Body.String() != "ne" || w.Header().Get("Content-Disposition") == "" {
		t.Errorf("a part: %d, %q", w.Code, w.Body)
	}
	for _, name := range []string{"passwd", "kreidfeuer.conf", "kreidfeuer-link", "../passwd"} {
		if w := get(s, "/app/"+name); w.Code == http.StatusOK {
			t.Errorf("%s is given away", name)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, linux), []byte("exchanged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if w := get(s, "/app/"+linux); w.Code != http.StatusServiceUnavailable {
		t.Errorf("an exchanged file: %d", w.Code)
	}
	if _, err := OpenApps(dir); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("an exchanged file: %v", err)
	}
	if _, err := OpenApps(t.TempDir()); err == nil {
		t.Error("an empty folder is taken")
	}
}

// TestDownloadsAreBounded: those who read slowly do not take everything.
func TestDownloadsAreBounded(t *testing.T) {
	s := serve(newDevice())
	a, err := OpenApps(writeFiles(t, map[string]string{"kreidfeuer-linux-amd64": "one"}))
	if err != nil {
		t.Fatal(err)
	}
	s.SetApps(a)
	for i := range maxDownloads {
		if a := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}); !s.downloads.enter(a) || s.downloads.enter(a) {
			t.Errorf("want one download of %s", a)
		}
	}
	if w := get(s, "/app/kreidfeuer-linux-amd64"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("one more: %d", w.Code)
	}
	s.downloads.leave(netip.AddrFrom4([4]byte{10, 0, 0, 0}))
	if w := get(s, "/app/kreidfeuer-linux-amd64"); w.Code != http.StatusOK {
		t.Errorf("after one has ended: %d", w.Code)
	}
	if tooSlow(0, time.Minute) || !tooSlow(0, time.Minute+time.Second) || tooSlow(60*slowestDownload, 2*time.Minute) || !tooSlow(60*slowestDownload, 2*time.Minute+time.Second) {
		t.Error("want a minute, and a second for each so many bytes")
	}
	if w := get(s, "/"); w.Code != http.StatusOK {
		t.Errorf("the page meanwhile: %d", w.Code)
	}
}
