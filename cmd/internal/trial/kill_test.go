package trial

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// killRounds is how often a device is killed at each kind of work.
func killRounds() int {
	if os.Getenv("KREIDFEUER_SOAK") != "" {
		return 125
	}
	return 2
}

const (
	// recent is how many of the last acknowledged alerts are looked at after each
	// kill; all are at the end.
	recent = 100

	// perLife bounds the alerts published between two kills: hundreds of lives stay
	// within what the authority may publish.
	perLife = 60
)

// victim is a device that is killed again and again.
type victim struct {
	*device
	tree *trusttest.Tree
	rng  *rand.Rand

	mu           sync.Mutex
	acknowledged []wire.ID // what must be there
	made         int
}

// TestKilled: a device is killed at any moment of publishing, of taking in a
// bundle, of catching up and of compaction. What was acknowledged or told is
// there afterwards, whole, and nothing has to be repaired.
func TestKilled(t *testing.T) {
	for name, work := range map[string]func(*victim){
		"publishing": (*victim).publish, "importing": (*victim).importBundles, "compacting": (*victim).compact,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := newTree(t, 1)
			v := &victim{device: newDevice(t, tree), tree: tree, rng: rand.New(rand.NewPCG(1, uint64(len(name))))}
			for range killRounds() {
				v.up(loopback...)
				v.check()
				v.killDuring(work)
			}
			v.up(loopback...)
			v.check()
			v.holds(v.acknowledged)
			t.Logf("all %d alerts are there that were acknowledged in %d lives, each ended by SIGKILL", len(v.acknowledged), killRounds())
		})
	}
}

// TestKilledCatchingUp kills a device at any moment of catching up.
func TestKilledCatchingUp(t *testing.T) {
	t.Parallel()
	tree := newTree(t, 1)
	source := &victim{device: newDevice(t, tree), tree: tree}
	source.up(loopback...)
	v := &victim{device: newDevice(t, tree), tree: tree, rng: rand.New(rand.NewPCG(2, 2))}
	var all []wire.ID
	for range killRounds() {
		for range 15 {
			e := source.next()
			source.submit(e)
			all = append(all, e.ID())
		}
		v.up(append(loopback, "--peer", source.status.Listen[0])...)
		v.check()
		v.killDuring(func(*victim) { <-v.ended })
		v.acknowledged = append(v.acknowledged, v.told()...)
	}
	v.up(append(loopback, "--peer", source.status.Listen[0])...)
	v.check()
	v.acknowledged = all
	v.await(fmt.Sprintf("all of %d alerts", len(all)), func() bool { return !v.lacks(all) })
	v.holds(v.acknowledged)
	t.Logf("all %d alerts are there after %d lives, each ended by SIGKILL", len(all), killRounds())
}

// next makes one more alert.
func (v *victim) next() *wire.Envelope {
	v.mu.Lock()
	v.made++
	n := v.made
	v.mu.Unlock()
	return warning(v.t, v.tree, fmt.Sprintf("kill-%d", n), v.tree.Leitstelle.Persons[0])
}

func (v *victim) acknowledge(ids ...wire.ID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.acknowledged = append(v.acknowledged, ids...)
}

// killDuring kills the device at a random moment of work, which must end then.
func (v *victim) killDuring(work func(*victim)) {
	go func(p *Process, after time.Duration) {
		time.Sleep(after) // the moment does not matter, only that it is any
		p.Kill()
	}(v.Process, time.Duration(v.rng.IntN(400))*time.Millisecond)
	work(v)
	<-v.ended
}

// check wants all that was acknowledged, and a store without a fault.
func (v *victim) check() {
	v.t.Helper()
	v.holds(v.acknowledged[max(0, len(v.acknowledged)-recent):])
	r, err := v.api.VerifyStore(v.t.Context(), false, nil)
	if err != nil || r.Total > 0 {
		v.t.Fatalf("verify: %v, %v", err, r.Problems)
	}
}

func (v *victim) publish() {
	for range perLife {
		e := v.next()
		if _, err := v.api.Submit(v.t.Context(), e.EncodeFull()); err != nil {
			return
		}
		v.acknowledge(e.ID())
	}
}

func (v *victim) importBundles() {
	for range perLife / 8 {
		var b bytes.Buffer
		w, err := bundle.NewWriter(&b, bundle.Header{})
		var ids []wire.ID
		for range 8 {
			e := v.next()
			ids = append(ids, e.ID())
			if err == nil {
				err = w.Write(e.EncodeFull())
			}
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			v.t.Error(err)
			return
		}
		got, err := v.api.ImportBundle(v.t.Context(), &b)
		if err != nil {
			return
		}
		if got.Accepted != len(ids) {
			v.t.Errorf("%d of %d were accepted: %+v", got.Accepted, len(ids), got)
			return
		}
		v.acknowledge(ids...)
	}
}

// compact publishes while the store is being compacted.
func (v *victim) compact() {
	var wg sync.WaitGroup
	wg.Go(v.publish)
	for {
		if _, err := v.api.CompactStore(v.t.Context(), nil); err != nil {
			break
		}
	}
	wg.Wait()
}

// lacks reports whether one of the alerts is not there.
func (v *victim) lacks(alerts []wire.ID) bool {
	for _, id := range alerts {
		if _, err := v.api.Alert(v.t.Context(), id.String()); err != nil {
			return true
		}
	}
	return false
}

// told are the alerts that the device has told of.
func (v *victim) told() (ids []wire.ID) {
	lines, _ := v.from(0)
	for _, l := range lines {
		var ev apitype.Event
		if json.Unmarshal(l.Text, &ev) != nil || ev.Alert == nil {
			continue
		}
		id, err := wire.ParseID(ev.Alert.ID)
		if err != nil {
			v.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}
