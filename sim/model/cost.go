package model

import (
	"runtime"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// meter measures what a run costs. Others that run in the same process at the
// same time are measured with it.
type meter struct {
	at   time.Time
	cpu  time.Duration
	heap uint64
}

func startCost() meter {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return meter{time.Now(), spent(), m.HeapAlloc}
}

func (b meter) end(c *scenario.Cost, events uint64, devices int) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	c.Wall, c.CPU = time.Since(b.at).Seconds(), (spent() - b.cpu).Seconds()
	c.Memory = float64(m.Sys)
	c.BytesPerDevice = float64(max(m.HeapAlloc, b.heap)-b.heap) / float64(max(devices, 1))
	c.Events, c.PerSecond = events, float64(events)/max(c.Wall, 1e-9)
}
