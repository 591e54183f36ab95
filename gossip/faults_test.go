package gossip

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/marcopolo/simnet"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// talk is an answering neighbour's end of a session.
type talk struct {
	*stream.Framer
	raw io.Writer // for what is no frame
}

// offering answers a session as far as it takes to offer some items of the live
// lane, then lets say go on with the request for them.
func offering(domain wire.ID, items []stream.Offered, say func(f *talk, asked stream.Frame) error) network.StreamHandler {
	return offeringMore(domain, items, false, say)
}

// offeringMore is offering; with more it says each time that there is more to offer.
func offeringMore(domain wire.ID, items []stream.Offered, more bool, say func(f *talk, asked stream.Frame) error) network.StreamHandler {
	return func(s network.Stream) {
		defer s.Reset()
		f := &talk{stream.New(s, 1<<20), s}
		if _, err := f.Want(stream.Hello); err != nil {
			return
		}
		_ = f.Send(stream.Frame{Kind: stream.Hello, Domains: []wire.ID{domain}})
		var x *recon.Session
		for {
			q, err := f.Read()
			if err != nil {
				return
			}
			p, _ := q.Place()
			switch q.Kind {
			case stream.Recon:
				if x == nil {
					set := recon.NewSet()
					for _, it := range items {
						if p.Lane == wire.LaneLive {
							set.Add(wire.Item{ID: it.ID, Level: it.Grade}, seconds(now().Add(time.Hour)))
						}
					}
					x = recon.Answer(set, recon.Limits{})
				}
				out, _, _, done, fault := x.Step(q.Raw)
				if fault != nil {
					return
				}
				if done {
					x = nil
				}
				err = f.Send(stream.About(p, stream.Frame{Kind: stream.Recon, Raw: out}))
			case stream.Next:
				err = f.Send(stream.About(p, stream.Frame{Kind: stream.Offer, Items: stream.PackOffer(items), More: more}))
			case stream.Get:
				err = say(f, q)
			}
			if err != nil {
				return
			}
		}
	}
}

// What an answering neighbour may not do to whoever asks.
func TestSessionHoldsTheServerToTheProtocol(t *testing.T) {
	tree := newTree(t)
	asked, unasked := warning(t, tree, "asked"), warning(t, tree, "unasked")
	wrong := drill(t, tree, "of another lane")
	items := []stream.Offered{{ID: asked.ID(), Grade: 5, Size: 4}}
	envelope := func(e *wire.Envelope) stream.Frame { return stream.Frame{Kind: stream.Envelope, Raw: e.EncodeFull()} }
	for _, test := range []struct {
		name string
		say  func(f *talk, asked stream.Frame) error
		want string // the error; empty: none
		got  int
	}{
		{"nothing", func(f *talk, _ stream.Frame) error { return f.Send(stream.Frame{Kind: stream.End}) }, "", 0},
		{"what was asked for", func(f *talk, _ stream.Frame) error {
			return errors.Join(f.Write(envelope(asked)), f.Send(stream.Frame{Kind: stream.End}))
		}, "", 1},
		{"something else", func(f *talk, _ stream.Frame) error {
			return errors.Join(f.Write(envelope(unasked)), f.Send(stream.Frame{Kind: stream.End}))
		}, "more answers than questions", 0},
		{"more than one", func(f *talk, _ stream.Frame) error {
			return errors.Join(f.Write(envelope(asked)), f.Write(envelope(unasked)), f.Send(stream.Frame{Kind: stream.End}))
		}, "more answers than questions", 0},
		{"of another lane", func(f *talk, _ stream.Frame) error {
			return errors.Join(f.Write(envelope(wrong)), f.Send(stream.Frame{Kind: stream.End}))
		}, "more answers than questions", 0},
		{"an announced frame of 4 GB", func(f *talk, _ stream.Frame) error {
			_, err := f.raw.Write(binary.AppendUvarint(nil, 4<<30))
			return err
		}, "at most", 0},
		{"another kind of frame", func(f *talk, _ stream.Frame) error { return f.Send(stream.Frame{Kind: stream.Hello}) }, "more answers", 0},
		{"garbage", func(f *talk, _ stream.Frame) error {
			_, err := f.raw.Write(bytes.Repeat([]byte{0x1b}, 100))
			return err
		}, "read frame", 0},
		{"nothing any more", func(*talk, stream.Frame) error { return io.EOF }, "reset", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, server := newStation(t, tree.Pinned(), newMemory()), newHost(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go s.commit(ctx)
			// The chain: from elsewhere.
			if _, err := s.pool.AddChain(asked); err != nil {
				t.Fatal(err)
			}
			server.SetStreamHandler(wire.ProtocolCatchUp, offering(tree.Root.ID(), items, test.say))
			connect(t, s.host, server)
			s.near.Meet(server.ID(), time.Hour, time.Now())
			got, err := s.CatchUp(ctx, server.ID())
			if got != test.got || (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%d accepted, %v, want %d, %q", got, err, test.got, test.want)
			}
			if _, known := s.Known(wrong.ID()); known {
				t.Error("an envelope of another lane was taken")
			}
			s.near.Meet("another", time.Hour, time.Now())
			for i := range items {
				if _, wait := s.near.Claim("another", &items[i], 0, false, time.Now()); wait {
					t.Error("what was asked for stays claimed")
				}
			}
		})
	}
}

// A session that does not hold to the protocol ends at once, and leaves its place to others.
func TestBrokenSessionsGiveTheirPlacesBack(t *testing.T) {
	s, client := newStation(t, newTree(t).Pinned(), newMemory()), newHost(t)
	s.host.SetStreamHandler(wire.ProtocolCatchUp, func(st network.Stream) { s.sessions.Serve(t.Context(), st) })
	connect(t, client, s.host)
	for range 5 { // more than have a place at once
		eventually(t, "a session is answered", func() bool {
			st, err := client.NewStream(t.Context(), s.host.ID(), wire.ProtocolCatchUp)
			if err != nil {
				t.Fatal(err)
			}
			defer st.Reset()
			_ = st.SetDeadline(time.Now().Add(10 * time.Second))
			f := stream.New(st, 1<<20)
			if f.Send(stream.Frame{Kind: stream.Hello}) != nil {
				return false
			}
			if _, err := f.Want(stream.Hello); err != nil {
				return false
			}
			if err := f.Send(stream.Frame{Kind: 99}); err != nil {
				t.Fatal(err)
			}
			if _, err = f.Read(); !errors.Is(err, network.ErrReset) {
				t.Errorf("%v, want the stream reset", err)
			}
			return true
		})
	}
}

// A neighbour that promises and does not give costs two seconds, and one that
// sends a byte now and then is cut off; meanwhile others give.
func TestSlowNeighbourBlocksNobody(t *testing.T) {
	tree := newTree(t)
	e := warning(t, tree, "one")
	synctest.Test(t, func(t *testing.T) {
		v := found(t, tree, 3, 20e6, simnet.StaticLatency(5*time.Millisecond))
		defer v.end()
		asked, ended := make(chan bool, 9), make(chan time.Duration, 9)
		v.all[0].host.SetStreamHandler(wire.ProtocolCatchUp, offering(tree.Root.ID(), []stream.Offered{{ID: e.ID(), Grade: 5, Size: 4}}, func(f *talk, _ stream.Frame) error {
			begun := time.Now()
			asked <- true
			head := append(binary.AppendUvarint(nil, 1000), 0xa2, 0, stream.Envelope, 5, 0x59, 3, 0xe0)
			for i := 0; ; i++ {
				if _, err := f.raw.Write(append(head, make([]byte, 1000)...)[i:][:1]); err != nil {
					ended <- time.Since(begun)
					return err
				}
				time.Sleep(5 * time.Second)
			}
		}))
		v.connect(1, 0)
		v.all[1].near.Again(v.all[0].host.ID(), time.Now())
		time.Sleep(3 * time.Second)
		if len(asked) == 0 {
			t.Fatal("nobody asked")
		}
		v.ingest(2, []*wire.Envelope{e})
		v.connect(1, 2)
		if took := v.until("the warning", []*wire.Envelope{e}, 10*time.Second, v.all[1]); took > 3*time.Second {
			t.Errorf("after %s", took)
		}
		if took := <-ended; took > 3*time.Minute {
			t.Errorf("the slow neighbour was borne for %s", took)
		}
	})
}

// scripted is a stream on which a neighbour has said everything already.
type scripted struct {
	io.Reader
	io.Writer
}

// script is what one side of a session sends, for fuzzing to begin with.
func script(t testing.TB, frames ...stream.Frame) []byte {
	var b bytes.Buffer
	f := stream.New(&b, 1<<20)
	for _, fr := range frames {
		if err := f.Send(fr); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// FuzzSession: whatever a neighbour says, in either role, a session ends, and
// nothing is taken that is not genuine.
func FuzzSession(f *testing.F) {
	tree := newTree(f)
	domain := tree.Root.ID()
	live := wire.Place{Domain: domain, Lane: wire.LaneLive}
	e := warning(f, tree, "genuine")
	set := recon.NewSet()
	set.Add(wire.Item{ID: e.ID(), Level: 5}, e.Header.Expires)
	first, _, _, _, err := recon.Ask(set, recon.Limits{}).Step(nil)
	if err != nil {
		f.Fatal(err)
	}
	hello := stream.Frame{Kind: stream.Hello, Domains: []wire.ID{domain}}
	offers := stream.About(live, stream.Frame{Kind: stream.Offer, Items: stream.PackOffer([]stream.Offered{{ID: e.ID(), Grade: 5, Size: 3}})})
	f.Add(script(f, hello, stream.About(live, stream.Frame{Kind: stream.Recon, Raw: first}), stream.About(live, stream.Frame{Kind: stream.Next}), stream.Frame{Kind: stream.Get, Items: stream.PackGet([]stream.Offered{{ID: e.ID()}})}, stream.Frame{Kind: stream.End}))
	f.Add(script(f, hello, offers, stream.Frame{Kind: stream.End}))
	f.Add(script(f, hello, stream.Frame{Kind: stream.Envelope, Raw: damaged(e).EncodeFull()}, stream.Frame{Kind: stream.End}))
	s := newStation(f, tree.Pinned(), newMemory())
	f.Fuzz(func(t *testing.T, in []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		p := s.host.ID()
		s.peers.Sweep(time.Now().Add(time.Hour)) // nobody waits here
		s.near.Meet(p, time.Hour, time.Now())
		s.near.Offered(p, agenda.Offer{Place: live, List: []stream.Offered{{ID: e.ID(), Grade: 5, Size: 3}}}, false, time.Now())
		_ = s.sessions.Answer(ctx, p, scripted{bytes.NewReader(in), io.Discard})
		_, _ = s.sessions.Converse(ctx, p, scripted{bytes.NewReader(in), io.Discard}, true)
		if ctx.Err() != nil {
			t.Error("it does not end")
		}
		s.near.Part(p)
	})
}
