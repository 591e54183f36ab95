package gossip

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// memory is a store that keeps everything in memory and fails when told to.
type memory struct {
	mu    sync.Mutex
	order []wire.ID
	kept  map[wire.ID]Stored
	fail  error
	puts  int
	onPut func(Record)
}

func newMemory() *memory { return &memory{kept: map[wire.ID]Stored{}} }

func (m *memory) Put(_ context.Context, records []Record, gone []wire.ID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.puts++
	for i := range records {
		if m.onPut != nil {
			m.onPut(records[i])
		}
		id := records[i].Envelope.ID()
		if _, known := m.kept[id]; !known {
			m.order = append(m.order, id)
		}
		m.kept[id] = Stored{Envelope: records[i].Envelope.Encode(), Level: records[i].Level, Parts: records[i].Parts}
	}
	for _, id := range gone {
		delete(m.kept, id)
	}
	return nil
}

// watch has each record shown to f when it is put.
func (m *memory) watch(f func(Record)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.onPut = f
}

func (m *memory) Get(_ context.Context, id wire.ID) (Stored, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.kept[id]
	if !ok {
		return s, errors.New("not kept")
	}
	return s, nil
}

func (m *memory) All(context.Context) iter.Seq2[Stored, error] {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Stored
	for _, id := range m.order {
		if s, ok := m.kept[id]; ok {
			all = append(all, s)
		}
	}
	return func(yield func(Stored, error) bool) {
		for _, s := range all {
			if !yield(s, nil) {
				return
			}
		}
	}
}

func (m *memory) count() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return uint64(len(m.kept))
}

func (m *memory) failWith(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// now is an hour after the test domains began.
func now() time.Time { return time.Unix(trusttest.Epoch+3600, 0) }

// station is a router with what it stands on.
type station struct {
	*Router
	host  host.Host
	store *memory
	pool  *identity.Pool
}

func newTree(t testing.TB) *trusttest.Tree {
	t.Helper()
	tree, err := trusttest.NewTree(1, 2)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// newHost listens on loopback, by QUIC.
func newHost(t testing.TB) host.Host {
	t.Helper()
	h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/udp/0/quic-v1"), libp2p.DisableRelay(), libp2p.DisableMetrics(),
		libp2p.ForceReachabilityPrivate())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// config carries alerts as a node does.
func config() Config {
	check := func(e *wire.Envelope, v identity.Verified) (any, error) {
		a, err := alert.OpenFull(e)
		if err != nil {
			return nil, err
		}
		return a, alert.Check(&v, a)
	}
	return Config{Now: now, Lanes: []Lane{{Lane: wire.LaneLive, Check: check, Gossip: true}, {Lane: wire.LaneDrill, Check: check, Gossip: true}}}
}

// newStation makes a router that does not run.
func newStation(t testing.TB, pool *identity.Pool, store *memory) *station {
	t.Helper()
	s := &station{host: newHost(t), store: store, pool: pool}
	r, err := New(s.host, store, pool, config())
	if err != nil {
		t.Fatal(err)
	}
	s.Router = r
	return s
}

// run runs the router until the test ends or stop is called.
func (s *station) run(t testing.TB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(stop)
	eventually(t, "the router serves", func() bool { return slices.Contains(s.host.Mux().Protocols(), wire.ProtocolCatchUp) })
	return stop
}

func connect(t testing.TB, a, b host.Host) {
	t.Helper()
	if err := a.Connect(t.Context(), peer.AddrInfo{ID: b.ID(), Addrs: b.Addrs()}); err != nil {
		t.Fatal(err)
	}
}

func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// document is a CAP alert for Kreis Ahrweiler; long has text that travels as a part.
func document(identifier string, severity cap.Severity, long bool) *cap.Alert {
	sent := now()
	c := &cap.Alert{
		Version: cap.V12, Identifier: identifier, Sender: "lst.07131.rp", Sent: cap.MakeTime(sent.Unix(), 60),
		Status: cap.Actual, MsgType: cap.MsgAlert, Scope: cap.Public,
		Info: []cap.Info{{
			Language: "de", Category: []cap.Category{cap.Met}, Event: "Hochwasser", Urgency: cap.Immediate, Severity: severity,
			Certainty: cap.Observed, Expires: cap.MakeTime(sent.Add(6*time.Hour).Unix(), 60), Headline: "Hochwasser an der Ahr",
			Instruction: "Gehen Sie in obere Stockwerke.",
			Area:        []cap.Area{{AreaDesc: "Kreis Ahrweiler", Geocode: []cap.NamedValue{{ValueName: "ARS", Value: "071310000000"}}}},
		}},
	}
	if long {
		for i := range 200 {
			c.Info[0].Description += fmt.Sprintf("Pegel %d steigt. ", i)
		}
	}
	return c
}

// sign makes the Leitstelle's envelope of an alert, with chain and parts.
func sign(t testing.TB, tree *trusttest.Tree, c *cap.Alert, persons ...trusttest.Person) *wire.Envelope {
	t.Helper()
	h, err := alert.Header(c)
	if err != nil {
		t.Fatal(err)
	}
	payload, parts, err := alert.Payload(c, compact.Extras{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := tree.Sign(tree.Leitstelle, h, payload, parts, persons...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// warning is a genuine Severe alert by both officers.
func warning(t testing.TB, tree *trusttest.Tree, identifier string) *wire.Envelope {
	t.Helper()
	return sign(t, tree, document(identifier, cap.Severe, false), tree.Leitstelle.Persons...)
}

// byFirst is the alert with the author's signature alone.
func byFirst(tree *trusttest.Tree, e *wire.Envelope) *wire.Envelope {
	one := *e
	one.Signers = e.Signers[:1]
	one.Chain = tree.Pool.ChainFor(&one)
	return &one
}

func testID(n int) (id wire.ID) {
	id[0], id[1], id[2] = 1, byte(n>>8), byte(n)
	return id
}
