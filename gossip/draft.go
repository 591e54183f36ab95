package gossip

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// A draft is an alert that still lacks signatures. It does not spread: it goes
// straight to the stations of its authority. The protocol is one frame each way.

// Draft is what one station hands another: a draft, or the answer that it was
// rejected. Approval needs no answer: it is a draft with a further signature.
type Draft struct {
	Raw      []byte // the envelope in its transmitted form
	Rejected bool
	Comment  string // why, at most maxComment bytes
}

// SendDraft hands a draft to another station and waits for its receipt.
func (r *Router) SendDraft(ctx context.Context, p peer.ID, d Draft) error {
	ctx, cancel := context.WithTimeout(ctx, draftTimeout)
	defer cancel()
	s, err := r.host.NewStream(network.WithAllowLimitedConn(ctx, "draft"), p, wire.ProtocolDraft)
	if err != nil {
		return fmt.Errorf("open stream: %w", err)
	}
	defer s.Close()
	_ = s.SetDeadline(time.Now().Add(draftTimeout))
	f := stream.New(s, draftFrame)
	kind := uint64(stream.Envelope)
	if d.Rejected {
		kind = stream.No
	}
	if err := f.Send(stream.Frame{Kind: kind, Raw: d.Raw, Note: d.Comment}); err != nil {
		return err
	}
	answer, err := f.Want(stream.End)
	if err != nil {
		return err
	}
	if len(answer.Raw) > 0 {
		return fmt.Errorf("the other station refused it: %.200q", answer.Raw)
	}
	return nil
}

func (r *Router) serveDraft(_ context.Context, s network.Stream) {
	p := s.Conn().RemotePeer()
	if r.cfg.OnDraft == nil || r.peers.CutOff(string(p), time.Now()) || !r.peers.Allow(string(p), time.Now()) {
		_ = s.Reset()
		return
	}
	_ = s.SetDeadline(time.Now().Add(draftTimeout))
	if err := r.answerDraft(p, stream.New(s, draftFrame)); err != nil {
		r.log.Debug("serve draft", "peer", p, "err", err)
		_ = s.Reset()
		return
	}
	_ = s.Close()
}

func (r *Router) answerDraft(p peer.ID, f *stream.Framer) error {
	fr, err := f.Read()
	if err != nil {
		return err
	}
	answer := stream.Frame{Kind: stream.End}
	switch {
	case fr.Kind != stream.Envelope && fr.Kind != stream.No:
		return fmt.Errorf("frame of kind %d, want a draft or its rejection", fr.Kind)
	case len(fr.Raw) > wire.MaxTransmission || len(fr.Note) > maxComment:
		return errors.New("draft or comment is too large")
	}
	if err := r.cfg.OnDraft(p, Draft{fr.Raw, fr.Kind == stream.No, fr.Note}); err != nil {
		if r.verdict(err) == wire.Reject {
			r.strike(p, err)
		}
		answer.Raw = []byte(err.Error())
	}
	return f.Send(answer)
}
