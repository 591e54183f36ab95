package gossip

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// serve answers the protocols that neighbours call until ctx ends, and returns
// after the last answer.
func (r *Router) serve(ctx context.Context) {
	var running sync.WaitGroup
	var mu sync.Mutex // guards ended, so that none begins after it
	ended := false
	for name, answer := range map[protocol.ID]func(context.Context, network.Stream){
		wire.ProtocolCatchUp: r.serveCatchUp, wire.ProtocolDraft: r.serveDraft,
	} {
		r.host.SetStreamHandler(name, func(s network.Stream) {
			mu.Lock()
			if ended {
				mu.Unlock()
				_ = s.Reset()
				return
			}
			running.Add(1)
			mu.Unlock()
			defer running.Done()
			defer context.AfterFunc(ctx, func() { _ = s.Reset() })()
			answer(ctx, s)
		})
	}
	<-ctx.Done()
	r.host.RemoveStreamHandler(wire.ProtocolCatchUp)
	r.host.RemoveStreamHandler(wire.ProtocolDraft)
	mu.Lock()
	ended = true
	mu.Unlock()
	running.Wait()
}

// admitServing counts sessions, so that neighbours cannot pile them up.
func (r *Router) admitServing(p peer.ID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	total := 0
	for _, n := range r.serving {
		total += n
	}
	if r.serving[p] >= catchUpServe || total >= catchUpServeTotal {
		return false
	}
	r.serving[p]++
	return true
}

func (r *Router) doneServing(p peer.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.serving[p]--; r.serving[p] == 0 {
		delete(r.serving, p)
	}
}

// serveCatchUp answers one neighbour's questions.
func (r *Router) serveCatchUp(ctx context.Context, s network.Stream) {
	p := s.Conn().RemotePeer()
	if r.peers.cutOff(string(p), time.Now()) || !r.admitServing(p) {
		_ = s.Reset()
		return
	}
	defer r.doneServing(p)
	_ = s.SetDeadline(time.Now().Add(catchUpTimeout))
	if err := r.answer(ctx, p, newFramer(s)); err != nil {
		r.log.Debug("serve catch-up", "peer", p, "err", err)
		_ = s.Reset()
		return
	}
	_ = s.Close()
}

func (r *Router) answer(ctx context.Context, p peer.ID, f *framer) error {
	hello, err := f.want(frameHello)
	if err != nil {
		return err
	}
	r.greet(p, hello)
	if err := f.send(r.hello()); err != nil {
		return err
	}
	for {
		q, err := f.read()
		if err != nil {
			return err
		}
		switch q.Kind {
		case frameEnd:
			return nil
		case frameList:
			err = r.sendItems(f, q)
		case frameGet:
			err = r.sendEnvelopes(ctx, f, q)
		default:
			err = fmt.Errorf("unexpected frame of kind %d", q.Kind)
		}
		if err != nil {
			return err
		}
	}
}

func (r *Router) hello() frame {
	return frame{Kind: frameHello, Time: seconds(r.cfg.Now()), Domains: r.pool.Domains()}
}

func (r *Router) greet(p peer.ID, hello frame) {
	if r.cfg.OnHello != nil && hello.Time <= wire.MaxTime {
		r.cfg.OnHello(p, time.Unix(int64(hello.Time), 0), r.cfg.Now())
	}
}

func (r *Router) sendItems(f *framer, q frame) error {
	if len(q.Domains) != 1 {
		return fmt.Errorf("list of %d domains, want 1", len(q.Domains))
	}
	answer := frame{Kind: frameItems}
	r.mu.Lock()
	known := r.ledger.items(q.Domains[0], q.Lane)
	r.mu.Unlock()
	for _, e := range known[:min(len(known), catchUpMaxItems)] {
		answer.Items = append(answer.Items, frameItem{ID: e.ID, Level: e.Level})
	}
	return f.send(answer)
}

func (r *Router) sendEnvelopes(ctx context.Context, f *framer, q frame) error {
	if len(q.Items) > catchUpMaxRequest {
		return fmt.Errorf("request of %d envelopes, at most %d", len(q.Items), catchUpMaxRequest)
	}
	for _, it := range q.Items {
		raw, err := r.full(ctx, it.ID)
		if err != nil {
			continue // gone since it was listed
		}
		if err := f.write(frame{Kind: frameEnv, Raw: raw}); err != nil {
			return err
		}
	}
	return f.send(frame{Kind: frameEnd})
}
