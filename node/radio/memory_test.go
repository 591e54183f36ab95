package radio

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/airtime"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// disk is a memory that counts how often it is written.
type disk struct {
	mu      sync.Mutex
	content []byte
	writes  int
	err     error
}

func (d *disk) Load() ([]byte, error) { return d.saved(), d.err }

func (d *disk) saved() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return bytes.Clone(d.content)
}

func (d *disk) Save(b []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		d.content = bytes.Clone(b)
		d.writes++
	}
	return d.err
}

// live runs a radio with much to say for a while, and returns how long it was on the air and what
// it believes. What it writes when it is ended in an orderly way is lost if the plug is pulled.
func live(t *testing.T, d *disk, seed byte, lasts time.Duration, pulled bool) (sent time.Duration, believed State) {
	t.Helper()
	modem, err := airtime.Preset("longfast")
	if err != nil {
		t.Fatal(err)
	}
	near, far := Pipe()
	r, err := New(Config{Open: opens(near), Modem: modem, Hear: (&hearer{}).hear, Random: rand.NewChaCha8([32]byte{seed}), Memory: d})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	running, hearing := make(chan error), make(chan time.Duration)
	go func() { running <- r.Run(ctx) }()
	go func() {
		var sum time.Duration
		for {
			b, err := far.Receive(ctx)
			if err != nil {
				hearing <- sum
				return
			}
			sum += modem.Airtime(len(b))
		}
	}()
	for i := range byte(40) {
		if err := r.Say(bytes.Repeat([]byte{i, 1, 2, 3}, 100), cap.Extreme, 12*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(lasts)
	believed = r.State()
	before := d.saved()
	cancel()
	if err := <-running; err != nil {
		t.Error(err)
	}
	if pulled {
		d.content = before
	}
	return <-hearing, believed
}

// TestRestartsKeepTheDuty: a radio that is started again and again, with its plug pulled or not,
// sends in an hour what one may, and hardly less.
func TestRestartsKeepTheDuty(t *testing.T) {
	const limit = 36 * time.Second
	for _, pulled := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			d, sum := new(disk), time.Duration(0)
			for life := range byte(12) {
				sent, believed := live(t, d, life, 10*time.Second, pulled)
				if sum += sent; believed.OnAir < sum {
					t.Errorf("life %d: on the air for %s, believes %s", life, sum, believed.OnAir)
				}
			}
			t.Logf("pulled %t: on the air for %s in two minutes, %d writes", pulled, sum, d.writes)
			if sum > limit || sum < limit*3/4 {
				t.Errorf("pulled %t: on the air for %s of %s", pulled, sum, limit)
			}
			if d.writes > 2*aheadParts {
				t.Errorf("%d writes", d.writes)
			}
		})
	}
}

// TestMemoryFails: a radio whose memory can be neither read nor written says what it has to say.
func TestMemoryFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, d := range []*disk{{err: errors.New("no space left on device")}, {content: []byte("{")}} {
			if sent, _ := live(t, d, 1, time.Minute, false); sent == 0 {
				t.Errorf("memory %q, %v: nothing is sent", d.content, d.err)
			}
		}
	})
}

// TestAccount: what is read back is never less than what was, nor earlier, whatever the clock did.
func TestAccount(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	var list []airtime.Emission
	for i := range 1800 { // an hour of short frames
		list = append(list, airtime.Emission{End: start.Add(time.Duration(i) * 2 * time.Second), Took: 20 * time.Millisecond})
	}
	now := start.Add(time.Hour)
	a := newAccount(list, time.Second)
	if len(a.Emissions) > 121 {
		t.Errorf("%d entries", len(a.Emissions))
	}
	for _, c := range []struct {
		name    string
		now     time.Time
		atLeast time.Duration
		latest  time.Duration // age of the oldest
	}{
		{"at once", now, 37 * time.Second, time.Hour},
		{"half an hour later", now.Add(30 * time.Minute), 37 * time.Second, 90 * time.Minute},
		{"a clock without a battery", time.Unix(0, 0), 37 * time.Second, 0},
	} {
		var sum time.Duration
		got := a.earlier(c.now)
		for i, e := range got {
			sum += e.Took
			if e.End.After(c.now) || i > 0 && e.End.Before(got[i-1].End) {
				t.Errorf("%s: entry %d ends at %s, now %s", c.name, i, e.End, c.now)
			}
		}
		if sum < c.atLeast || sum > c.atLeast+2*time.Millisecond || c.now.Sub(got[0].End) > c.latest {
			t.Errorf("%s: %s, the oldest %s ago", c.name, sum, c.now.Sub(got[0].End))
		}
	}
}
