package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// TestSigns: of several keys' signs the last one of each authority is shown, with
// what is missing; a domain that has never given one is shown too.
func TestSigns(t *testing.T) {
	now := time.Date(2027, 7, 14, 18, 0, 0, 0, time.UTC)
	s := &apitype.Status{
		Clock: apitype.Clock{Now: now},
		Roots: []apitype.Root{{Domain: "a", Name: "Land RP"}, {Domain: "b", Name: "Land NW"}},
		Signs: []apitype.Sign{
			{Domain: "a", Authority: "rp", Name: "Land RP", Time: now.Add(-3 * time.Hour)},
			{Domain: "a", Authority: "rp", Name: "Land RP", Time: now.Add(-5 * time.Minute), Missing: []string{"01", "02"}},
			{Domain: "a", Authority: "rp/07131", Name: "Kreis", Time: now.Add(-60 * time.Hour), CutOff: true},
			{Domain: "a", Name: "Root", Time: now.Add(time.Hour)},
		},
	}
	var out bytes.Buffer
	e := &env{stdout: &checkedWriter{w: &out}}
	e.printStatus(s)
	var got []string
	for line := range strings.Lines(out.String()) {
		if text, ok := strings.CutPrefix(line, "lebenszeichen"); ok {
			got = append(got, strings.TrimSpace(text))
		}
	}
	want := []string{
		"Root: in the future by this device's clock (2027-07-14T19:00:00Z)",
		"Land RP (rp): 5 min ago (2027-07-14T17:55:00Z), 2 of its warnings in force are MISSING here",
		"Kreis (rp/07131): 2 days ago (2027-07-12T06:00:00Z), CUT OFF: warnings may be missing",
		"Land NW: never",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestNearest: a slip is recognised, another word is not.
func TestNearest(t *testing.T) {
	known := newApp(&env{stdout: &checkedWriter{w: &bytes.Buffer{}}}).Commands
	for word, want := range map[string]string{"ini": "init", "statsu": "status", "pers": "peers", "foo": "", "u": "", "": ""} {
		if got := nearest(known, word); got != want {
			t.Errorf("nearest to %q: %q, want %q", word, got, want)
		}
	}
}
