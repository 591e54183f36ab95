package model

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/contact"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

const traced = `schema: kreidfeuer.scenario/1
name: traced
title: A contact log played back
duration: 6h
places: [{name: town, kind: plane, size: [4500m, 3400m]}]
links: {bluetooth: {range: 10m, latency: 1ms, exchange: 99ms}}
groups:
  - {name: people, count: 120, at: town, links: [bluetooth], movement: {model: trace, file: town-s1.contacts.txt}}
alerts: [{at: 30m, from: people, severity: Severe}]
`

// TestTrace: over a contact log the model reaches whom a flood reaches, when it does.
func TestTrace(t *testing.T) {
	dir := os.Getenv("KREIDFEUER_SHARED")
	for d := "."; dir == ""; d = filepath.Join("..", d) {
		if abs, err := filepath.Abs(d); err != nil || abs == "/" {
			t.Skip("no folder shared/corpus/contacts beside the project")
		}
		if _, err := os.Stat(filepath.Join(d, "shared", "corpus", "contacts")); err == nil {
			dir = filepath.Join(d, "shared")
		}
	}
	open := func(name string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, "corpus", "contacts", name)) }
	s, err := scenario.Parse([]byte(traced))
	if err != nil {
		t.Fatal(err)
	}
	res, err := Run(t.Context(), Config{Scenario: s, Open: open})
	if err != nil {
		t.Fatal(err)
	}
	text, err := open("town-s1.contacts.txt")
	if err != nil {
		t.Fatal(err)
	}
	log, err := contact.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	reached, inHour := 0, 0
	for _, at := range log.Flood(120, 0, 30*time.Minute, 100*time.Millisecond) {
		if at != contact.Never {
			reached++
			if at <= 90*time.Minute {
				inHour++
			}
		}
	}
	a := res.Alerts[0]
	t.Logf("the model reaches %d, a flood %d; after an hour %.4f and %.4f", a.Reached, reached, a.AtMarks[2], float64(inHour)/120)
	if a.Reached != reached || math.Abs(a.AtMarks[2]-float64(inHour)/120) > 0.01 {
		t.Error("they differ")
	}
}
