package host

import (
	"context"
	"io"
	"math"
	"net"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/pnet"
	"github.com/libp2p/go-libp2p/core/sec"
	"github.com/libp2p/go-libp2p/core/transport"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/net/upgrader"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	goyamux "github.com/libp2p/go-yamux/v5"
	"go.uber.org/fx"
)

// TCP is what carries a slow link. QUIC pads its handshake to 1,200 bytes and
// repeats them several times a second, which a link of 5 kbit/s never finishes; TCP's
// takes 3.5 kB both ways, 6 s there. libp2p gives up after 5 s of dialing, 15 s
// of accepting, 5 s of identify and 10 s of choosing a protocol.
const (
	// patience is what a step of libp2p's over TCP may take: a handshake behind a
	// full queue of 4 s in both directions, several times over.
	patience = time.Minute

	// connectTime bounds the wait for TCP's own handshake, in which nothing shows
	// that anybody is there: three tries.
	connectTime = 8 * time.Second

	// mostWindow bounds what is under way in a stream: 16 MiB, as libp2p has it.
	mostWindow = 16 << 20
)

// patientTCP are the options of TCP for fast and for slow links.
func patientTCP() []libp2p.Option {
	return []libp2p.Option{
		// With port reuse two devices on one machine would listen on the same
		// port without an error and get each other's connections.
		libp2p.Transport(tcp.NewTCPTransport, tcp.DisableReuseport(), tcp.WithConnectionTimeout(connectTime)),
		libp2p.Muxer(yamux.ID, newMuxer()),
		libp2p.SwarmOpts(swarm.WithDialTimeout(patience), swarm.WithDialTimeoutLocal(patience)),
		libp2p.WithFxOption(fx.Decorate(fx.Annotate(newUpgrader, fx.ParamTags(`name:"security"`)))),
	}
}

// newUpgrader does what libp2p does by default, and accepts slow handshakes. How
// many may be open at once is bounded by the resource manager.
func newUpgrader(security []sec.SecureTransport, muxers []upgrader.StreamMuxer, psk pnet.PSK, resources network.ResourceManager, gater connmgr.ConnectionGater) (transport.Upgrader, error) {
	return upgrader.New(security, muxers, psk, resources, gater, upgrader.WithAcceptTimeout(patience))
}

// muxer is yamux as libp2p configures it, but patient.
type muxer struct{ yamux *yamux.Transport }

func newMuxer() muxer {
	c := goyamux.DefaultConfig()
	c.MaxStreamWindowSize = mostWindow
	c.LogOutput = io.Discard
	c.ReadBufSize = 0                     // Noise buffers
	c.MaxIncomingStreams = math.MaxUint32 // the resource manager bounds them
	c.ConnectionWriteTimeout = patience   // also of the answer to a ping, which waits behind all data
	return muxer{(*yamux.Transport)(c)}
}

// NewConn implements [network.Multiplexer].
func (m muxer) NewConn(c net.Conn, isServer bool, scope network.PeerScope) (network.MuxedConn, error) {
	muxed, err := m.yamux.NewConn(c, isServer, scope)
	if err != nil {
		return nil, err
	}
	return muxedConn{muxed}, nil
}

type muxedConn struct{ network.MuxedConn }

func (c muxedConn) OpenStream(ctx context.Context) (network.MuxedStream, error) {
	s, err := c.MuxedConn.OpenStream(ctx)
	if err != nil {
		return nil, err
	}
	return muxedStream{s}, nil
}

func (c muxedConn) AcceptStream() (network.MuxedStream, error) {
	s, err := c.MuxedConn.AcceptStream()
	if err != nil {
		return nil, err
	}
	return muxedStream{s}, nil
}

// muxedStream puts deadlines off that libp2p made for fast links.
type muxedStream struct{ network.MuxedStream }

func (s muxedStream) SetDeadline(t time.Time) error {
	return s.MuxedStream.SetDeadline(patiently(t, time.Now()))
}

func (s muxedStream) SetReadDeadline(t time.Time) error {
	return s.MuxedStream.SetReadDeadline(patiently(t, time.Now()))
}

func (s muxedStream) SetWriteDeadline(t time.Time) error {
	return s.MuxedStream.SetWriteDeadline(patiently(t, time.Now()))
}

// patiently moves a deadline to the end of patience. None stays none; and one
// below a second is meant to end something at once.
func patiently(t, now time.Time) time.Time {
	if left := t.Sub(now); left > time.Second && left < patience {
		return now.Add(patience)
	}
	return t
}
