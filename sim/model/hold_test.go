package model

import (
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

const net = `schema: kreidfeuer.scenario/1
name: net
title: A mesh
duration: 10m
places: [{name: here, kind: plane, size: [1km, 1km]}]
links: {net: {latency: 25ms}}
groups:
  - {name: station, count: 1, at: here, links: [net], role: station}
  - {name: people, count: 299, at: here, links: [net]}
alerts: [{at: 1m, from: station, severity: Severe, count: 5, every: 1m}]
`

// TestHold: who holds an alert for a moment sends fewer copies, and all still get it, as
// much later as it holds.
func TestHold(t *testing.T) {
	s, err := scenario.Parse([]byte(net))
	if err != nil {
		t.Fatal(err)
	}
	var copies, p99 [2]float64
	for i, hold := range []Hold{{}, {Share: 20, Least: time.Millisecond, Most: 20 * time.Millisecond, Behind: 250 * time.Millisecond, Mesh: 6}} {
		params := DefaultParams
		params.Hold = hold
		res, err := Run(t.Context(), Config{Scenario: s, Params: params})
		if err != nil {
			t.Fatal(err)
		}
		copies[i], p99[i] = res.Traffic.PerCopy, res.Alerts[0].P99
		for _, a := range res.Alerts {
			if a.Reached != 299 {
				t.Errorf("%d of 299 reached", a.Reached)
			}
		}
	}
	t.Logf("copies %.2f, p99 %.3f s", copies, p99)
	if copies[1] > 0.75*copies[0] || p99[1] > p99[0]+0.06 {
		t.Errorf("copies %.2f and p99 %.3f s with nothing held and with a moment's hold", copies, p99)
	}
}

// TestChain: gossip takes the chain along while devices have just started, and not later.
func TestChain(t *testing.T) {
	s, err := scenario.Parse([]byte(net))
	if err != nil {
		t.Fatal(err)
	}
	var bytes [2]float64
	for i, settles := range []time.Duration{DefaultParams.Settles, time.Hour} {
		params := DefaultParams
		params.Settles = settles
		res, err := Run(t.Context(), Config{Scenario: s, Params: params})
		if err != nil {
			t.Fatal(err)
		}
		bytes[i] = res.Traffic.PerDevice[0] - float64(params.JoinBytes)*24 - params.IdleBytes*24*600
	}
	if share := bytes[0] / bytes[1]; share < 0.2 || share > 0.4 { // one warning of five has its chain
		t.Errorf("%.2f of the bytes that whole chains take", share)
	}
}
