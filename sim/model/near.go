package model

// spare says whom of those in range a device has to tell of an alert that it has just
// got: with whom it is connected for a while it gossips with, the others it meets.
type spare struct {
	*run
	v        *view
	d, alert uint32
	me       int32  // its number among those that move, or -1
	mesh     int    // how many it sends to
	sent     uint32 // so far
}

// around passes an alert on to whoever moves past, or is passed, in this step.
func (r *run) around(d, alert uint32, mesh int) {
	for i := range r.steps.views {
		v := &r.steps.views[i]
		if !r.up(d, v.link) {
			continue
		}
		r.sort(v)
		s := spare{run: r, v: v, d: d, alert: alert, me: r.steps.mover[d], mesh: mesh}
		c := v.grid.cell(r.x[d], r.y[d])
		for _, off := range v.grid.around() {
			for j := v.heads[c+off]; j >= 0; j = v.next[j] {
				s.tell(r.moving[j].dev, j)
			}
			if s.me < 0 {
				continue
			}
			for _, other := range v.resting[v.first[c+off]:v.first[c+off+1]] {
				s.tell(other, -1)
			}
		}
	}
}

// tell passes it to one other, whose number among those that move is j, or -1.
func (s *spare) tell(other uint32, j int32) {
	if other == s.d || !s.wants(other, s.alert) || !s.listens(other, s.v.link) || s.bars(other, s.d) {
		return
	}
	var vx, vy float32
	if s.me >= 0 {
		vx, vy = -s.moving[s.me].vx, -s.moving[s.me].vy
	}
	if j >= 0 {
		vx, vy = vx+s.moving[j].vx, vy+s.moving[j].vy
	}
	past, window := float64(s.q.now-s.steps.begun)/1000, float64(s.links[s.v.link].window)/1000
	from, till := within(float64(s.x[other]-s.x[s.d]), float64(s.y[other]-s.y[s.d]), float64(vx), float64(vy), s.v.reach)
	from = max(from, 0)
	begins := from + window - past
	switch {
	case till <= max(past, from+window):
	case begins > 0 && from > 0: // as if they had met at the beginning of the step, if from is 0
		if from+window <= float64(s.steps.length)/1000 {
			s.meetAt(s.q.now+uint32(begins*1000), s.d, other, s.v.link, uint32(min((till-from-window)*1000, 1<<31)))
		}
	case int(s.sent) < s.mesh:
		s.sent++
		s.send(s.d, other, s.alert, s.v.link, s.sent)
	}
}
