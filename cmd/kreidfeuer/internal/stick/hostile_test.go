package stick

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/carry"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/carrytest"
	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

func alarms(t testing.TB, d *nodetest.Device, id wire.ID) (list []string) {
	for _, e := range d.Told(t) {
		if e.ID == id.String() && e.Alarm {
			list = append(list, e.Headline)
		}
	}
	return list
}

func envelopesIn(t testing.TB, b string) (es []*wire.Envelope) {
	t.Helper()
	r := bundle.NewReader(strings.NewReader(b))
	for {
		raw, err := r.Next()
		if err == io.EOF {
			return es
		}
		if err != nil {
			t.Fatal(err)
		}
		e, err := wire.Decode(bytes.Clone(raw))
		if err != nil {
			t.Fatal(err)
		}
		es = append(es, e)
	}
}

// TestHostileStick: whatever else lies on a stick, genuine warnings cross.
func TestHostileStick(t *testing.T) {
	t.Parallel()
	tree, strange := carrytest.Tree(t, 3), carrytest.Tree(t, 4)
	from, to := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, tree, nodetest.Options{})
	ids := carrytest.Issue(t, tree, from, "genuine", 2)
	stick, dir := newStick(t)
	genuine, err := from.Envelope(t.Context(), ids[0])
	if err != nil {
		t.Fatal(err)
	}
	e, err := wire.Decode(genuine)
	if err != nil {
		t.Fatal(err)
	}
	badSignature := bytes.Clone(genuine)
	badSignature[len(badSignature)-1] ^= 1
	badChain := *e
	badChain.Chain = [][]byte{bytes.Repeat([]byte{1}, 100)}
	badParts := *e
	badParts.Chain, badParts.Parts = nil, [][]byte{[]byte("\x00not what was signed")}
	stranger := nodetest.Sign(t, strange, strange.Leitstelle, nodetest.Warning("strange", cap.Severe, 0), strange.Leitstelle.Persons...)
	b, err := carry.Packed([][]byte{badSignature, badChain.EncodeFull(), badParts.EncodeFull(), stranger.EncodeFull(), []byte("noise")})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"AAAAAAAA.KFB": b, "BBBBBBBB.KFB": []byte("Dear all"), "CCCCCCCC.KFB": nil, "readme.txt": []byte("not ours"),
		"aaaaaaab.kfb": b[:len(b)-10], // as some systems write it
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "DDDDDDDD.KFB"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "EEEEEEEE.KFB")); err != nil {
		t.Log("no symlinks here:", err)
	}
	done, err := visit(t, from, stick)
	if !isSilent(err) || done.Written < 2 || len(done.Damage) < 2 {
		t.Errorf("%v, %+v", err, done)
	}
	if _, err := visit(t, to, stick); !isSilent(err) {
		t.Error(err)
	}
	carrytest.WantAll(t, to, ids...)
	if to.Has(t, stranger.ID()) {
		t.Error("a stranger's warning was taken in")
	}
	for _, name := range []string{"AAAAAAAA.KFB", "BBBBBBBB.KFB", "aaaaaaab.kfb", "readme.txt"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s is gone: %v", name, err)
		}
	}
}

// TestClearing: what has ended goes, whoever wrote it, by clocks that agree; a lone
// clock far ahead clears nothing of others.
func TestClearing(t *testing.T) {
	t.Parallel()
	tree := carrytest.Tree(t, 5)
	var days atomic.Int64
	later := func() time.Time { return nodetest.Now().Add(time.Duration(days.Load()) * 24 * time.Hour) }
	writer := nodetest.Start(t, tree, nodetest.Options{})
	other := nodetest.Start(t, tree, nodetest.Options{Clock: later})
	third := nodetest.Start(t, tree, nodetest.Options{Clock: later})
	ids := carrytest.Issue(t, tree, writer, "a", 200)
	stick, dir := newStick(t)
	mustVisit(t, writer, stick)
	size := func() (n int) {
		for _, b := range content(t, dir) {
			n += len(b)
		}
		return n
	}
	full := size()
	days.Store(3650)
	if done := mustVisit(t, other, stick); len(done.Removed) > 0 || size() < full {
		t.Errorf("a lone clock ten years ahead cleared the stick: %+v", done)
	}
	days.Store(3)
	if done := mustVisit(t, third, stick); len(done.Removed) == 0 || size() > full/2 {
		t.Errorf("three days later: %d bytes of %d are left, %+v", size(), full, done)
	}
	for _, b := range content(t, dir) {
		for _, e := range envelopesIn(t, b) {
			if e.ID() == ids[0] {
				t.Error("what has ended is still there")
			}
		}
	}
	days.Store(0)
	fresh := nodetest.Start(t, tree, nodetest.Options{})
	if done := mustVisit(t, fresh, stick); done.Imported.Accepted == 0 || done.Imported.Refused > 0 {
		t.Errorf("the certificates are gone: %+v", done.Imported)
	}
}

// TestStrangersLoadIsKept: what this device cannot judge moves along when bundles
// fold, for those who can.
func TestStrangersLoadIsKept(t *testing.T) {
	t.Parallel()
	tree, strange := carrytest.Tree(t, 6), carrytest.Tree(t, 7)
	d, far := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, strange, nodetest.Options{})
	ids := carrytest.Issue(t, strange, far, "far", 2)
	stick, dir := newStick(t)
	mustVisit(t, far, stick)
	for _, b := range content(t, dir) { // as if the device had written it, and damaged
		for name := range content(t, dir) {
			os.Remove(filepath.Join(dir, name))
		}
		if err := os.WriteFile(filepath.Join(dir, ownPrefix(d.ID().String())+"AAA.KFB"), []byte(b[:len(b)-1]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	done, err := visit(t, d, stick)
	if !isSilent(err) || done.Moved < 2 || len(done.Removed) != 1 {
		t.Errorf("%v, %+v", err, done)
	}
	fresh := nodetest.Start(t, strange, nodetest.Options{})
	mustVisit(t, fresh, stick)
	carrytest.WantAll(t, fresh, ids...)
}
