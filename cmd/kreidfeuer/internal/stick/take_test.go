package stick

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/carry"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/carrytest"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// TestForgedStick: a stranger's file of forgeries makes devices give up on it, and
// on nothing else that lies on the stick.
func TestForgedStick(t *testing.T) {
	t.Parallel()
	tree := carrytest.Tree(t, 11)
	from, to := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, tree, nodetest.Options{})
	ids := carrytest.Issue(t, tree, from, "genuine", 2)
	stick, dir := newStick(t)
	mustVisit(t, from, stick)
	var forged [][]byte
	for i := range 1300 {
		b := nodetest.Sign(t, tree, tree.Leitstelle, nodetest.Warning(fmt.Sprint("forged", i), cap.Severe, 0), tree.Leitstelle.Persons[0]).Encode()
		b[len(b)-1] ^= 1
		forged = append(forged, b)
	}
	for _, e := range tree.Made[1:] { // certificates, with other signatures
		b := e.Encode()
		b[len(b)-1] ^= 1
		forged = append(forged, b)
	}
	b, err := carry.Packed(forged)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "22222222.KFB"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	done, err := visit(t, to, stick)
	if done.Imported.GaveUp == "" || done.Imported.Accepted < len(ids) {
		t.Errorf("%v, %+v", err, done.Imported)
	}
	carrytest.WantAll(t, to, ids...)
}

// TestForgeriesThatFold: forgeries that a device moves out of a file full of
// rubbish, for those who may know better, do not spoil what it writes itself.
func TestForgeriesThatFold(t *testing.T) {
	t.Parallel()
	tree := carrytest.Tree(t, 15)
	from, to := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, tree, nodetest.Options{})
	ids := carrytest.Issue(t, tree, from, "genuine", 2)
	stick, dir := newStick(t)
	var load [][]byte
	for i := range 1300 {
		b := nodetest.Sign(t, tree, tree.Leitstelle, nodetest.Warning(fmt.Sprint("forged", i), cap.Extreme, 0), tree.Leitstelle.Persons[0]).Encode()
		b[len(b)-1] ^= 1
		load = append(load, b, append([]byte("rubbish"), make([]byte, len(b))...))
	}
	b, err := carry.Packed(load)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "22222222.KFB"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if done, err := visit(t, from, stick); done.Moved < 1300 || len(done.Removed) != 1 {
		t.Fatalf("the file did not fold: %v, %+v", err, done)
	}
	done, err := visit(t, to, stick)
	if done.Imported.GaveUp == "" {
		t.Errorf("%v, %+v", err, done.Imported)
	}
	carrytest.WantAll(t, to, ids...)
}

// loose is a stick with bad contact: reading ends with an error after some bytes.
type loose struct {
	folder
	opened int // files opened so far
	bad    func(opened int) bool
}

var errLoose = errors.New("input/output error")

func (l *loose) Open(name string) (io.ReadCloser, error) {
	l.opened++
	f, err := l.folder.Open(name)
	if err != nil || !l.bad(l.opened) {
		return f, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(io.LimitReader(f, 2000), failing{}), f}, nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errLoose }

// TestLooseStick: what could not be read, the first time or the second, is not
// cleared away, even if the device wrote it itself.
func TestLooseStick(t *testing.T) {
	t.Parallel()
	tree, strange := carrytest.Tree(t, 12), carrytest.Tree(t, 13)
	d, far := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, strange, nodetest.Options{})
	ids := carrytest.Issue(t, strange, far, "far", 4)
	for k := 1; k < 9; k++ {
		for what, bad := range map[string]func(int) bool{
			"once":     func(opened int) bool { return opened == k },
			"from now": func(opened int) bool { return opened >= k },
		} {
			stick, dir := newStick(t)
			mustVisit(t, far, stick)
			for name, b := range content(t, dir) { // d wrote it, and it is damaged: it folds
				os.Remove(filepath.Join(dir, name))
				if err := os.WriteFile(filepath.Join(dir, ownPrefix(d.ID().String())+"AAA.KFB"), []byte(b[:len(b)-1]), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := visit(t, d, &loose{folder: stick, bad: bad}); err != nil && !isSilent(err) {
				t.Logf("%s, %d: %v", what, k, err)
			}
			fresh := nodetest.Start(t, strange, nodetest.Options{})
			if _, err := visit(t, fresh, stick); err != nil && !isSilent(err) {
				t.Errorf("%s, %d: %v", what, k, err)
			}
			carrytest.WantAll(t, fresh, ids...)
			fresh.Stop()
		}
	}
}
