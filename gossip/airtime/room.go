package airtime

import "time"

// makeRoom drops the message that matters least, if one matters less than a new one.
func (s *Schedule) makeRoom(m *message, now time.Time) bool {
	least := s.order(now)[len(s.messages)-1]
	if least.standing(now) >= m.standing(now) {
		return false
	}
	s.drop(least)
	return true
}

// drop ends a message. When a proof was said is kept: it may be needed again.
func (s *Schedule) drop(m *message) {
	delete(s.messages, m.key)
	if m.spoken.IsZero() {
		return
	}
	if len(s.spoken) >= maxSpoken {
		oldest := m.key
		for k, at := range s.spoken {
			if oldest == m.key || at.Before(s.spoken[oldest]) {
				oldest = k
			}
		}
		delete(s.spoken, oldest)
	}
	s.spoken[m.key] = m.spoken
}
