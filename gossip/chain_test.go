package gossip

import (
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/marcopolo/simnet"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// The rule by which a publisher leaves the chain out.
func TestChainIsExpected(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	old, hour := proof{kept: true}, proof{kept: true, learned: ago(time.Hour)}
	just := []time.Time{ago(time.Second)}
	for _, test := range []struct {
		name  string
		chain []proof
		told  []time.Time
		want  bool
	}{
		{"since before the start, all told", []proof{old, old}, []time.Time{ago(time.Hour), ago(time.Second)}, true},
		{"nobody to judge", []proof{old}, nil, false},
		{"one not told", []proof{old}, []time.Time{ago(time.Hour), {}}, false},
		{"learned a while ago, told since", []proof{old, hour}, just, true},
		{"one told before only", []proof{hour, old}, []time.Time{ago(time.Second), ago(2 * time.Hour)}, false},
		{"told in the moment it was learned", []proof{hour}, []time.Time{hour.learned}, false},
		{"learned just now", []proof{old, {kept: true, learned: ago(chainSettles - 1)}}, just, false},
		{"learned long enough ago", []proof{{kept: true, learned: ago(chainSettles)}}, just, true},
		{"one that comparisons do not tell of", []proof{old, {}}, just, false},
		{"somebody lacked one just now", []proof{{kept: true, lacked: ago(chainReaches - 1)}}, just, false},
		{"somebody lacked one a while ago", []proof{{kept: true, lacked: ago(chainReaches)}}, just, true},
		{"nothing to leave out", nil, just, true},
	} {
		if got := isExpected(test.chain, test.told, now); got != test.want {
			t.Errorf("%s: %t", test.name, got)
		}
	}
}

// Who is told again of what it lacked before does not have the chain sent for ever.
func TestWhoLacksForEver(t *testing.T) {
	p, id := newProofs(), testID(1)
	start := time.Unix(1_800_000_000, 0)
	p.lack([]wire.ID{id}, time.Time{}, start)
	p.lack([]wire.ID{id}, start, start.Add(time.Minute))
	if got := p.of(id).lacked; !got.Equal(start) {
		t.Errorf("lacked at %s", got)
	}
	p.learn(id, start.Add(time.Hour)) // with further signatures
	p.lack([]wire.ID{id}, start, start.Add(2*time.Hour))
	if got := p.of(id).lacked; !got.Equal(start.Add(2 * time.Hour)) {
		t.Errorf("lacked at %s, after it changed", got)
	}
	p.sweep(func(wire.ID) bool { return false })
	if len(p.all) > 0 {
		t.Error("what is not kept is remembered")
	}
}

// knowing is the store of a device that has kept the certificates for long.
func knowing(tree *trusttest.Tree) *memory {
	m := newMemory()
	for _, e := range tree.Made {
		m.order = append(m.order, e.ID())
		m.kept[e.ID()] = Stored{Envelope: e.Encode(), Level: wire.Level(len(e.Signers))}
	}
	return m
}

func knowingAll(tree *trusttest.Tree, n int) []*memory {
	return many(n, func(int) *memory { return knowing(tree) })
}

// metered is a network of links of 5 ms that counts bytes.
type metered struct{ bytes atomic.Int64 }

func (m *metered) latency(p *simnet.Packet) time.Duration {
	m.bytes.Add(int64(reflect.ValueOf(p).Elem().FieldByName("buf").Len()))
	return 5 * time.Millisecond
}

// during is how many bytes go over the network in two seconds from act on.
func (m *metered) during(act func()) int64 {
	before := m.bytes.Load()
	act()
	time.Sleep(2 * time.Second)
	return m.bytes.Load() - before
}

// ring connects each device with some of those after it.
func (v *village) ring(devices, neighbours int) {
	for i := range devices {
		for k := 1; k <= neighbours; k++ {
			v.connect(i, (i+k)%devices)
		}
	}
}

func (v *village) publish(i int, e *wire.Envelope) {
	v.t.Helper()
	if _, err := v.all[i].Publish(v.ctx, e.EncodeFull()); err != nil {
		v.t.Fatal(err)
	}
}

// held is how many envelopes waited for their proof anywhere, and how many were
// accepted by gossip.
func (v *village) held() (held, accepted uint64) {
	for _, s := range v.all {
		held, accepted = held+s.unproven.taken.Load(), accepted+s.Stats().Accepted
	}
	return held, accepted
}

// In a mesh that has had the certificates for a while a warning costs about a tenth,
// nobody waits for a proof, and what is told anew is sent whole again.
func TestSettledMeshLeavesTheChainOut(t *testing.T) {
	tree := newTree(t)
	bare, whole, fresh := warning(t, tree, "bare"), warning(t, tree, "whole"), warning(t, tree, "fresh")
	synctest.Test(t, func(t *testing.T) {
		const devices = 8
		m := &metered{}
		v := foundOn(t, tree, knowingAll(tree, devices), 20e6, m.latency)
		defer v.end()
		v.ring(devices, 2)
		time.Sleep(20 * time.Second)
		idle := m.during(func() {})
		light := m.during(func() { v.publish(0, bare) }) - idle
		v.until("without its chain", []*wire.Envelope{bare}, 0, v.all...)
		v.all[0].proofs.learn(tree.Leitstelle.Cert.ID(), time.Now())
		heavy := m.during(func() { v.publish(0, whole) }) - idle
		v.until("with its chain", []*wire.Envelope{whole}, 0, v.all...)
		if held, accepted := v.held(); held > 0 || accepted != 2*(devices-1) {
			t.Errorf("%d were held, %d accepted", held, accepted)
		}
		t.Logf("%d bytes without the chain, %d with it, %d idle; sizes %d and %d", light, heavy, idle, len(bare.Encode()), len(whole.EncodeFull()))
		if light*4 > heavy { // a message in a tenth of the bytes, and as many acknowledgements
			t.Errorf("%d bytes without the chain, %d with it", light, heavy)
		}
		time.Sleep(chainSettles + chainTells*5/4) // who had not been told is compared with meanwhile
		if again := m.during(func() { v.publish(0, fresh) }) - idle; again*4 > heavy {
			t.Errorf("%d bytes a while later", again)
		}
	})
}

// A warning under a certificate that was issued a moment ago takes it along.
func TestFreshCertificateTravelsAlong(t *testing.T) {
	tree := newTree(t)
	stores := knowingAll(tree, 6)
	officer, err := tree.AddPerson(tree.Kreis, tree.Leitstelle, "c", tree.Kreis.Signers()...)
	if err != nil {
		t.Fatal(err)
	}
	list := many(2, func(i int) *wire.Envelope {
		return sign(t, tree, document(fmt.Sprint("fresh-", i), "Severe", false), officer, tree.Leitstelle.Persons[0])
	})
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, stores, 20e6, simnet.StaticLatency(5*time.Millisecond))
		defer v.end()
		v.ring(6, 2)
		time.Sleep(10 * time.Second)
		for i, e := range list { // the first brings the certificate, the second comes soon after
			v.publish(i, e)
			if took := v.until("the warning", list[i:i+1], time.Second, v.all...); took > 100*time.Millisecond {
				t.Errorf("after %s", took)
			}
		}
		if held, _ := v.held(); held > 0 {
			t.Errorf("%d were held", held)
		}
	})
}

// After a restart the chain goes along until the neighbours are compared with, and
// no longer.
func TestRestartedPublisher(t *testing.T) {
	tree := newTree(t)
	list := many(2, func(i int) *wire.Envelope { return warning(t, tree, fmt.Sprint("restarted-", i)) })
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, knowingAll(tree, 2), 20e6, simnet.StaticLatency(5*time.Millisecond))
		defer v.end()
		v.connect(0, 1)
		e := list[0].Stored()
		if v.all[0].leavesOut(e, nil) {
			t.Error("left out before anybody was compared with")
		}
		time.Sleep(5 * time.Second)
		if !v.all[0].leavesOut(e, nil) {
			t.Error("not left out after that")
		}
		if v.all[0].leavesOut(tree.Leitstelle.Cert, nil) {
			t.Error("left out of a trust object")
		}
		v.part(0, 1)
		time.Sleep(time.Second)
		if v.all[0].leavesOut(e, nil) {
			t.Error("left out although there is nobody to judge")
		}
	})
}

// A neighbour that lacks certificates has the chain sent until those behind it can
// have been told.
func TestBlankNeighbourHasTheChainSent(t *testing.T) {
	tree := newTree(t)
	e := warning(t, tree, "one").Stored()
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, append(knowingAll(tree, 2), newMemory()), 20e6, simnet.StaticLatency(5*time.Millisecond))
		defer v.end()
		v.connect(0, 1)
		time.Sleep(5 * time.Second)
		v.connect(0, 2)
		time.Sleep(100 * time.Millisecond)
		var with []bool
		for range 12 {
			with = append(with, !v.all[0].leavesOut(e, nil))
			time.Sleep(chainReaches / 10)
		}
		if want := slices.Concat(slices.Repeat([]bool{true}, 10), []bool{false, false}); !slices.Equal(with, want) {
			t.Errorf("with the chain: %v", with)
		}
	})
}

// A neighbour that was met while it started, and of which the host has heard no more than
// that it speaks gossipsub, is compared with as soon as it says what it takes part in.
func TestNeighbourThatWasStarting(t *testing.T) {
	tree := newTree(t)
	e := warning(t, tree, "one").Stored()
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, knowingAll(tree, 2), 20e6, simnet.StaticLatency(5*time.Millisecond))
		defer v.end()
		v.connect(0, 1)
		time.Sleep(5 * time.Second)
		a, b := v.all[0], v.all[1].host.ID()
		for i, s := range v.all { // as if they had just met
			other := v.all[1-i].host.ID()
			if err := s.host.Peerstore().RemoveProtocols(other, wire.ProtocolCatchUp); err != nil {
				t.Fatal(err)
			}
			s.near.Part(other)
			s.near.Meet(other, 0, time.Now())
		}
		time.Sleep(5 * time.Second)
		if a.leavesOut(e, nil) {
			t.Fatal("it was compared with")
		}
		on, topic := true, wire.Topic(tree.Root.ID(), wire.LaneLive)
		a.listen(b, &pubsub.RPC{RPC: pb.RPC{Subscriptions: []*pb.RPC_SubOpts{{Subscribe: &on, Topicid: &topic}}}})
		time.Sleep(3 * time.Second)
		if !a.leavesOut(e, nil) {
			t.Error("it was not compared with")
		}
	})
}
