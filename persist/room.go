package persist

import (
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// growth is how much room a batch wants, and for what.
type growth uint8

const (
	growsLittle growth = iota // local state, events, deletions
	growsUrgent               // trust objects and alerts
	growsMuch                 // what can wait
)

func (b *Batch) growth() growth {
	g := growsLittle
	if len(b.Parts) > 0 {
		g = growsUrgent
	}
	for _, e := range b.Entries {
		if !Urgent(e.Envelope.Header.Lane) {
			return growsMuch
		}
		g = growsUrgent
	}
	return g
}

// Urgent reports whether the last of the room on the disk is for this lane.
func Urgent(lane wire.Lane) bool { return lane == wire.LaneTrust || lane == wire.LaneLive }

// Room is the error that an exercise or a letter would get for want of room; nil:
// there is some, or nothing guards it.
func (s *Store) Room() error { return s.room(growsMuch) }

// room refuses what would take the room that is kept free for more important things.
func (s *Store) room(g growth) error { return s.Space().room(g) }

func (sp Space) room(g growth) error {
	switch {
	case !sp.Known || g == growsLittle:
		return nil
	case sp.Free < sp.Reserve/urgentShare:
		return fmt.Errorf("%w (%d MiB free, %d MiB are kept free)", ErrFull, sp.Free>>20, sp.Reserve/urgentShare>>20)
	case sp.Free < sp.Reserve && g == growsMuch:
		return &LowSpaceError{sp.Free, sp.Reserve}
	}
	return nil
}

// Space is the room on the store's disk.
type Space struct {
	Known   bool   // false: nothing guards the space, or the file system cannot say
	Free    uint64 // bytes
	Reserve uint64 // bytes that exercises and letters leave free
}

// Room is the error that an exercise or a letter would get for want of this room;
// nil: there is some, or nothing guards it.
func (sp Space) Room() error { return sp.room(growsMuch) }

// FolderSpace asks for the room on the disk of the folder dir, and what a store
// there leaves free unless [Options.MinFree] says otherwise.
func FolderSpace(dir string) Space {
	free, size, err := diskSpace(dir)
	return Space{Known: err == nil, Free: free, Reserve: uint64(minFreeOf(size))}
}

// Space asks for the room on the store's disk.
func (s *Store) Space() Space {
	if s.opt.Free == nil || s.opt.MinFree < 0 {
		return Space{}
	}
	free, err := s.opt.Free()
	return Space{Known: err == nil, Free: free, Reserve: uint64(s.opt.MinFree)}
}

// FolderSize is the bytes of all files of the store, also of a damaged database
// that [Salvage] has kept; 0 in memory.
func (s *Store) FolderSize() (size int64) {
	if s.dir == "" {
		return 0
	}
	_ = filepath.WalkDir(s.dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil { // else it has gone meanwhile
				size += info.Size()
			}
		}
		return nil
	})
	return size
}
