package catchup

import (
	"context"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// served is a session that a neighbour began.
type served struct {
	peer  peer.ID
	begun time.Time
	s     network.Stream
}

// admit counts sessions, so that neighbours cannot pile them up. When all
// places are taken, one of whoever had most of them lately gives way to who had less; it is
// carried on with later.
func (s *Sessions) admit(st network.Stream) (*served, bool) {
	p, now := st.Conn().RemotePeer(), time.Now()
	if s.cfg.Peers.CutOff(string(p), now) || !s.cfg.Peers.Begin(string(p), now) {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	own := 0
	for v := range s.serving {
		if v.peer == p {
			own++
		}
	}
	if own >= servePeer || len(s.serving) >= serveTotal && !s.makePlace(p, now) {
		return nil, false
	}
	v := &served{p, now, st}
	s.serving[v] = struct{}{}
	return v, true
}

// makePlace ends a session of whoever had most time lately, if p had less. The
// caller holds s.mu.
func (s *Sessions) makePlace(p peer.ID, now time.Time) bool {
	held := map[peer.ID]time.Duration{p: s.cfg.Peers.Hold(string(p), 0, now)}
	for v := range s.serving {
		if _, ok := held[v.peer]; !ok {
			held[v.peer] = s.cfg.Peers.Hold(string(v.peer), 0, now)
		}
		held[v.peer] += now.Sub(v.begun)
	}
	var most *served
	for v := range s.serving {
		if now.Sub(v.begun) >= serveTurn && held[v.peer] > held[p] && (most == nil || held[v.peer] > held[most.peer]) {
			most = v
		}
	}
	if most == nil {
		return false
	}
	_ = most.s.Reset()
	delete(s.serving, most)
	return true
}

// done gives back the place of a session that has ended.
func (s *Sessions) done(v *served) {
	now := time.Now()
	s.cfg.Peers.Hold(string(v.peer), now.Sub(v.begun), now)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.serving, v)
}

// Serve answers the session of a neighbour that has opened a stream.
func (s *Sessions) Serve(ctx context.Context, st network.Stream) {
	v, ok := s.admit(st)
	if !ok {
		_ = st.Reset()
		return
	}
	defer s.done(v)
	s.meet(v.peer) // it may know us before we know it
	if s.cfg.OnCaller != nil {
		s.cfg.OnCaller(v.peer)
	}
	s.cfg.Near.Served(v.peer, +1)
	defer s.cfg.Near.Served(v.peer, -1)
	if err := s.Answer(ctx, v.peer, newPaced(st)); err != nil {
		s.cfg.Log.Debug("serve catch-up", "peer", v.peer, "err", err)
		_ = st.Reset()
		return
	}
	_ = st.Close()
}
