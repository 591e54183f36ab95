package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/node/api"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/api/endpoint"
)

// device is a backend with events and peers.
type device struct {
	api.Backend

	mu      sync.Mutex
	latest  uint64
	oldest  uint64
	arrived chan struct{}
}

func newDevice() *device { return &device{oldest: 1, arrived: make(chan struct{})} }

func (d *device) add(n uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.latest += n
	close(d.arrived)
	d.arrived = make(chan struct{})
}

func (d *device) EventRange(context.Context) (apitype.EventRange, error) {
	return apitype.EventRange{}, nil
}

func (d *device) Events(_ context.Context, since uint64, limit int) ([]apitype.Event, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if since+1 < d.oldest {
		return nil, &apitype.Error{Code: apitype.CodeGone, Oldest: d.oldest}
	}
	var events []apitype.Event
	for seq := since + 1; seq <= d.latest && len(events) < limit; seq++ {
		events = append(events, apitype.Event{Seq: seq, Kind: apitype.EventPeer})
	}
	return events, nil
}

func (d *device) AwaitEvent(ctx context.Context, since uint64) error {
	for {
		d.mu.Lock()
		arrived, latest := d.arrived, d.latest
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
	l := apitype.List[apitype.Peer]{Items: []apitype.Peer{{PeerID: "page " + p.Cursor}}}
	if len(p.Cursor) < 3 {
		l.Next = p.Cursor + "x"
	}
	return l, nil
}

func (d *device) Submit(_ context.Context, envelope []byte) (apitype.Submitted, error) {
	return apitype.Submitted{}, &apitype.Error{Code: apitype.CodeRefused, Reason: "out-of-scope", Message: string(envelope)}
}

func (d *device) Envelope(context.Context, string) ([]byte, error) { return []byte("raw"), nil }

// environment gives a test its own folders and returns the data folder.
func environment(t *testing.T) string {
	t.Helper()
	runtimeDir, err := os.MkdirTemp("", "kf")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(runtimeDir) })
	t.Setenv("XDG_RUNTIME_DIR", runtimeDir)
	data := t.TempDir()
	t.Setenv("KREIDFEUER_DATA", data)
	return data
}

// serve runs a device's API until the returned function is called.
func serve(t *testing.T, data, address string, b api.Backend) (stop func()) {
	t.Helper()
	l, err := endpoint.Listen(data, address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- api.New(api.Config{Backend: b, Token: l.Endpoint.Token}).Run(ctx, l) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func newClient(t *testing.T) *Client {
	t.Helper()
	c, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestCalls(t *testing.T) {
	for name, address := range map[string]string{"unix socket": "", "TCP with token": "127.0.0.1:0"} {
		t.Run(name, func(t *testing.T) {
			defer serve(t, environment(t), address, newDevice())()
			c := newClient(t)
			if s, err := c.Status(t.Context()); err != nil || s.PeerID != "12D3" {
				t.Errorf("status %+v, %v", s, err)
			}
			var got []string
			for p, err := range c.Peers(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, p.PeerID)
			}
			if want := "[page  page x page xx page xxx]"; fmt.Sprint(got) != want {
				t.Errorf("peers %v, want %s", got, want)
			}
			_, err := c.Submit(t.Context(), []byte("far away"))
			var e *apitype.Error
			if !errors.As(err, &e) || e.Code != apitype.CodeRefused || e.Reason != "out-of-scope" || e.Message != "far away" {
				t.Errorf("submit: %v", err)
			}
			if b, err := c.Envelope(t.Context(), "id"); err != nil || string(b) != "raw" {
				t.Errorf("envelope %q, %v", b, err)
			}
		})
	}
}

func TestNotRunning(t *testing.T) {
	data := environment(t)
	c := newClient(t)
	check := func(when string, err error) {
		t.Helper()
		if !errors.Is(err, ErrNotRunning) || !strings.Contains(err.Error(), "start kreidfeuer up") || strings.Contains(err.Error(), "http://") {
			t.Errorf("%s: %v", when, err)
		}
	}
	_, err := c.Status(t.Context())
	check("never", err)
	for _, err := range c.Events(t.Context(), 0) {
		check("events", err)
	}
	stop := serve(t, data, "", newDevice())
	if _, err := c.Status(t.Context()); err != nil {
		t.Error(err)
	}
	stop()
	_, err = c.Status(t.Context())
	check("stopped", err)
}

func TestEventsSurviveARestart(t *testing.T) {
	data, d := environment(t), newDevice()
	stop := serve(t, data, "", d)
	defer func() { stop() }()
	d.add(300)
	want := uint64(11)
	for e, err := range newClient(t).Events(t.Context(), 10) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Seq != want {
			t.Fatalf("event %d, want %d", e.Seq, want)
		}
		if want++; want == 301 {
			stop()
			d.add(5)
			stop = serve(t, data, "", d)
		}
		if want == 306 {
			break
		}
	}
}

func TestEventsGone(t *testing.T) {
	data, d := environment(t), newDevice()
	defer serve(t, data, "", d)()
	d.add(10)
	d.oldest = 5
	errs := 0
	for _, err := range newClient(t).Events(t.Context(), 1) {
		var e *apitype.Error
		if !errors.Is(err, apitype.ErrGone) || !errors.As(err, &e) || e.Oldest != 5 {
			t.Errorf("got %v", err)
		}
		errs++
	}
	if errs != 1 {
		t.Errorf("%d errors, want one", errs)
	}
}

func TestEventsEndWithContext(t *testing.T) {
	data, d := environment(t), newDevice()
	defer serve(t, data, "", d)()
	d.add(1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, err := range newClient(t).Events(ctx, 0) {
		if err != nil {
			t.Error(err)
		}
		cancel() // the range ends, without an error
	}
}
