package stick

import (
	"bufio"
	"errors"
	"io"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/carry"
	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// stickWriter writes the new bundle, or several if it grows large.
type stickWriter struct {
	x       *courier
	written map[form]bool
	odd     map[form]bool // written in a copy that may not be as good as others
	moved   int           // class of envelopes up to which what moves has been written

	name   string // of the file being written, without extension
	file   stickFile
	buffer *bufio.Writer
	w      *bundle.Writer
}

// lastClass is what is no known lane: a newer program may know it.
const lastClass = 5

// classOf orders envelopes as a bundle does.
func classOf(e *wire.Envelope) int {
	if e == nil {
		return lastClass
	}
	return min(int(e.Header.Lane), lastClass)
}

// all writes what the stick lacks, lane by lane, and then what moves, into another
// file: nobody has verified that, and forgeries in it must not make the next device
// give up before it has read the rest.
func (s *stickWriter) all() error {
	err := carry.EachExported(s.x.ctx, s.x.dev, apitype.BundleFilter{Bare: true}, io.Discard, func(raw []byte) error {
		e, err := wire.Decode(raw)
		if err != nil {
			return err
		}
		f := formOf(e)
		b := s.x.held[f]
		if s.written[f] || b != nil && !b.folds {
			return nil
		}
		if err := s.write(raw); err != nil {
			return err
		}
		s.written[f] = true
		s.x.done.Written++
		return nil
	})
	if err == nil {
		err = s.finish()
	}
	if err != nil {
		return err
	}
	return s.move(lastClass)
}

// move writes what is needed of the bundles that fold, up to a class.
func (s *stickWriter) move(class int) error {
	for ; s.moved < class; s.moved++ {
		for _, b := range s.x.bundles {
			if !b.folds {
				continue
			}
			read := int64(0)
			err := s.x.each(b, false, func(r stickRecord) error {
				read += int64(len(r.raw))
				if classOf(r.e) != s.moved+1 || !s.needs(b, &r) {
					return nil
				}
				s.written[r.form] = r.proper
				s.odd[r.form] = true
				s.x.done.Moved++
				return s.write(r.raw)
			})
			if err != nil {
				return err
			}
			if read != b.bytes { // a loose stick: what did not move must not go
				b.folds = false
				s.x.done.Damage = append(s.x.done.Damage, stickDamage{b.name, apitype.Damage{Reason: "it was not read whole a second time, and is kept"}})
			}
		}
	}
	return nil
}

// needs reports whether an envelope of a bundle that folds must move.
func (s *stickWriter) needs(b *stickBundle, r *stickRecord) bool {
	if r.useless || r.gone && (b.own || s.x.agreed) || s.written[r.form] {
		return false
	}
	if holder := s.x.held[r.form]; holder != nil && !holder.folds {
		return false
	}
	return r.proper || !s.odd[r.form] && !s.x.stock.holds(r.form)
}

func (s *stickWriter) write(raw []byte) error {
	if s.w != nil && s.w.Size() >= maxStickBundle {
		if err := s.finish(); err != nil {
			return err
		}
	}
	if s.w == nil {
		if err := s.begin(); err != nil {
			return err
		}
	}
	return s.w.Write(raw)
}

func (s *stickWriter) begin() (err error) {
	x := s.x
	if s.name, err = freeName(x.prefix, x.names); err != nil {
		return err
	}
	x.names = append(x.names, s.name+bundleExt)
	if s.file, err = x.folder.Create(s.name + tempExt); err != nil {
		return err
	}
	s.buffer = bufio.NewWriterSize(s.file, 256<<10)
	s.w, err = bundle.NewWriter(s.buffer, bundle.Header{Created: x.now, Domains: x.roots[:min(len(x.roots), maxHeaderDomains)], Lanes: wire.Lanes})
	return err
}

// maxHeaderDomains is how many domains a bundle's header may name.
const maxHeaderDomains = 64

// finish makes the file durable under its name. Until then it is a leftover.
func (s *stickWriter) finish() error {
	if s.w == nil {
		return nil
	}
	err := s.w.Close()
	size := s.w.Size()
	if err == nil {
		err = s.buffer.Flush()
	}
	if err == nil {
		err = s.file.Sync()
	}
	err = errors.Join(err, s.file.Close())
	s.file = nil
	if err != nil {
		return err
	}
	if err := s.x.folder.Rename(s.name+tempExt, s.name+bundleExt); err != nil {
		return err
	}
	s.x.done.Files = append(s.x.done.Files, s.name+bundleExt)
	s.x.done.Bytes += size
	s.w, s.name = nil, ""
	return nil
}

// abandon removes a file that could not be finished. On a stick that is gone, the
// next visit does.
func (s *stickWriter) abandon() {
	if s.file != nil {
		s.file.Close()
	}
	if s.name != "" {
		s.x.folder.Remove(s.name + tempExt)
	}
	if len(s.x.done.Files) == 0 {
		s.x.done.Written, s.x.done.Moved = 0, 0
	}
}
