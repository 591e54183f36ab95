package hostile

import (
	"context"
	"encoding/binary"
	"io"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Flood is for bare peers: it writes envelopes straight to the victim's gossipsub stream, past all that
// would slow this peer down, perSecond at most, until next is at its end, ctx
// ends or the victim closes. It returns how many were written.
func (p *Peer) Flood(ctx context.Context, victim peer.ID, topic string, perSecond int, next func(i int) []byte) (int, error) {
	s, err := p.host.NewStream(ctx, victim, pubsub.GossipSubID_v12)
	if err != nil {
		return 0, err
	}
	defer s.Reset()
	defer context.AfterFunc(ctx, func() { _ = s.Reset() })()
	begun := time.Now()
	for sent := 0; ; sent++ {
		if ahead := time.Duration(sent)*time.Second/time.Duration(perSecond) - time.Since(begun); ahead > 2*time.Millisecond {
			time.Sleep(ahead)
		}
		raw := next(sent)
		if raw == nil {
			return sent, nil
		}
		if _, err := s.Write(publishRPC(topic, raw)); err != nil {
			return sent, err
		}
	}
}

// publishRPC is gossipsub's RPC that carries one message, length first.
func publishRPC(topic string, data []byte) []byte {
	message := field(field(nil, 2, data), 4, []byte(topic))
	rpc := field(nil, 2, message)
	return append(binary.AppendUvarint(nil, uint64(len(rpc))), rpc...)
}

// Announce is for bare peers: it claims to take part in topics, straight on the
// victim's stream, in RPCs of so many topics each.
func (p *Peer) Announce(ctx context.Context, victim peer.ID, topics []string, each int) error {
	s, err := p.host.NewStream(ctx, victim, pubsub.GossipSubID_v12)
	if err != nil {
		return err
	}
	defer s.Reset()
	for len(topics) > 0 {
		n := min(each, len(topics))
		var rpc []byte
		for _, name := range topics[:n] {
			rpc = field(rpc, 1, field([]byte{1 << 3, 1}, 2, []byte(name)))
		}
		if _, err := s.Write(append(binary.AppendUvarint(nil, uint64(len(rpc))), rpc...)); err != nil {
			return err
		}
		topics = topics[n:]
	}
	return nil
}

// field appends a length-delimited field of a protobuf message.
func field(b []byte, number byte, value []byte) []byte {
	b = binary.AppendUvarint(append(b, number<<3|2), uint64(len(value)))
	return append(b, value...)
}

// Frame is a frame of the catch-up protocol, as any device writes it (WIRE.md).
type Frame struct {
	Kind    uint64    `cbor:"0,keyasint"`
	Time    uint64    `cbor:"1,keyasint,omitempty"`
	Domains []wire.ID `cbor:"2,keyasint,omitempty"`
	Lane    wire.Lane `cbor:"3,keyasint,omitempty"`
	Items   []byte    `cbor:"4,keyasint,omitempty"`
	Raw     []byte    `cbor:"5,keyasint,omitempty"`
	Note    string    `cbor:"6,keyasint,omitempty"`
	More    bool      `cbor:"7,keyasint,omitempty"`
}

// Frame kinds of the catch-up protocol.
const (
	FrameHello, FrameEnv, FrameEnd, FrameRecon = 1, 5, 6, 8
	FrameNext, FrameOffer, FrameGet            = 9, 10, 11
)

// Write writes the frame, length first.
func (f Frame) Write(w io.Writer) error {
	b := encode(f)
	_, err := w.Write(append(binary.AppendUvarint(nil, uint64(len(b))), b...))
	return err
}

// ReadFrame reads a frame of an honest device.
func ReadFrame(r interface {
	io.Reader
	io.ByteReader
}) (f Frame, err error) {
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return f, err
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return f, err
	}
	return f, wire.Unmarshal(b, &f)
}

// ServeCatchUp answers whoever catches up from this peer.
func (p *Peer) ServeCatchUp(answer func(s network.Stream)) {
	p.host.SetStreamHandler(wire.ProtocolCatchUp, answer)
}
