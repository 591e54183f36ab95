package persist

import (
	"github.com/syndtr/goleveldb/leveldb/storage"
)

// careful is goleveldb's storage with what it omits: a new manifest is synced
// before CURRENT names it. Without, a power cut shortly after any start could
// leave CURRENT naming an empty file, and with it the whole database lost.
type careful struct {
	storage.Storage
	manifest storage.Writer // the last one that was made; goleveldb makes one at a time
}

// Create implements [storage.Storage].
func (c *careful) Create(fd storage.FileDesc) (storage.Writer, error) {
	w, err := c.Storage.Create(fd)
	if err == nil && fd.Type == storage.TypeManifest {
		c.manifest = w
	}
	return w, err
}

// SetMeta implements [storage.Storage].
func (c *careful) SetMeta(fd storage.FileDesc) error {
	if c.manifest != nil {
		if err := c.manifest.Sync(); err != nil {
			return err
		}
	}
	return c.Storage.SetMeta(fd)
}

// folder is a database's folder.
type folder struct {
	storage.Storage
	dir string
}

func folderStorage(dir string) func(readOnly bool) (storage.Storage, error) {
	return func(readOnly bool) (storage.Storage, error) {
		stor, err := storage.OpenFile(dir, readOnly)
		return folder{stor, dir}, err
	}
}

// Create implements [storage.Storage]. The new file's name is made durable
// before anything is written that might be acknowledged.
func (f folder) Create(fd storage.FileDesc) (storage.Writer, error) {
	w, err := f.Storage.Create(fd)
	if err != nil {
		return nil, err
	}
	if err := syncFolder(f.dir); err != nil {
		_ = w.Close()
		return nil, err
	}
	return w, nil
}
