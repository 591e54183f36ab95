package node

import (
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

const (
	given  = 1_800_000_000 // when the beacon of the tables was given, seconds UTC
	unsaid = -time.Second
)

// What may be said of an authority's silence, by both clocks.
func TestSilence(t *testing.T) {
	const min = time.Minute
	tests := []struct {
		name     string
		interval time.Duration
		now      int64         // by the device's clock, relative to given
		arrived  time.Duration // by the clock that never jumps; unsaid: before this start
		doubt    bool
		state    apitype.SignState
		atLeast  time.Duration
	}{
		{"just heard", 0, 0, 0, false, apitype.SignHeard, 0},
		{"within three usual intervals", 0, 1800, 30 * min, false, apitype.SignHeard, 30 * min},
		{"after three usual intervals", 0, 1801, 30*min + 1, false, apitype.SignCutOff, 30*min + time.Second},
		{"a quick rhythm is not taken at its word", time.Minute, 15 * 60, 15 * min, false, apitype.SignHeard, 15 * min},
		{"a quick rhythm", time.Minute, 15*60 + 1, 15*min + 1, false, apitype.SignCutOff, 15*min + time.Second},
		{"a slow rhythm", 24 * time.Hour, 3 * 3600, 3 * time.Hour, false, apitype.SignHeard, 3 * time.Hour},
		{"a slow rhythm does not calm for days", 24 * time.Hour, 3*3600 + 1, 0, false, apitype.SignCutOff, 3*time.Hour + time.Second},
		{"an old one that arrives now, carried or replayed", 0, 5 * 3600, 0, false, apitype.SignCutOff, 5 * time.Hour},
		{"read from the disk after a restart", 0, 600, unsaid, false, apitype.SignHeard, 10 * min},
		{"read from the disk after a day off", 0, 86400, unsaid, false, apitype.SignCutOff, 24 * time.Hour},
		{"the clock was set back after it arrived", 0, 60, 4 * time.Hour, false, apitype.SignCutOff, 4 * time.Hour},
		{"the clock is a little slow", 0, -300, min, false, apitype.SignHeard, min},
		{"dated ahead of the clock", 0, -3600, min, false, apitype.SignUnknown, min},
		{"dated ahead, and long silent", 0, -3600, 31 * min, false, apitype.SignCutOff, 31 * min},
		{"dated ahead, after a restart", 0, -3600, unsaid, false, apitype.SignUnknown, -1},
		{"1970, just arrived", 0, -given, 0, true, apitype.SignUnknown, 0},
		{"1970, long silent", 0, -given, time.Hour, true, apitype.SignCutOff, time.Hour},
		{"1970, after a restart", 0, -given, unsaid, true, apitype.SignUnknown, -1},
		{"ten years ahead and in doubt", 0, 10 * 365 * 86400, min, true, apitype.SignUnknown, min},
		{"ten years ahead and believed", 0, 10 * 365 * 86400, min, false, apitype.SignCutOff, 10 * 365 * 24 * time.Hour},
		{"a right clock in doubt claims nothing", 0, 60, min, true, apitype.SignUnknown, min},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := moment{now: uint64(given + test.now), doubt: test.doubt, mono: time.Now()}
			s := lifeSign{Created: given, Interval: test.interval}
			if test.arrived >= 0 {
				s.heard = m.mono.Add(-test.arrived)
			}
			got := s.silence(m)
			if got.state != test.state || wholeSeconds(got.atLeast) != wholeSeconds(test.atLeast) {
				t.Errorf("%s, silent for %s; want %s, %s", got.state, got.atLeast, test.state, test.atLeast)
			}
		})
	}
}

// The rhythm is learned from two beacons of one key, over lost ones.
func TestRhythm(t *testing.T) {
	first := lifeSign{Key: [32]byte{1}, Created: given, Sequence: 10}
	for _, test := range []struct {
		name string
		next lifeSign
		want time.Duration
	}{
		{"the next", lifeSign{Key: [32]byte{1}, Created: given + 600, Sequence: 11}, 10 * time.Minute},
		{"after five were lost", lifeSign{Key: [32]byte{1}, Created: given + 3600, Sequence: 16}, 10 * time.Minute},
		{"of another key", lifeSign{Key: [32]byte{2}, Created: given + 60, Sequence: 11}, 0},
		{"of a clock that went back", lifeSign{Key: [32]byte{1}, Created: given - 60, Sequence: 11}, 0},
	} {
		test.next.follow(&first)
		if test.next.Interval != test.want {
			t.Errorf("%s: %s, want %s", test.name, test.next.Interval, test.want)
		}
	}
}

// One station with a clock ahead does not hide what the others say.
func TestLatest(t *testing.T) {
	at := func(by string, created uint64) *identity.Beacon {
		return &identity.Beacon{Origin: identity.Origin{By: by, Created: created, ID: wire.ID{byte(created)}}}
	}
	m := moment{now: given}
	got := latest([]*identity.Beacon{at("rp", given-600), at("rp", given+86400), at("rp", given-60), at("rp.07131", given+86400)}, m)
	if got["rp"].Created != given-60 || got["rp.07131"].Created != given+86400 || len(got) != 2 {
		t.Errorf("got %v", got)
	}
	m.doubt = true // then all count as dated
	if got := latest([]*identity.Beacon{at("rp", given+86400), at("rp", given-60)}, m); got["rp"].Created != given+86400 {
		t.Errorf("got %v", got["rp"])
	}
}
