//go:build linux

package trial

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// smallDisk mounts a disk of 96 MB for a test, or skips it.
func smallDisk(t *testing.T) string {
	t.Helper()
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=96m"); err != nil {
		t.Skipf("cannot mount a small disk, which needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(disk, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return disk
}

// TestFullDisk: a device whose disk is full still warns, says that it keeps
// nothing, and keeps all again when there is space.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	tree := newTree(t, 1)
	officer := tree.Leitstelle.Persons[0]
	disk := smallDisk(t)
	source, full := newDevice(t, tree), newDeviceAt(t, tree, filepath.Join(disk, "data"))
	source.up(loopback...)
	full.up(append(loopback, "--peer", source.status.Listen[0])...)
	before := warning(t, tree, "before", officer)
	source.submit(before)
	full.heard(before.ID())

	ballast := filepath.Join(disk, "ballast")
	fill(t, ballast)
	during := warning(t, tree, "during", officer)
	source.submit(during)
	full.heard(during.ID())
	full.await("status tells of the full disk", func() bool {
		s, err := full.api.Status(t.Context())
		return err == nil && s.Disk.State == apitype.DiskFull && s.Disk.Error != "" && complains(s, "disk-full")
	})
	own := warning(t, tree, "own", officer)
	if _, err := full.api.Submit(t.Context(), own.EncodeFull()); err == nil {
		t.Error("an alert that cannot be kept was acknowledged")
	}

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	after := warning(t, tree, "after", officer)
	source.submit(after)
	full.heard(after.ID())
	full.await("status tells that the disk is well again", func() bool {
		s, err := full.api.Status(t.Context())
		return err == nil && s.Disk.State == apitype.DiskOK && !complains(s, "disk-full")
	})
	full.Kill() // what it has now it has on disk
	full.up(loopback...)
	for what, e := range map[string]*wire.Envelope{"before": before, "after": after} {
		if _, err := full.api.Alert(t.Context(), e.ID().String()); err != nil {
			t.Errorf("alert from %s the disk was full: %v", what, err)
		}
	}
	if err := full.Stop(); err != nil {
		t.Fatal(err)
	}
	full.up(append(loopback, "--peer", source.status.Listen[0])...)
	full.await("the neighbour brings what could not be kept", func() bool {
		_, err := full.api.Alert(t.Context(), during.ID().String())
		return err == nil
	})
}

// TestStartOnFullDisk: a device warns that is started when its disk is full already, other commands
// find it, and what it holds in memory alone is not taken for kept, however often it is given.
func TestStartOnFullDisk(t *testing.T) {
	t.Parallel()
	tree := newTree(t, 1)
	disk := smallDisk(t)
	d := newDeviceAt(t, tree, filepath.Join(disk, "data"))
	d.up(loopback...)
	if err := d.Stop(); err != nil {
		t.Fatal(err)
	}
	fill(t, filepath.Join(disk, "ballast"))
	d.await("the device starts", func() bool {
		if d.Process == nil || !d.Running() {
			d.Process = d.launch(loopback...)
		}
		return d.command("status").Run() == nil
	})
	one := warning(t, tree, "one", tree.Leitstelle.Persons[0])
	file := writeBundle(t, append(tree.Made, one))
	for range 2 {
		d.fails(exitSystem, "carry", "import", file)
	}
	d.do("alert", "show", one.ID().String())
	if err := d.Stop(); err != nil {
		t.Fatal(err)
	}
	d.do("carry", "export", filepath.Join(t.TempDir(), "out.kfb"))
	d.fails(exitSystem, "carry", "import", file)
}

// exitSystem is how commands end when the system fails.
const exitSystem = 7

// writeBundle is a file with envelopes.
func writeBundle(t *testing.T, envelopes []*wire.Envelope) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "some.kfb"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := bundle.NewWriter(f, bundle.Header{})
	for _, e := range envelopes {
		if err == nil {
			err = w.Write(e.EncodeFull())
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// fill writes a file until the disk is full.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 64 << 10; size > 0; size /= 4 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, unix.ENOSPC) {
			t.Fatal(err)
		}
	}
}

func complains(s apitype.Status, kind string) bool {
	for _, p := range s.Health {
		if p.Kind == kind {
			return true
		}
	}
	return false
}
