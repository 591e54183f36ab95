package stick

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/carrytest"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

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
	tree := carrytest.Tree(t, 2)
	old, from := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, tree, nodetest.Options{})
	before := carrytest.Issue(t, tree, old, "old", 2)
	added := carrytest.Issue(t, tree, from, "new", 2)
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
		carrytest.WantAll(t, to, before...)
		if _, err := visit(t, from, stick); err != nil && !isSilent(err) {
			t.Fatalf("pulled at step %d, again: %v", k, err)
		}
		if done := mustVisit(t, to, stick); len(done.Damage) > 0 {
			t.Errorf("pulled at step %d: damage stays: %+v", k, done.Damage)
		}
		carrytest.WantAll(t, to, added...)
		for name := range content(t, dir) {
			if !hasExt(name, bundleExt) {
				t.Errorf("pulled at step %d: %s is left over", k, name)
			}
		}
		to.Stop()
	}
}
