package trial

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Exit codes of the program that scripts rely on; its help lists them all.
const (
	exitData = 5
	exitBusy = 6
)

// refused runs "up", which must end by itself with a status, an error that says
// each of the words, and a hint.
func (d *device) refused(status int, words ...string) {
	d.t.Helper()
	p := d.launch(loopback...)
	got, err := p.Wait(limit)
	if err != nil {
		d.t.Fatal(err)
	}
	last := ""
	for line := range strings.Lines(p.Stderr()) {
		last = line
	}
	var e struct {
		Error, Hint string
		Code        int
	}
	if err := json.Unmarshal([]byte(last), &e); err != nil {
		d.t.Fatalf("standard error ends with %q: %v", last, err)
	}
	if got != status || e.Code != status || e.Hint == "" {
		d.t.Errorf("exit status %d, in JSON %d, hint %q: want %d and a hint", got, e.Code, e.Hint, status)
	}
	for _, w := range words {
		if !strings.Contains(e.Error+e.Hint, w) {
			d.t.Errorf("error %q, hint %q: want %q", e.Error, e.Hint, w)
		}
	}
}

// refusedUntouched is refused, and wants nothing changed in the store.
func (d *device) refusedUntouched(status int, words ...string) {
	d.t.Helper()
	before := d.files()
	d.refused(status, words...)
	if diff := cmp.Diff(before, d.files()); diff != "" {
		d.t.Errorf("the store was changed:\n%s", diff)
	}
}

// files are the digests of all files in the store but the lock, which says who
// tried last, and the database's own log.
func (d *device) files() map[string]string {
	d.t.Helper()
	all := map[string]string{}
	root := filepath.Join(d.data, "store")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || slices.Contains([]string{"lock", "LOG"}, entry.Name()) {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		all[name] = fmt.Sprintf("%d bytes, %x", len(b), sha256.Sum256(b))
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return all
}

func TestUpBesideAnother(t *testing.T) {
	t.Parallel()
	d := newDevice(t, newTree(t, 1))
	d.up(loopback...)
	d.refused(exitBusy, "in use by", fmt.Sprint(d.PID()), "--data")
	if _, err := d.api.Status(t.Context()); err != nil {
		t.Errorf("the first device after the second was refused: %v", err)
	}
}

func TestUpOnNewerStore(t *testing.T) {
	t.Parallel()
	d := newDevice(t, newTree(t, 1))
	d.up(loopback...)
	if err := d.Stop(); err != nil {
		t.Fatal(err)
	}
	format := filepath.Join(d.data, "store", "format")
	b, err := os.ReadFile(format)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(b), "schema 1\n", "schema 9\n", 1)
	if text == string(b) {
		t.Fatalf("unexpected format file %q", b)
	}
	if err := os.WriteFile(format, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d.refusedUntouched(exitData, "schema 9", "newer", "nothing was changed")
}

// TestUpOnDamagedStore spoils the first of two records in the journal.
func TestUpOnDamagedStore(t *testing.T) {
	t.Parallel()
	tree := newTree(t, 1)
	d := newDevice(t, tree)
	d.up(loopback...)
	officer := tree.Leitstelle.Persons[0]
	d.submit(warning(t, tree, "damaged", officer))
	journals, err := filepath.Glob(filepath.Join(d.data, "store", "leveldb", "*.log"))
	if err != nil || len(journals) != 1 {
		t.Fatalf("journals %v, %v", journals, err)
	}
	info, err := os.Stat(journals[0])
	if err != nil {
		t.Fatal(err)
	}
	d.submit(warning(t, tree, "behind", officer))
	d.Kill() // so that both are in the journal still
	b, err := os.ReadFile(journals[0])
	if err != nil {
		t.Fatal(err)
	}
	b[info.Size()-50] ^= 0x10
	if err := os.WriteFile(journals[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	// A device without a person must be able to warn again: it keeps what is good.
	d.up(loopback...)
	if text := d.Stderr(); !strings.Contains(text, "was damaged") || !strings.Contains(text, "lost:") {
		t.Errorf("standard error says nothing of the damage: %s", text)
	}
	if _, err := os.Stat(filepath.Join(d.data, "store", "damaged")); err != nil {
		t.Errorf("the damaged database was not kept: %v", err)
	}
	d.submit(warning(t, tree, "after", officer))
	d.Kill()
	d.up(loopback...)
	if text := d.Stderr(); strings.Contains(text, "damaged") {
		t.Errorf("the store is damaged again: %s", text)
	}
}

// holds wants every one of the alerts to be there.
func (d *device) holds(alerts []wire.ID) {
	d.t.Helper()
	for _, id := range alerts {
		if a, err := d.api.Alert(d.t.Context(), id.String()); err != nil || a.Level != 1 {
			d.t.Fatalf("acknowledged alert %s: level %d, %v", id.Short(), a.Level, err)
		}
	}
}
