package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

const (
	batch   = 256 // signatures of one verification, envelopes of one write
	size    = 1024
	persons = 20
)

// world is what there is to move.
type world struct {
	domain  *trusttest.Domain
	chain   []*wire.Envelope
	all     []*wire.Envelope
	raws    [][]byte
	keys    [][]byte // of the signers
	profile func() error
}

// newWorld makes envelopes of one unit's officers, each with one signature.
func newWorld(n int) (*world, error) {
	d, err := trusttest.New(7)
	if err != nil {
		return nil, err
	}
	scope := trusttest.Scope(1, 1, "ARS 07")
	for i := range scope.Quotas {
		scope.Quotas[i].Count, scope.Quotas[i].Bytes = 1<<20, 1<<30
	}
	var labels []string
	for i := range persons {
		labels = append(labels, "p"+string(rune('a'+i)))
	}
	u, err := d.AddUnit(nil, "rp", scope, labels...)
	if err != nil {
		return nil, err
	}
	w := &world{domain: d, chain: []*wire.Envelope{d.Root, u.Cert}}
	for _, p := range u.Persons {
		w.chain = append(w.chain, p.Cert)
	}
	for i := range n {
		p := u.Persons[i%persons]
		h := wire.Header{Type: wire.TypeAlert, Lane: wire.LaneLive, Priority: wire.PriorityMinor,
			Created: trusttest.Epoch + 60 + uint64(i/100), Expires: trusttest.Epoch + 86400*5 + uint64(i)}
		text := make([]byte, size-237)
		if _, err := rand.Read(text); err != nil {
			return nil, err
		}
		payload := append([]byte{0x82, 0xa1, 0x00, 0x59, byte(len(text) >> 8), byte(len(text))}, text...)
		e, err := d.Sign(u, h, append(payload, 0x80), nil, p)
		if err != nil {
			return nil, err
		}
		key := p.Key.Public()
		w.all, w.raws, w.keys = append(w.all, e.Stored()), append(w.raws, e.Encode()), append(w.keys, key[:])
	}
	return w, nil
}

// cost is processor time of the whole process, user and system, and time.
type cost struct{ cpu, wall time.Duration }

func measure(f func() error) (cost, error) {
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			panic(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before, begun := used(), time.Now()
	err := f()
	return cost{used() - before, time.Since(begun)}, err
}

// quiet waits until the process does nothing: what a store does after it was
// filled is not to be counted as what comes next.
func quiet() {
	for range 200 {
		c, _ := measure(func() error { time.Sleep(200 * time.Millisecond); return nil })
		if c.cpu < 20*time.Millisecond {
			return
		}
	}
}

// verify verifies all signatures in batches.
func (w *world) verify(context.Context, string) (cost, error) {
	return measure(func() error {
		options := &ed25519.Options{Verify: ed25519.VerifyOptionsZIP_215}
		for i := 0; i < len(w.all); i += batch {
			v := ed25519.NewBatchVerifier()
			for j := i; j < min(i+batch, len(w.all)); j++ {
				s := w.all[j].Signers[0]
				v.AddWithOptions(w.keys[j], w.all[j].ToBeSigned(s), s.Sig[:], options)
			}
			if !v.VerifyBatchOnly(rand.Reader) {
				return errors.New("a signature is wrong")
			}
		}
		return nil
	})
}

func newHost() (host.Host, error) {
	return libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/udp/0/quic-v1"), libp2p.DisableRelay(), libp2p.DisableMetrics(),
		libp2p.ForceReachabilityPrivate())
}

// stream moves the bytes of all envelopes through one stream.
func (w *world) stream(ctx context.Context, _ string) (cost, error) {
	a, b, err := hosts()
	if err != nil {
		return cost{}, err
	}
	defer a.Close()
	defer b.Close()
	done := make(chan error, 1)
	b.SetStreamHandler("/bulk", func(s network.Stream) {
		defer s.Close()
		_, err := io.Copy(io.Discard, s)
		done <- err
	})
	if err := a.Connect(ctx, peer.AddrInfo{ID: b.ID(), Addrs: b.Addrs()}); err != nil {
		return cost{}, err
	}
	return measure(func() error {
		s, err := a.NewStream(ctx, b.ID(), "/bulk")
		if err != nil {
			return err
		}
		for i := 0; i < len(w.raws); i += batch {
			if _, err := s.Write(bytes.Join(w.raws[i:min(i+batch, len(w.raws))], nil)); err != nil {
				return err
			}
		}
		if err := s.CloseWrite(); err != nil {
			return err
		}
		return <-done
	})
}

func hosts() (a, b host.Host, err error) {
	if a, err = newHost(); err != nil {
		return nil, nil, err
	}
	if b, err = newHost(); err != nil {
		_ = a.Close()
	}
	return a, b, err
}

// write writes all envelopes to a store, in batches, in the order in which they
// were made.
func (w *world) write(ctx context.Context, dir string) (cost, error) {
	return w.writeTo(ctx, filepath.Join(dir, "written"), w.all)
}

// writeSorted does so in the order of their IDs, which is cheapest for the store.
func (w *world) writeSorted(ctx context.Context, dir string) (cost, error) {
	sorted := slices.SortedFunc(slices.Values(w.all), func(a, b *wire.Envelope) int { return a.ID().Compare(b.ID()) })
	return w.writeTo(ctx, filepath.Join(dir, "sorted"), sorted)
}

func (w *world) writeTo(ctx context.Context, dir string, list []*wire.Envelope) (cost, error) {
	st, err := persist.OpenPath(ctx, dir, persist.LevelDB, persist.Options{})
	if err != nil {
		return cost{}, err
	}
	defer st.Close()
	defer quiet()
	return measure(func() error { return w.fill(ctx, st, list) })
}

func (w *world) fill(ctx context.Context, st *persist.Store, list []*wire.Envelope) error {
	for i := 0; i < len(list); i += batch {
		var b persist.Batch
		for _, e := range list[i:min(i+batch, len(list))] {
			b.Entries = append(b.Entries, persist.Entry{Envelope: e, Level: 1, Received: trusttest.Epoch})
		}
		if _, err := st.Put(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// catchUp has an empty device meet one that has all.
func (w *world) catchUp(ctx context.Context, dir string) (c cost, err error) {
	ha, hb, err := hosts()
	if err != nil {
		return c, err
	}
	defer ha.Close()
	defer hb.Close()
	full, err := persist.OpenPath(ctx, filepath.Join(dir, "full"), persist.LevelDB, persist.Options{})
	if err != nil {
		return c, err
	}
	defer full.Close()
	empty, err := persist.OpenPath(ctx, filepath.Join(dir, "empty"), persist.LevelDB, persist.Options{})
	if err != nil {
		return c, err
	}
	defer empty.Close()
	if err := errors.Join(w.fill(ctx, full, w.chain), w.fill(ctx, full, w.all)); err != nil {
		return c, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	last := w.all[len(w.all)-1].ID()
	a, err := start(ctx, ha, full, w.domain.Pinned())
	if err != nil {
		return c, err
	}
	if _, err := start(ctx, hb, empty, w.domain.Pinned()); err != nil {
		return c, err
	}
	if err := await(ctx, time.Minute, func() bool { _, ok := a.Known(last); return ok }); err != nil {
		return c, fmt.Errorf("load: %w", err)
	}
	quiet()
	if w.profile != nil {
		if err := w.profile(); err != nil {
			return c, err
		}
	}
	return measure(func() error {
		if err := hb.Connect(ctx, peer.AddrInfo{ID: ha.ID(), Addrs: ha.Addrs()}); err != nil {
			return err
		}
		return await(ctx, 10*time.Minute, func() bool { return empty.Usage()[wire.LaneLive].Count >= uint64(len(w.all)) })
	})
}

func start(ctx context.Context, h host.Host, st *persist.Store, pool *identity.Pool) (*gossip.Router, error) {
	r, err := gossip.New(h, keeper{st}, pool, gossip.Config{
		Lanes: []gossip.Lane{{Lane: wire.LaneLive, Gossip: true}},
		Now:   func() time.Time { return time.Unix(trusttest.Epoch+3600, 0) },
	})
	if err == nil {
		go func() { _ = r.Run(ctx) }()
	}
	return r, err
}

func await(ctx context.Context, most time.Duration, condition func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for !condition() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// keeper joins a router with a store, as a node does, without the events.
type keeper struct{ st *persist.Store }

func (k keeper) Put(ctx context.Context, records []gossip.Record, gone []wire.ID) error {
	b := persist.Batch{Delete: gone}
	for i := range records {
		r := &records[i]
		b.Entries = append(b.Entries, persist.Entry{Envelope: r.Envelope, Parts: r.Parts, Level: r.Level, Author: r.Author, Received: uint64(r.Received.Unix())})
	}
	_, err := k.st.Put(ctx, b)
	return err
}

func (k keeper) Get(ctx context.Context, id wire.ID) (gossip.Stored, error) {
	r, err := k.st.Get(ctx, id)
	return gossip.Stored{Envelope: r.Stored, Level: r.Level}, err
}

func (k keeper) All(ctx context.Context) iter.Seq2[gossip.Stored, error] {
	return func(yield func(gossip.Stored, error) bool) {
		for r, err := range k.st.After(ctx, 0, 0) {
			if !yield(gossip.Stored{Envelope: r.Stored, Level: r.Level}, err) {
				return
			}
		}
	}
}
