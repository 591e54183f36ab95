package persist_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ipfs/go-datastore"
	"github.com/syndtr/goleveldb/leveldb/storage"

	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/persisttest"
)

func TestLevelDBPowerLoss(t *testing.T) {
	var cuts, alarms int
	t.Cleanup(func() { // TestPowerLoss waits for its turn
		t.Logf("after %d power cuts the end of a journal was taken for damaged %d times", cuts, alarms)
		if alarms == 0 || alarms > cuts/2 {
			t.Errorf("%d power cuts, %d alarms: the test tests nothing, or they cry wolf", cuts, alarms)
		}
	})
	persisttest.TestPowerLoss(t, func(faults persisttest.Faults) persisttest.Disk {
		rng := rand.New(rand.NewPCG(uint64(cuts), 4))
		return &disk{files: map[storage.FileDesc]*file{}, faults: faults, rng: rng, check: func(d *disk) error {
			cuts++
			alarm, err := sameInFolder(t, d)
			if alarm {
				alarms++
			}
			return err
		}}
	})
}

// disk is goleveldb's storage in memory that forgets what was not synced.
type disk struct {
	mu     sync.Mutex
	files  map[storage.FileDesc]*file
	meta   storage.FileDesc
	faults persisttest.Faults

	// Copies that lost their power before a sync was done; check opens each in a folder.
	cuts  []*disk
	rng   *rand.Rand
	check func(*disk) error
}

type file struct {
	data   []byte
	synced int
}

func (d *disk) Open() (datastore.Batching, error) {
	for _, cut := range d.cuts {
		if err := d.check(cut); err != nil {
			return nil, err
		}
	}
	d.cuts = nil
	return persist.NewLevel(diskStorage{d}, 100_000)
}

// PowerLoss cuts every file behind what was synced, or a little later, and
// spoils what was not synced: a byte of it, or sectors, which were not written or
// still hold what a deleted file left there.
func (d *disk) PowerLoss(rng *rand.Rand) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for fd, f := range d.files {
		end := len(f.data) // a file system may have noted the length before the content
		if rng.IntN(2) == 0 {
			end = f.synced + rng.IntN(end-f.synced+1)
		}
		f.data = bytes.Clone(f.data[:end])
		if end > f.synced && rng.IntN(2) == 0 {
			f.data[f.synced+rng.IntN(end-f.synced)] ^= 0x55
		} else if rng.IntN(2) == 0 {
			f.spoilSectors(rng)
		}
		if f.synced = end; end == 0 {
			delete(d.files, fd) // not even its name was written
		}
	}
}

// cut notes what the disk would hold after a power cut now.
func (d *disk) cut() {
	c := &disk{files: map[storage.FileDesc]*file{}, meta: d.meta, faults: func() (bool, bool) { return false, false }}
	for fd, f := range d.files {
		c.files[fd] = &file{data: bytes.Clone(f.data), synced: f.synced}
	}
	c.PowerLoss(d.rng)
	d.cuts = append(d.cuts, c)
}

// spoilSectors leaves out sectors behind what was synced.
func (f *file) spoilSectors(rng *rand.Rand) {
	for from := f.synced; from < len(f.data); {
		to := min(from/512*512+512, len(f.data))
		switch rng.IntN(5) {
		case 0, 1:
			clear(f.data[from:to])
		case 2:
			copy(f.data[from:to], persisttest.Noise(rng.Uint64(), to-from))
		}
		from = to
	}
}

// sameInFolder writes the disk's files into a folder, opens the store there,
// after salvage if it says that it is damaged, and wants all that the datastore
// itself finds on the disk.
func sameInFolder(t *testing.T, d *disk) (alarm bool, err error) {
	dir := t.TempDir()
	db := filepath.Join(dir, "leveldb")
	if err := os.Mkdir(db, 0o700); err != nil {
		return false, err
	}
	write(t, filepath.Join(db, "CURRENT"), fmt.Appendf(nil, "MANIFEST-%06d\n", d.meta.Num))
	for fd, f := range d.files {
		write(t, filepath.Join(db, fmt.Sprintf(map[storage.FileType]string{
			storage.TypeManifest: "MANIFEST-%06d", storage.TypeJournal: "%06d.log", storage.TypeTable: "%06d.ldb"}[fd.Type], fd.Num)), f.data)
	}
	ds, err := persist.NewLevel(diskStorage{d}, 100_000)
	if err != nil {
		return false, err
	}
	defer ds.Close()
	want, err := persist.Open(t.Context(), ds, persist.Options{})
	if err != nil {
		return false, err
	}
	s, err := persist.OpenPath(t.Context(), dir, "", persist.Options{})
	why := err
	if alarm = errors.As(err, new(*persist.DamagedError)); alarm {
		if _, err := persist.Salvage(t.Context(), dir, nil); err != nil {
			return alarm, err
		}
		s, err = persist.OpenPath(t.Context(), dir, "", persist.Options{})
	}
	if err != nil {
		return alarm, err
	}
	defer s.Close()
	wanted, got := values(t, want), values(t, s)
	for key := range maps.Keys(wanted) {
		if got[key] != wanted[key] {
			return alarm, fmt.Errorf("in a folder (salvaged: %v) %s differs; %d values, want %d; %s", alarm, key, len(got), len(wanted), why)
		}
	}
	if len(got) != len(wanted) {
		return alarm, fmt.Errorf("in a folder (salvaged: %v) there are %d values, want %d; %s", alarm, len(got), len(wanted), why)
	}
	return alarm, nil
}

// diskStorage keeps goleveldb's methods off the disk's own.
type diskStorage struct{ d *disk }

func (s diskStorage) Lock() (storage.Locker, error) { return unlocked{}, nil }
func (s diskStorage) Log(string)                    {}
func (s diskStorage) Close() error                  { return nil }

// SetMeta is durable: goleveldb's own storage syncs the file and its folder.
func (s diskStorage) SetMeta(fd storage.FileDesc) error {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.d.meta = fd
	return nil
}

func (s diskStorage) GetMeta() (storage.FileDesc, error) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	if s.d.meta.Zero() {
		return storage.FileDesc{}, os.ErrNotExist
	}
	return s.d.meta, nil
}

func (s diskStorage) List(types storage.FileType) (fds []storage.FileDesc, err error) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	for fd := range s.d.files {
		if fd.Type&types != 0 {
			fds = append(fds, fd)
		}
	}
	return fds, nil
}

func (s diskStorage) Open(fd storage.FileDesc) (storage.Reader, error) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	f := s.d.files[fd]
	if f == nil {
		return nil, os.ErrNotExist
	}
	return reader{bytes.NewReader(f.data)}, nil
}

func (s diskStorage) Create(fd storage.FileDesc) (storage.Writer, error) {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	f := &file{}
	s.d.files[fd] = f
	return writer{s.d, f, fd.Type == storage.TypeJournal}, nil
}

func (s diskStorage) Remove(fd storage.FileDesc) error {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	delete(s.d.files, fd)
	return nil
}

func (s diskStorage) Rename(old, fd storage.FileDesc) error {
	s.d.mu.Lock()
	defer s.d.mu.Unlock()
	s.d.files[fd] = s.d.files[old]
	delete(s.d.files, old)
	return nil
}

type unlocked struct{}

func (unlocked) Unlock() {}

type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }

type writer struct {
	d       *disk
	f       *file
	journal bool // others are written in the background, where failing would only be tried again, later
}

func (w writer) fault() (fail, applied bool) {
	if !w.journal {
		return false, true
	}
	fail, applied = w.d.faults()
	return fail, applied || !fail
}

func (w writer) Write(b []byte) (int, error) {
	w.d.mu.Lock()
	defer w.d.mu.Unlock()
	fail, applied := w.fault()
	if !fail {
		w.f.data = append(w.f.data, b...)
		return len(b), nil
	}
	if applied {
		w.f.data = append(w.f.data, b[:len(b)/2]...)
	}
	return 0, persisttest.ErrFault
}

func (w writer) Sync() error {
	w.d.mu.Lock()
	defer w.d.mu.Unlock()
	if w.d.rng != nil && w.d.meta.Num > 0 && w.d.rng.IntN(8) == 0 {
		w.d.cut()
	}
	fail, applied := w.fault()
	if applied {
		w.f.synced = len(w.f.data)
	}
	if fail {
		return persisttest.ErrFault
	}
	return nil
}

func (writer) Close() error { return nil }
