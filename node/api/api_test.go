package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// device is a backend that keeps events and takes envelopes.
type device struct {
	Backend // methods that a test does not need

	mu        sync.Mutex
	events    []apitype.Event
	oldest    uint64
	arrived   chan struct{} // closed and replaced with each event
	submitted [][]byte
}

func newDevice() *device { return &device{oldest: 1, arrived: make(chan struct{})} }

func (d *device) add(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for range n {
		seq := uint64(len(d.events) + 1)
		d.events = append(d.events, apitype.Event{Seq: seq, Kind: apitype.EventPeer, Peer: &apitype.PeerEvent{Address: strings.Repeat("x", 1000)}})
	}
	close(d.arrived)
	d.arrived = make(chan struct{})
}

func (d *device) forget(before uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.oldest = before
}

func (d *device) EventRange(context.Context) (apitype.EventRange, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return apitype.EventRange{Oldest: d.oldest, Latest: uint64(len(d.events))}, nil
}

func (d *device) Events(_ context.Context, since uint64, limit int) ([]apitype.Event, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if since+1 < d.oldest || since > uint64(len(d.events)) {
		return nil, &apitype.Error{Code: apitype.CodeGone, Message: "no longer kept", Oldest: d.oldest}
	}
	events := d.events[since:]
	return events[:min(len(events), limit)], nil
}

func (d *device) AwaitEvent(ctx context.Context, since uint64) error {
	for {
		d.mu.Lock()
		arrived, latest := d.arrived, uint64(len(d.events))
		d.mu.Unlock()
		if latest > since {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-arrived:
		}
	}
}

func (d *device) Status(context.Context) (apitype.Status, error) {
	return apitype.Status{PeerID: "12D3"}, nil
}

func (d *device) Peers(_ context.Context, p apitype.Page) (apitype.List[apitype.Peer], error) {
	if p.Cursor == "" {
		return apitype.List[apitype.Peer]{Items: []apitype.Peer{{PeerID: fmt.Sprint(p.Limit)}}, Next: "second"}, nil
	}
	return apitype.List[apitype.Peer]{}, nil
}

func (d *device) Alerts(_ context.Context, f apitype.AlertFilter, _ apitype.Page) (apitype.List[apitype.AlertSummary], error) {
	return apitype.List[apitype.AlertSummary]{Items: []apitype.AlertSummary{{ID: fmt.Sprintf("%+v", f)}}}, nil
}

func (d *device) Alert(_ context.Context, id string) (apitype.AlertDetail, error) {
	if id == "broken" {
		return apitype.AlertDetail{}, errors.New("secret detail of the disk")
	}
	return apitype.AlertDetail{}, apitype.ErrNotFound
}

func (d *device) Submit(_ context.Context, envelope []byte) (apitype.Submitted, error) {
	if string(envelope) == "forged" {
		return apitype.Submitted{}, &apitype.Error{Code: apitype.CodeRefused, Reason: "bad-signature", Message: "signature 0"}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.submitted = append(d.submitted, envelope)
	return apitype.Submitted{ID: "id", Level: 1}, nil
}

func (d *device) Envelope(context.Context, string) ([]byte, error) { return []byte{0xd8, 0x62}, nil }
func (d *device) UnpinRoot(context.Context, string) error          { return nil }

func (d *device) AddPeer(_ context.Context, addresses []string) (apitype.List[apitype.Peer], error) {
	return apitype.List[apitype.Peer]{Items: []apitype.Peer{{PeerID: "7", Addresses: addresses}}}, nil
}

func (d *device) SetPlaces(_ context.Context, places []apitype.Place) (apitype.Places, error) {
	return apitype.Places{Items: places}, nil
}

// serve runs a server on a unix socket and returns a client of it.
func serve(t *testing.T, c Config) *http.Client {
	t.Helper()
	dir, err := os.MkdirTemp("", "kf") // t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- New(c).Run(ctx, l) }()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		os.RemoveAll(dir)
		goleak.VerifyNone(t, before)
	})
	return &http.Client{Transport: transport}
}

func do(t *testing.T, c *http.Client, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+SocketHost+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, strings.TrimSpace(string(b))
}

func TestEndpoints(t *testing.T) {
	c := serve(t, Config{Backend: newDevice()})
	tests := []struct {
		name, method, path, body string
		status                   int
		want                     string // part of the answer
	}{
		{"status", "GET", "/v1/status", "", 200, `"schema":"kreidfeuer.status/1"`},
		{"unknown parameter", "GET", "/v1/status?verbose=1", "", 400, `"code":"bad-request"`},
		{"unknown endpoint", "GET", "/v1/nothing", "", 404, `"code":"not-found"`},
		{"other version", "GET", "/v2/status", "", 404, `"code":"not-found"`},
		{"other method", "DELETE", "/v1/status", "", 404, `"code":"not-found"`},
		{"first page", "GET", "/v1/peers?limit=7", "", 200, `"peer_id":"7"`},
		{"next cursor", "GET", "/v1/peers", "", 200, `"next":"second"`},
		{"empty page is a list", "GET", "/v1/peers?cursor=second", "", 200, `{"schema":"kreidfeuer.peers/1","items":[]}`},
		{"limit", "GET", "/v1/peers?limit=1001", "", 400, "1 to 1000"},
		{"peer handed over", "POST", "/v1/peers", `{"addresses":["/ip4/192.0.2.7/tcp/1/p2p/7"]}`, 200, `"peer_id":"7"`},
		{"peer without address", "POST", "/v1/peers", `{"addresses":[]}`, 400, "1 to 32"},
		{"filter", "GET", "/v1/alerts?lane=live&active=true&concerns=yes&state=in-force", "", 200, "Lane:live State:in-force Active:true Concerns:yes"},
		{"bad filter", "GET", "/v1/alerts?lane=mail", "", 400, "live or drill"},
		{"not found", "GET", "/v1/alerts/x", "", 404, `"schema":"kreidfeuer.error/1","code":"not-found"`},
		{"fault", "GET", "/v1/alerts/broken", "", 500, `"code":"internal"`},
		{"submit", "POST", "/v1/envelopes", "genuine", 200, `"schema":"kreidfeuer.submitted/1","id":"id"`},
		{"refused", "POST", "/v1/envelopes", "forged", 422, `"reason":"bad-signature"`},
		{"nothing", "POST", "/v1/envelopes", "", 400, "want an envelope"},
		{"too large", "POST", "/v1/envelopes", strings.Repeat("x", maxEnvelope+1), 413, `"code":"too-large"`},
		{"envelope", "GET", "/v1/envelopes/x", "", 200, "\xd8\x62"},
		{"unpin", "DELETE", "/v1/roots/x", "", 204, ""},
		{"head without key", "GET", "/v1/head?lane=live&domain=d", "", 400, "64 hexadecimal digits"},
		{"places", "PUT", "/v1/places", `{"items":[{"name":"home","ars":"07131"}]}`, 200, `"items":[{"name":"home","ars":"07131"}]`},
		{"place without point", "PUT", "/v1/places", `{"items":[{"name":"home","lat":50}]}`, 400, "lat and lon"},
		{"misspelt field", "PUT", "/v1/places", `{"itmes":[]}`, 400, "itmes"},
		{"two values", "PUT", "/v1/places", `{"items":[]}{}`, 400, "more than one"},
		{"too large JSON", "PUT", "/v1/places", `{"items":[{"name":"` + strings.Repeat("x", maxJSON) + `"}]}`, 413, "too-large"},
		{"pin without fingerprint", "POST", "/v1/roots", `{}`, 400, "fingerprint"},
		{"approval without signature", "POST", "/v1/drafts/x/answer", `{"answer":"approved"}`, 400, "signed envelope"},
		{"events gone", "GET", "/v1/events?since=99", "", 410, `"oldest":1`},
		{"bad since", "GET", "/v1/events?since=-1", "", 400, "last event seen"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, got := do(t, c, test.method, test.path, test.body)
			if status != test.status || !strings.Contains(got, test.want) {
				t.Errorf("%d %s, want %d with %q", status, got, test.status, test.want)
			}
			if strings.Contains(got, "secret") {
				t.Error("the answer tells a fault's details")
			}
		})
	}
}

func TestBrowsersAndStrangersAreRefused(t *testing.T) {
	c := serve(t, Config{Backend: newDevice(), Token: "right"})
	tests := []struct {
		name          string
		host          string
		header, value string
		status        int
	}{
		{"own program", "kreidfeuer", "", "", 200},
		{"loopback address", "127.0.0.1:4000", "", "", 200},
		{"loopback IPv6", "[::1]:4000", "", "", 200},
		{"localhost", "localhost:4000", "", "", 200},
		{"page", "kreidfeuer", "Origin", "http://evil.example", 403},
		{"opaque page", "kreidfeuer", "Origin", "null", 403},
		{"link", "kreidfeuer", "Referer", "http://evil.example/x", 403},
		{"navigation", "localhost:4000", "Sec-Fetch-Site", "none", 403},
		{"rebound name", "evil.example:4000", "", "", 403},
		{"name like localhost", "localhost.evil.example", "", "", 403},
		{"other address", "192.0.2.1:4000", "", "", 403},
		{"wrong token", "kreidfeuer", "Authorization", "Bearer wrong", 403},
		{"no token", "kreidfeuer", "Authorization", "", 403},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := http.NewRequest("GET", "http://kreidfeuer/v1/status", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = test.host
			r.Header.Set("Authorization", "Bearer right")
			if test.header != "" {
				r.Header.Set(test.header, test.value)
			}
			answer, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != test.status {
				t.Errorf("status %d, want %d", answer.StatusCode, test.status)
			}
		})
	}
}

// stream opens an event stream and returns its lines.
func stream(t *testing.T, c *http.Client, query string) (next func() apitype.Event, body io.Reader) {
	t.Helper()
	answer, err := c.Get("http://kreidfeuer/v1/events" + query)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != 200 {
		t.Fatal(answer.Status)
	}
	lines := bufio.NewReader(answer.Body)
	return func() (e apitype.Event) {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(line, &e); err != nil || e.Schema != apitype.SchemaEvent {
			t.Fatalf("%s: %v", line, err)
		}
		return e
	}, lines
}

func TestEventsResumeWithoutGaps(t *testing.T) {
	d := newDevice()
	d.add(3 * eventBatch)
	c := serve(t, Config{Backend: d})
	next, _ := stream(t, c, "?since=1")
	for want := uint64(2); want <= 3*eventBatch+10; want++ {
		if want == 3*eventBatch+1 {
			d.add(10) // while the stream waits
		}
		if got := next(); got.Seq != want {
			t.Fatalf("event %d, want %d", got.Seq, want)
		}
	}
}

func TestEventsWithoutSinceBeginNow(t *testing.T) {
	d := newDevice()
	d.add(5)
	c := serve(t, Config{Backend: d})
	next, _ := stream(t, c, "")
	if got := next(); got.Kind != apitype.EventIdle || got.Seq != 5 {
		t.Errorf("got %+v, want a sign of life at once", got)
	}
	d.add(1)
	if got := next(); got.Seq != 6 {
		t.Errorf("event %d, want 6", got.Seq)
	}
}

func TestIdleStreamSaysSo(t *testing.T) {
	d := newDevice()
	d.add(2)
	next, _ := stream(t, serve(t, Config{Backend: d, IdleEvery: time.Millisecond}), "?since=2")
	for range 5 {
		if got := next(); got.Kind != apitype.EventIdle || got.Seq != 2 {
			t.Fatalf("got %+v", got)
		}
	}
}

// TestSlowReaderHoldsUpNobody: one reader takes nothing while thousands of events
// pass; another gets them all; the slow one is told that the past is gone.
func TestSlowReaderHoldsUpNobody(t *testing.T) {
	const many = 20_000
	d := newDevice()
	c := serve(t, Config{Backend: d})
	_, slow := stream(t, c, "?since=0")
	next, _ := stream(t, c, "?since=0")
	next() // idle
	d.add(many)
	for seq := uint64(1); seq <= many; seq++ {
		if got := next(); got.Seq != seq {
			t.Fatalf("event %d, want %d", got.Seq, seq)
		}
	}
	d.forget(many) // retention goes on while the slow one waits
	all, err := io.ReadAll(slow)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(all), []byte("\n"))
	var last apitype.Error
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil || last.Code != apitype.CodeGone || last.Oldest != many {
		t.Errorf("the last of %d lines is %.200s, %v", len(lines), lines[len(lines)-1], err)
	}
}

func TestStoppingEndsStreams(t *testing.T) {
	var d = newDevice()
	server := New(Config{Backend: d})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx, l) }()
	answer, err := http.Get("http://" + l.Addr().String() + "/v1/events?since=0")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	cancel()
	all, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(all), `"code":"stopping"`) {
		t.Errorf("%s, %v, want a last line that says why", all, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestTooManyStreams(t *testing.T) {
	c := serve(t, Config{Backend: newDevice()})
	for range maxStreams {
		stream(t, c, "?since=0")
	}
	if status, body := do(t, c, "GET", "/v1/events?since=0", ""); status != 503 || !strings.Contains(body, `"code":"busy"`) {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := do(t, c, "GET", "/v1/status", ""); status != 200 {
		t.Errorf("streams keep others out: %d", status)
	}
}

// TestDocument holds API.md and the code together.
func TestDocument(t *testing.T) {
	b, err := os.ReadFile("API.md")
	if err != nil {
		t.Fatal(err)
	}
	document := string(b)
	for _, r := range routes {
		if !strings.Contains(document, "| `"+r.method+" "+r.path+"` |") {
			t.Errorf("API.md lacks %s %s", r.method, r.path)
		}
	}
	if rows := strings.Count(document, "/v1/") - 1; rows != len(routes) { // one in the example
		t.Errorf("API.md has %d endpoints, the code %d", rows, len(routes))
	}
	for code, status := range status {
		if !strings.Contains(document, "`"+string(code)+"`") || !strings.Contains(document, fmt.Sprintf("| %d", status)) {
			t.Errorf("API.md lacks code %s with %d", code, status)
		}
	}
}
