package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

func carryTree(t testing.TB, seed uint64) *trusttest.Tree {
	t.Helper()
	tree, err := trusttest.NewTree(seed, 2)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// issue gives a device n new warnings and returns their IDs.
func issue(t testing.TB, tree *trusttest.Tree, d *nodetest.Device, prefix string, n int) (ids []wire.ID) {
	t.Helper()
	for i := range n {
		e := nodetest.Sign(t, tree, tree.Leitstelle, nodetest.Warning(fmt.Sprint(prefix, i), cap.Severe, 0), tree.Leitstelle.Persons...)
		if _, err := d.Submit(t.Context(), e.EncodeFull()); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.ID())
	}
	return ids
}

// visit is one "carry sync" of a device; the result is what --json prints.
func visit(t testing.TB, d *nodetest.Device, stick folder) (done syncedJSON, err error) {
	t.Helper()
	var out bytes.Buffer
	e := &env{stdout: &checkedWriter{w: &out}, stderr: io.Discard, now: nodetest.Now, json: true}
	err = e.sync(t.Context(), d.Control(), stick, "stick")
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &done); err != nil {
			t.Fatal(err)
		}
	}
	return done, err
}

func mustVisit(t testing.TB, d *nodetest.Device, stick folder) syncedJSON {
	t.Helper()
	done, err := visit(t, d, stick)
	if err != nil {
		t.Fatalf("sync: %v, %+v", err, done)
	}
	return done
}

// newStick is an empty stick and the folder of its bundles.
func newStick(t testing.TB) (*rootFolder, string) {
	t.Helper()
	dir := t.TempDir()
	stick, err := openStick(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stick.Close() })
	return stick, filepath.Join(dir, stickFolder)
}

// content is every file on a stick with its bytes.
func content(t testing.TB, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, entry := range entries {
		b, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(b)
	}
	return files
}

func wantAll(t testing.TB, d *nodetest.Device, ids ...wire.ID) {
	t.Helper()
	for _, id := range ids {
		if !d.Has(t, id) {
			t.Errorf("device %s lacks %s", d.ID().ShortString(), id.Short())
		}
	}
}

// TestOneStickTwoVillages: the stick goes back and forth; all cross, and nothing twice.
func TestOneStickTwoVillages(t *testing.T) {
	t.Parallel()
	tree := carryTree(t, 1)
	upper, lower := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, tree, nodetest.Options{})
	stick, dir := newStick(t)
	a := issue(t, tree, upper, "upper", 5)
	b := issue(t, tree, lower, "lower", 3)
	if done := mustVisit(t, upper, stick); done.Written < 5 || done.Imported.Accepted > 0 {
		t.Errorf("first visit: %+v", done)
	}
	first := content(t, dir)
	if done := mustVisit(t, lower, stick); done.Written != 3 || done.Imported.Refused > 0 {
		t.Errorf("second visit: %+v", done)
	}
	wantAll(t, lower, append(a, b...)...)
	for name, before := range first {
		if content(t, dir)[name] != before {
			t.Errorf("%s was changed", name)
		}
	}
	if done := mustVisit(t, upper, stick); done.Written > 0 || done.Imported.Accepted != 3 {
		t.Errorf("third visit: %+v", done)
	}
	wantAll(t, upper, append(a, b...)...)
	before := content(t, dir)
	for _, d := range []*nodetest.Device{upper, lower, upper} {
		if done := mustVisit(t, d, stick); done.Written+done.Moved+done.Imported.Accepted+done.Imported.Known+len(done.Files)+len(done.Removed) > 0 {
			t.Errorf("nothing is new, but: %+v", done)
		}
	}
	after := content(t, dir)
	if len(after) != len(before) {
		t.Errorf("%d files, before %d", len(after), len(before))
	}
	short := regexp.MustCompile(`^[A-Z2-7]{8}\.KFB$`)
	seen := map[wire.ID]int{}
	for name, b := range after {
		if b != before[name] || !short.MatchString(name) {
			t.Errorf("%s: changed, or no name for FAT", name)
		}
		for _, e := range envelopesIn(t, b) {
			seen[e.ID()]++
		}
	}
	for id, n := range seen {
		if n > 1 {
			t.Errorf("%s lies on the stick %d times", id.Short(), n)
		}
	}
	for _, id := range append(a, b...) {
		if n := len(alarms(t, lower, id)); n != 1 {
			t.Errorf("%s alarmed %d times", id.Short(), n)
		}
	}
}

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

// pulled is a stick that is pulled after some steps: every later one fails. A
// write that it comes in the middle of leaves half, and what was not synced is lost.
type pulled struct {
	folder
	left     int
	unsynced map[string]bool // names of files
}

var errPulled = &fs.PathError{Op: "write", Path: "stick", Err: errors.New("no such device")}

func (p *pulled) step() error {
	if p.left--; p.left < 0 {
		return errPulled
	}
	return nil
}

func (p *pulled) Create(name string) (stickFile, error) {
	if err := p.step(); err != nil {
		return nil, err
	}
	f, err := p.folder.Create(name)
	p.unsynced[name] = true
	return &pulledFile{p, f, name}, err
}

func (p *pulled) Rename(from, to string) error {
	if err := p.step(); err != nil {
		return err
	}
	if err := p.folder.Rename(from, to); err != nil {
		return err
	}
	p.unsynced[to] = p.unsynced[from]
	return p.step() // renamed, but nobody was told
}

func (p *pulled) Remove(name string) error {
	if err := p.step(); err != nil {
		return err
	}
	return p.folder.Remove(name)
}

func (p *pulled) Open(name string) (io.ReadCloser, error) {
	if err := p.step(); err != nil {
		return nil, err
	}
	return p.folder.Open(name)
}

type pulledFile struct {
	p *pulled
	stickFile
	name string
}

func (f *pulledFile) Write(b []byte) (int, error) {
	if err := f.p.step(); err != nil {
		n, _ := f.stickFile.Write(b[:len(b)/2])
		return n, err
	}
	return f.stickFile.Write(b)
}

func (f *pulledFile) Sync() error {
	if err := f.p.step(); err != nil {
		return err
	}
	delete(f.p.unsynced, f.name)
	return f.stickFile.Sync()
}

// TestPulledStick: at whatever step the stick is pulled, the next device reads all
// that was on it before, and the next visit completes what was begun.
func TestPulledStick(t *testing.T) {
	t.Parallel()
	tree := carryTree(t, 2)
	old, from := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, tree, nodetest.Options{})
	before := issue(t, tree, old, "old", 2)
	added := issue(t, tree, from, "new", 2)
	finished := false
	for k := 0; !finished; k++ {
		stick, dir := newStick(t)
		mustVisit(t, old, stick)
		// A bundle of the visitor that folds: its end is damaged.
		own := filepath.Join(dir, ownPrefix(from.ID().String())+"AAA.KFB")
		sound := content(t, dir)
		for _, b := range sound {
			if err := os.WriteFile(own, []byte(b[:len(b)-5]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		hand := &pulled{stick, k, map[string]bool{}}
		done, err := visit(t, from, hand)
		for name, lost := range hand.unsynced {
			if _, err := os.Stat(filepath.Join(dir, name)); lost && err == nil {
				if err := os.Truncate(filepath.Join(dir, name), 0); err != nil {
					t.Fatal(err)
				}
			}
		}
		finished = isSilent(err) // the damage is told, and was the only fault
		if k > 60 {
			t.Fatalf("a visit takes more than %d steps: %v, %+v", k, err, done)
		}
		to := nodetest.Start(t, tree, nodetest.Options{})
		if _, err := visit(t, to, stick); err != nil && len(content(t, dir)) == 0 {
			t.Fatalf("pulled at step %d: %v", k, err)
		}
		wantAll(t, to, before...)
		if _, err := visit(t, from, stick); err != nil && !isSilent(err) {
			t.Fatalf("pulled at step %d, again: %v", k, err)
		}
		if done := mustVisit(t, to, stick); len(done.Damage) > 0 {
			t.Errorf("pulled at step %d: damage stays: %+v", k, done.Damage)
		}
		wantAll(t, to, added...)
		for name := range content(t, dir) {
			if !hasExt(name, bundleExt) {
				t.Errorf("pulled at step %d: %s is left over", k, name)
			}
		}
		to.Stop()
	}
}

func isSilent(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.err == nil
}

// TestHostileStick: whatever else lies on a stick, genuine warnings cross.
func TestHostileStick(t *testing.T) {
	t.Parallel()
	tree, strange := carryTree(t, 3), carryTree(t, 4)
	from, to := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, tree, nodetest.Options{})
	ids := issue(t, tree, from, "genuine", 2)
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
	b, err := packed([][]byte{badSignature, badChain.EncodeFull(), badParts.EncodeFull(), stranger.EncodeFull(), []byte("noise")})
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
	wantAll(t, to, ids...)
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
	tree := carryTree(t, 5)
	var days atomic.Int64
	later := func() time.Time { return nodetest.Now().Add(time.Duration(days.Load()) * 24 * time.Hour) }
	writer := nodetest.Start(t, tree, nodetest.Options{})
	other := nodetest.Start(t, tree, nodetest.Options{Clock: later})
	third := nodetest.Start(t, tree, nodetest.Options{Clock: later})
	ids := issue(t, tree, writer, "a", 200)
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
	tree, strange := carryTree(t, 6), carryTree(t, 7)
	d, far := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, strange, nodetest.Options{})
	ids := issue(t, strange, far, "far", 2)
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
	wantAll(t, fresh, ids...)
}

func TestManyVisitsLeaveFewFiles(t *testing.T) {
	t.Parallel()
	tree := carryTree(t, 8)
	d := nodetest.Start(t, tree, nodetest.Options{})
	stick, dir := newStick(t)
	var ids []wire.ID
	for i := range 2*maxOwn + 3 {
		ids = append(ids, issue(t, tree, d, fmt.Sprint("n", i, "-"), 1)...)
		mustVisit(t, d, stick)
	}
	if n := len(content(t, dir)); n > maxOwn+1 {
		t.Errorf("%d files", n)
	}
	to := nodetest.Start(t, tree, nodetest.Options{})
	mustVisit(t, to, stick)
	wantAll(t, to, ids...)
}

func TestPlan(t *testing.T) {
	const now = 2_000_000_000
	foreign := func(b stickBundle) *stickBundle { b.name = "x"; return &b }
	own := func(b stickBundle) *stickBundle { b.own = true; return &b }
	recent := foreign(stickBundle{made: now - 100, bytes: 1})
	for name, test := range map[string]struct {
		b     *stickBundle
		with  *stickBundle
		folds bool
	}{
		"sound":                      {foreign(stickBundle{bytes: 1 << 20}), recent, false},
		"all useless":                {foreign(stickBundle{bytes: 10, useless: 10}), nil, true},
		"half useless, small":        {foreign(stickBundle{bytes: 1000, useless: 600}), nil, false},
		"half useless, large":        {foreign(stickBundle{bytes: 1 << 20, useless: 600 << 10}), nil, true},
		"gone, clocks agree":         {foreign(stickBundle{bytes: 10, gone: 10}), recent, true},
		"gone, nobody agrees":        {foreign(stickBundle{bytes: 10, gone: 10, made: now - 2*agreeWithin}), nil, false},
		"gone, from the future":      {foreign(stickBundle{bytes: 10, gone: 10, made: now + agreeWithin}), nil, false},
		"own, gone":                  {own(stickBundle{bytes: 10, gone: 10}), nil, true},
		"own, damaged":               {own(stickBundle{bytes: 10, damage: damaged()}), nil, true},
		"another's, damaged":         {foreign(stickBundle{bytes: 10, damage: damaged()}), recent, false},
		"another's, damaged, no use": {foreign(stickBundle{damage: damaged()}), recent, false},
	} {
		list := []*stickBundle{test.b}
		if test.with != nil {
			list = append(list, test.with)
		}
		if plan(list, now); test.b.folds != test.folds {
			t.Errorf("%s: folds %v, want %v", name, test.b.folds, test.folds)
		}
	}
}

func damaged() []apitype.Damage { return []apitype.Damage{{From: 1, To: 2, Reason: "torn"}} }

func TestRefusalsInWords(t *testing.T) {
	for reason := range wire.Reasons() {
		if refusals[reason] == "" {
			t.Errorf("no words for %s", reason)
		}
	}
	if len(refusals) != len(wire.Reasons()) {
		t.Errorf("%d reasons in words, %d in all", len(refusals), len(wire.Reasons()))
	}
}

func TestFreeName(t *testing.T) {
	used := []string{"ABCDEAAA.KFB", "abcdeaab.tmp", "XXXXXAAC.KFB"}
	if name, err := freeName("ABCDE", used); err != nil || name != "ABCDEAAC" {
		t.Errorf("%s, %v", name, err)
	}
	if p := ownPrefix("12D3KooW"); len(p) != ownLetters || p != strings.ToUpper(p) {
		t.Error(p)
	}
}
