package persist_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"sync"
	"testing"

	"github.com/ipfs/go-datastore"
	"github.com/syndtr/goleveldb/leveldb/storage"

	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/persisttest"
)

func TestLevelDBPowerLoss(t *testing.T) {
	persisttest.TestPowerLoss(t, func(faults persisttest.Faults) persisttest.Disk {
		return &disk{files: map[storage.FileDesc]*file{}, faults: faults}
	})
}

// disk is goleveldb's storage in memory that forgets what was not synced.
type disk struct {
	mu     sync.Mutex
	files  map[storage.FileDesc]*file
	meta   storage.FileDesc
	faults persisttest.Faults
}

type file struct {
	data   []byte
	synced int
}

func (d *disk) Open() (datastore.Batching, error) {
	return persist.NewLevel(diskStorage{d}, 100_000)
}

// PowerLoss cuts every file behind what was synced, or a little later, and
// spoils what was not synced.
func (d *disk) PowerLoss(rng *rand.Rand) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for fd, f := range d.files {
		end := f.synced + rng.IntN(len(f.data)-f.synced+1)
		f.data = bytes.Clone(f.data[:end])
		if end > f.synced && rng.IntN(2) == 0 {
			f.data[f.synced+rng.IntN(end-f.synced)] ^= 0x55
		}
		if f.synced = end; end == 0 {
			delete(d.files, fd) // not even its name was written
		}
	}
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
