package node

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/airtime"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/node/radio"
)

// TestToldCovers: the radio is told anew of what is worth more, or lasts longer, than it was
// told before: a certificate on which a later alert rests too.
func TestToldCovers(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	before := told{spelled{message: []byte("message")}, cap.Severe, now.Add(time.Hour)}
	for _, c := range []struct {
		name string
		want saying
		is   bool
	}{
		{"the same", saying{severity: cap.Severe, lasting: time.Hour}, true},
		{"less severe", saying{severity: cap.Minor, lasting: time.Hour}, true},
		{"more severe", saying{severity: cap.Extreme, lasting: time.Hour}, false},
		{"longer by a breath", saying{severity: cap.Severe, lasting: time.Hour + sayLonger}, true},
		{"longer", saying{severity: cap.Severe, lasting: 2 * time.Hour}, false},
		{"longer, perhaps", saying{severity: cap.Severe, lasting: 2 * time.Hour, doubtful: true}, true},
	} {
		if is := before.covers(c.want, now); is != c.is {
			t.Errorf("%s: %t", c.name, is)
		}
	}
	if failed := (told{severity: cap.Minor}); !failed.covers(saying{severity: cap.Extreme, lasting: time.Hour}, now) {
		t.Error("what cannot be said is tried again")
	}
}

// TestTooLongIsToldOnce: what no radio can carry is not tried again as time goes by.
func TestTooLongIsToldOnce(t *testing.T) {
	modem, err := airtime.Preset("longfast")
	if err != nil {
		t.Fatal(err)
	}
	r, err := radio.New(radio.Config{Open: func() (radio.Link, error) { return nil, io.EOF }, Hear: func(context.Context, []byte) {}, Modem: modem})
	if err != nil {
		t.Fatal(err)
	}
	w, now := &airwaves{radio: r}, time.Unix(1_800_000_000, 0)
	want := saying{severity: cap.Severe, lasting: time.Hour}
	failed, err := w.tell(t.Context(), want, spelled{message: make([]byte, 1<<20), level: 1}, now)
	if err == nil {
		t.Fatal("it is taken")
	}
	if !failed.covers(want, now.Add(time.Hour)) || failed.level != 1 {
		t.Error("it is tried again an hour later")
	}
	// What others displaced is given again, what ran out is not: an alert of which nobody can
	// tell whether it is over is not said for ever.
	gone := told{spelled: spelled{message: []byte("message")}, until: now.Add(time.Hour)}
	if !w.gaveWay(gone, now) || w.gaveWay(gone, now.Add(time.Hour)) || w.gaveWay(failed, now) {
		t.Error("it is not told apart whether a message gave way, ran out or cannot be said")
	}
}
