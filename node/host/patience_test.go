package host

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

func TestPatiently(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	for _, c := range []struct{ asked, want time.Time }{
		{time.Time{}, time.Time{}},
		{now.Add(-time.Hour), now.Add(-time.Hour)},
		{now, now},
		{now.Add(time.Second), now.Add(time.Second)},
		{now.Add(5 * time.Second), now.Add(patience)},
		{now.Add(patience), now.Add(patience)},
		{now.Add(time.Hour), now.Add(time.Hour)},
	} {
		if got := patiently(c.asked, now); !got.Equal(c.want) {
			t.Errorf("%s from now becomes %s from now", c.asked.Sub(now), got.Sub(now))
		}
	}
}

// TestPatientStream: identify's deadline of 5 s on a stream does not end it while
// its bytes are on a slow link; a deadline in the past does, at once.
func TestPatientStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		client, err := newMuxer().NewConn(near, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		server, err := newMuxer().NewConn(far, true, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		go func() {
			s, err := server.AcceptStream()
			if err != nil {
				return
			}
			time.Sleep(20 * time.Second)
			_, _ = s.Write([]byte("late"))
		}()
		s, err := client.OpenStream(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 4)
		if _, err := io.ReadFull(s, got); err != nil {
			t.Fatalf("read after 20 s: %v", err)
		}
		checkEndsAtOnce(t, s)
	})
}

func checkEndsAtOnce(t *testing.T, s network.MuxedStream) {
	t.Helper()
	begun := time.Now()
	_ = s.SetReadDeadline(begun)
	if _, err := s.Read(make([]byte, 1)); err == nil || time.Since(begun) > 0 {
		t.Errorf("read with a deadline that is over: %v after %s", err, time.Since(begun))
	}
}
