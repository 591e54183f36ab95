package radio

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/airtime"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// hearer collects what a radio hears.
type hearer struct {
	mu       sync.Mutex
	messages [][]byte
}

func (h *hearer) hear(_ context.Context, m []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.messages = append(h.messages, bytes.Clone(m))
}

func (h *hearer) count(m []byte) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, got := range h.messages {
		if bytes.Equal(got, m) {
			n++
		}
	}
	return n
}

func newRadio(t *testing.T, seed byte, open func() (Link, error), h *hearer) *Radio {
	t.Helper()
	modem, err := airtime.Preset("longfast")
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(Config{Open: open, Modem: modem, Hear: h.hear, Random: rand.NewChaCha8([32]byte{seed})})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return r
}

func opens(l Link) func() (Link, error) { return func() (Link, error) { return l, nil } }

func TestPairOfRadios(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		left, right := Pipe()
		var heardLeft, heardRight hearer
		a := newRadio(t, 1, opens(left), &heardLeft)
		b := newRadio(t, 2, opens(right), &heardRight)
		short, long := []byte("a warning in one frame"), bytes.Repeat([]byte{1, 2, 3}, 300)
		if err := a.Say(short, cap.Severe, time.Hour); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if heardRight.count(short) != 1 {
			t.Errorf("heard %q, want the warning once", heardRight.messages)
		}
		if err := b.Say(long, cap.Severe, time.Hour); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Second)
		if heardLeft.count(long) != 1 || heardLeft.count(short) != 0 {
			t.Errorf("heard %d messages, want the long one once", len(heardLeft.messages))
		}
		b.Cease(long)
		time.Sleep(2 * time.Hour)
		s := a.State()
		if s.Messages != 0 || s.Sent == 0 || s.Heard == 0 || s.OnAir != 0 || s.Limit != 36*time.Second {
			t.Errorf("state %+v", s)
		}
	})
}

// TestRadioComesBack: a modem that is unplugged is opened again and goes on.
func TestRadioComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard, other hearer
		var mu sync.Mutex
		var far Link
		unplugged := errors.New("no such device")
		plug := func() (Link, error) {
			mu.Lock()
			defer mu.Unlock()
			if far == nil {
				return nil, unplugged
			}
			return far, nil
		}
		a := newRadio(t, 1, plug, &other)
		synctest.Wait()
		if s := a.State(); s.Open || !errors.Is(s.Err, unplugged) {
			t.Errorf("state %+v", s)
		}
		if err := a.Say([]byte("a warning"), cap.Extreme, time.Hour); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		near, peer := Pipe()
		far = near
		mu.Unlock()
		newRadio(t, 2, opens(peer), &heard)
		time.Sleep(reopenPause + 3*time.Second) // the second time is 4 s later at the earliest
		if n := heard.count([]byte("a warning")); n != 1 {
			t.Errorf("said %d times after the radio was plugged in, want once", n)
		}
	})
}

// TestRoom: what gives way to more severe messages is told apart from what is said, and
// is taken again when there is room.
func TestRoom(t *testing.T) {
	near, _ := Pipe()
	modem, _ := airtime.Preset("longfast")
	r, err := New(Config{Open: opens(near), Modem: modem, Hear: (&hearer{}).hear})
	if err != nil {
		t.Fatal(err)
	}
	say := func(message string, severity cap.Severity) bool {
		t.Helper()
		if err := r.Say([]byte(message), severity, time.Hour); err != nil {
			t.Fatal(err)
		}
		return r.Holds([]byte(message))
	}
	if !say("minor", cap.Minor) {
		t.Error("it is not held")
	}
	n := 0
	for say(fmt.Sprint("extreme ", n), cap.Extreme) {
		n++
	}
	if r.Holds([]byte("minor")) || say("minor", cap.Minor) {
		t.Errorf("a minor message is held among %d extreme ones", n)
	}
	r.Cease([]byte("extreme 0"))
	if !say("minor", cap.Minor) {
		t.Error("it is not taken again")
	}
}

func TestConfigIsChecked(t *testing.T) {
	modem, _ := airtime.Preset("longfast")
	good := Config{Open: opens(nil), Modem: modem, Hear: (&hearer{}).hear}
	for name, spoil := range map[string]func(*Config){
		"no link":     func(c *Config) { c.Open = nil },
		"no hearer":   func(c *Config) { c.Hear = nil },
		"no modem":    func(c *Config) { c.Modem = airtime.Modem{} },
		"tiny frames": func(c *Config) { c.MTU = 8 },
		"long frames": func(c *Config) { c.MTU = 256 },
		"duty":        func(c *Config) { c.Duty = 1.5 },
	} {
		c := good
		spoil(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}

// False frames under a message's name, as short as frames are, do not make a radio
// believe that others say it; genuine ones do.
func TestFalseFramesSilenceNobody(t *testing.T) {
	message := bytes.Repeat([]byte("Hochwasser an der Ahr. "), 30)
	sent := func(forge func(frame []byte) []byte) (n uint64) {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := Pipe()
			r := newRadio(t, 1, opens(ours), &hearer{})
			if err := r.Say(message, cap.Severe, 12*time.Hour); err != nil {
				t.Fatal(err)
			}
			first, err := theirs.Receive(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				for {
					if _, err := theirs.Receive(t.Context()); err != nil {
						return
					}
				}
			}()
			for range 3 * 3600 {
				time.Sleep(time.Second)
				if b := forge(bytes.Clone(first)); b != nil {
					_ = theirs.Send(t.Context(), b)
				}
			}
			n = r.State().Sent
		})
		return n
	}
	alone := sent(func([]byte) []byte { return nil })
	forged := sent(func(frame []byte) []byte {
		const check, head = 8, 10 // where the check stands, and the shard
		frame = append(frame[:head], make([]byte, len(message)/40)...)
		sum := sha256.Sum256(append(bytes.Clone(frame[:check]), frame[head:]...))
		copy(frame[check:head], sum[:])
		return frame
	})
	genuine := sent(func(frame []byte) []byte { return frame })
	if forged < alone || genuine >= alone/2 {
		t.Errorf("%d frames sent alone, %d among false ones, %d among genuine ones", alone, forged, genuine)
	}
}
