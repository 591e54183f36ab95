//go:build linux

package trial

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// TestReadOnlyDisk: a device whose disk lets itself only be read warns from
// memory, knows what it knew, says loudly that it keeps nothing, and keeps again
// when the disk can be written.
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	tree := newTree(t, 1)
	officer := tree.Leitstelle.Persons[0]
	disk := smallDisk(t)
	source, d := newDevice(t, tree), newDeviceAt(t, tree, filepath.Join(disk, "data"))
	source.up(loopback...)
	d.up(append(loopback, "--peer", source.status.Listen[0])...)
	before := warning(t, tree, "before", officer)
	source.submit(before)
	d.heard(before.ID())
	d.Kill()
	if err := unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}

	d.Process = d.launch(append(loopback, "--peer", source.status.Listen[0])...)
	var s apitype.Status
	_, err := d.Await(limit, func(text []byte) bool {
		s = apitype.Status{}
		return json.Unmarshal(text, &s) == nil && s.Schema == apitype.SchemaStatus
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.Disk.State != apitype.DiskReadOnly || !complains(s, "store-memory") || s.Lanes[1].InForce != 1 {
		t.Errorf("disk %+v, lanes %+v, health %+v: want a warning, and the alert from before", s.Disk, s.Lanes, s.Health)
	}
	if !strings.Contains(d.Stderr(), "KEEPS NOTHING") {
		t.Errorf("standard error does not say that nothing is kept: %s", d.Stderr())
	}
	during := warning(t, tree, "during", officer)
	source.submit(during)
	d.heard(during.ID())
	d.do("alert", "show", during.ID().String()) // other commands find it
	file := writeBundle(t, append(tree.Made, warning(t, tree, "carried", officer)))
	for range 2 { // and what it is given is not taken for kept
		d.fails(exitSystem, "carry", "import", file)
	}
	if err := d.Stop(); err != nil {
		t.Fatal(err)
	}
	d.do("carry", "export", filepath.Join(t.TempDir(), "out.kfb"))
	d.fails(exitSystem, "carry", "import", file)

	if err := unix.Mount("", disk, "", unix.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(disk, "data", "store", "damaged")); err == nil {
		t.Error("a read-only store was taken for damaged")
	}
	d.up(append(loopback, "--peer", source.status.Listen[0])...)
	d.await("the neighbour brings what could not be kept", func() bool {
		_, err := d.api.Alert(t.Context(), during.ID().String())
		return err == nil
	})
}
