package main

import (
	"context"
	"errors"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/sim/model"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// What the format lets pass has to be what the model takes.
func TestMaxDevices(t *testing.T) {
	if scenario.MaxDevices != model.MaxDevices {
		t.Errorf("%d in a scenario, %d in the model", scenario.MaxDevices, model.MaxDevices)
	}
}

// TestRehearseBound: check lays out the first stage, and others as far as the bound
// goes; it says how many it left, and counts none twice that are laid out alike.
func TestRehearseBound(t *testing.T) {
	text := []byte(`schema: kreidfeuer.scenario/1
name: bound
title: Several stages
duration: 1h
places: [{name: hall, kind: plane, size: [40m, 20m]}]
links: {net: {latency: 5ms}}
groups: [{name: desk, count: 10, at: hall, links: [net], role: station}]
outages: [{at: 1m, what: power, share: 10%}]
alerts: [{at: 10s, from: desk, severity: Severe}]
sweep: {groups.desk.count: [10, 20, 21, 30], outages.0.share: [10%, 20%, 30%]}
`)
	all, err := scenario.Variants(text)
	if err != nil {
		t.Fatal(err)
	}
	src := &source{name: "bound", text: text}
	for most, want := range map[int]int{1000: 0, 71: 0, 70: 3, 41: 3, 40: 6, 19: 9} {
		if untried, err := src.rehearse(t.Context(), all, most); err != nil || untried != want {
			t.Errorf("with %d devices: %d variants untried, want %d; %v", most, untried, want, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := src.rehearse(ctx, all, 0); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
