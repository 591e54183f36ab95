package model

import (
	"fmt"
	"slices"
)

// maxHeard bounds the pairs of radios that hear each other in a scenario: in memory, four
// bytes each way, and for the time that each frame takes. Some eight thousand that all
// hear each other have so many, and in their noise hardly a frame comes through.
const maxHeard = 32 << 20

// channel is who may hear whom on one kind of radio link. Between those that stand still
// it is a graph, the link's; the others are looked for at each frame, where they are in
// the step that lasts.
type channel struct {
	still  crowd
	moving []uint32
}

// listen lays out who hears whom, and adds their pairs to those of other links.
func (r *run) listen(l, pairs int) (int, error) {
	k, c := &r.links[l], &r.radios.heard[l]
	reach, all, still := float64(k.Range), r.members(l, true), r.members(l, false)
	for _, d := range all {
		if r.steps.roams[d]>>l&1 == 1 {
			c.moving = append(c.moving, d)
		}
	}
	c.still = r.newCrowd(newGrid(reach, float64(r.size.X), float64(r.size.Y)), still)
	pairs += len(c.moving) * len(all)
	ways := 0
	k.start = make([]uint32, len(r.group)+1)
	for _, d := range still {
		r.eachNear(&c.still, d, reach, func(uint32) { k.start[d+1]++ })
		if ways += int(k.start[d+1]); pairs+ways/2 > maxHeard {
			return 0, fmt.Errorf("%d radios: more than %d pairs of them may hear each other; want fewer, or a shorter range", len(all), maxHeard)
		}
	}
	for d := range r.group {
		k.start[d+1] += k.start[d]
	}
	k.to = make([]uint32, 0, ways)
	for _, d := range still { // in the order of their numbers
		r.eachNear(&c.still, d, reach, func(other uint32) { k.to = append(k.to, other) })
	}
	return pairs + ways/2, nil
}

// eachNear goes through those of a crowd whom a device has in range.
func (r *run) eachNear(c *crowd, d uint32, reach float64, each func(other uint32)) {
	for _, row := range c.rows(r.x[d], r.y[d]) {
		for _, other := range row {
			if other != d && r.near(d, other, reach) {
				each(other)
			}
		}
	}
}

// hearers are all who hear a device's radio now.
func (r *run) hearers(d uint32, l int) []uint32 {
	return slices.Concat(r.links[l].neighbours(d), r.radios.meets(r, stationOf(d, l)))
}

// meets are those who hear a radio now beside those whom it always has in range.
func (s *radios) meets(r *run, one station) (list []uint32) {
	c, d, reach := &s.heard[one.link()], one.device(), float64(r.links[one.link()].Range)
	if r.steps.roams[d]>>one.link()&1 == 1 {
		r.eachNear(&c.still, d, reach, func(other uint32) { list = append(list, other) })
	}
	for _, other := range c.moving {
		if other != d && r.near(d, other, reach) {
			list = append(list, other)
		}
	}
	return list
}
