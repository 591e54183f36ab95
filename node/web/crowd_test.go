package web

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// TestCrowdOverConnections measures what visitors wait for: 200 phones with their
// own addresses that load the page of 25 warnings, again and again, while a
// hostile client opens all the connections it gets and sends nothing.
func TestCrowdOverConnections(t *testing.T) {
	if os.Getenv("KREIDFEUER_SOAK") == "" || runtime.GOOS != "linux" { // only there is all of 127/8 the loopback
		t.Skip("set KREIDFEUER_SOAK=1 to measure 200 visitors")
	}
	d := newDevice()
	for i := range 25 {
		a := flood()
		a.ID = fmt.Sprintf("flood%03d", i)
		d.alerts = append(d.alerts, a)
	}
	at := listen(t, serve(d, func(c *Config) { c.Frames = frames }))
	refused := idle(t, at, maxConns)
	if refused < maxConns-maxConnsAddress-1 {
		t.Errorf("one address was let in %d times", maxConns-refused)
	}
	const visitors, loads = 200, 15
	var wg sync.WaitGroup
	times := make([][]time.Duration, visitors)
	var bytes int64
	for v := range visitors {
		wg.Go(func() {
			client := visitor(v)
			defer client.CloseIdleConnections()
			for range loads {
				from := time.Now()
				r, err := client.Get("http://" + at + "/")
				if err != nil {
					t.Error(err)
					return
				}
				n, _ := io.Copy(io.Discard, r.Body)
				r.Body.Close()
				if r.StatusCode != http.StatusOK {
					t.Errorf("visitor %d: %s", v, r.Status)
					return
				}
				times[v] = append(times[v], time.Since(from))
				if v == 0 {
					bytes = n
				}
			}
		})
	}
	wg.Wait()
	all := slices.Concat(times...)
	slices.Sort(all)
	if len(all) == 0 {
		t.Fatal("nobody was served")
	}
	t.Logf("%d loads of %d bytes by %d visitors: median %s, 99th %s, slowest %s; the device was asked %d times; %d hostile connections refused",
		len(all), bytes, visitors, all[len(all)/2], all[len(all)*99/100], all[len(all)-1], d.asked.Load(), refused)
	if all[len(all)*99/100] > 10*time.Second { // on a busy machine, with the race detector
		t.Error("a visitor in a hundred waits too long")
	}
}

// visitor has an address of its own.
func visitor(n int) *http.Client {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 1, byte(n>>8), byte(n+1))}}
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, addr)
		},
	}}
}

// idle opens connections from one address, and counts those that are ended at once.
func idle(t *testing.T, at string, n int) (refused int) {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 2, 0, 1)}}
	for range n {
		c, err := dialer.Dial("tcp", at)
		if err != nil {
			refused++
			continue
		}
		t.Cleanup(func() { c.Close() })
		c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
		if _, err := c.Read(make([]byte, 1)); err == io.EOF || err != nil && !os.IsTimeout(err) {
			refused++
		}
	}
	return refused
}

// TestUnknownWarningsCostNothing: who asks for warnings that are not there does not
// use up the making of those that are.
func TestUnknownWarningsCostNothing(t *testing.T) {
	t.Parallel()
	p := newPages()
	p.budget.tokens = 1
	for i := range unknownPerSecond {
		if _, err := p.get(fmt.Sprint(i), true, func() ([]byte, error) { return nil, &apitype.Error{Code: apitype.CodeNotFound} }); !isUnknown(err) {
			t.Fatal(err)
		}
	}
	if _, err := p.get("there", true, func() ([]byte, error) { return []byte("page"), nil }); err != nil {
		t.Error(err)
	}
}
