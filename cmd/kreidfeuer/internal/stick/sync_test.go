package stick

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/carrytest"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// visit is one "carry sync" of a device; the result is what --json prints.
func visit(t testing.TB, d *nodetest.Device, stick folder) (done syncedJSON, err error) {
	t.Helper()
	var out bytes.Buffer
	e := &shell.Env{Stdout: shell.Checked(&out), Stderr: io.Discard, Now: nodetest.Now, JSON: true}
	err = syncStick(t.Context(), e, d.Control(), stick, "stick")
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

// TestOneStickTwoVillages: the stick goes back and forth; all cross, and nothing twice.
func TestOneStickTwoVillages(t *testing.T) {
	t.Parallel()
	tree := carrytest.Tree(t, 1)
	upper, lower := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, tree, nodetest.Options{})
	stick, dir := newStick(t)
	a := carrytest.Issue(t, tree, upper, "upper", 5)
	b := carrytest.Issue(t, tree, lower, "lower", 3)
	if done := mustVisit(t, upper, stick); done.Written < 5 || done.Imported.Accepted > 0 {
		t.Errorf("first visit: %+v", done)
	}
	first := content(t, dir)
	if done := mustVisit(t, lower, stick); done.Written != 3 || done.Imported.Refused > 0 {
		t.Errorf("second visit: %+v", done)
	}
	carrytest.WantAll(t, lower, append(a, b...)...)
	for name, before := range first {
		if content(t, dir)[name] != before {
			t.Errorf("%s was changed", name)
		}
	}
	if done := mustVisit(t, upper, stick); done.Written > 0 || done.Imported.Accepted != 3 {
		t.Errorf("third visit: %+v", done)
	}
	carrytest.WantAll(t, upper, append(a, b...)...)
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

func isSilent(err error) bool {
	var f *exit.Failure
	return errors.As(err, &f) && f.Err == nil
}

func TestManyVisitsLeaveFewFiles(t *testing.T) {
	t.Parallel()
	tree := carrytest.Tree(t, 8)
	d := nodetest.Start(t, tree, nodetest.Options{})
	stick, dir := newStick(t)
	var ids []wire.ID
	for i := range 2*maxOwn + 3 {
		ids = append(ids, carrytest.Issue(t, tree, d, fmt.Sprint("n", i, "-"), 1)...)
		mustVisit(t, d, stick)
	}
	if n := len(content(t, dir)); n > maxOwn+1 {
		t.Errorf("%d files", n)
	}
	to := nodetest.Start(t, tree, nodetest.Options{})
	mustVisit(t, to, stick)
	carrytest.WantAll(t, to, ids...)
}
