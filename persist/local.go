package persist

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"strings"
)

// Local is the device's own half of the store: pins, remembered peers, drafts,
// trust state, acknowledgements. Nothing that came over the network is written
// here as it came, and nothing here is ever sent as it is.
//
// Names are words of a-z, 0-9, '.', '_' and '-', joined by '/': "pin/<root>".
type Local struct{ s *Store }

// Local returns the device's own half.
func (s *Store) Local() Local { return Local{s} }

// maxName bounds a name's bytes: a word and an ID or peer ID or two.
const maxName = 200

var nameForm = regexp.MustCompile(`^[a-zA-Z0-9._-]+(/[a-zA-Z0-9._-]+)*$`)

func checkName(name string) error {
	if len(name) > maxName || !nameForm.MatchString(name) || strings.Contains("/"+name+"/", "/../") || strings.Contains("/"+name+"/", "/./") {
		return fmt.Errorf("local name %.40q: want words of a-z, 0-9, '.', '_', '-' joined by '/', at most %d bytes", name, maxName)
	}
	return nil
}

func localKey(name string) string { return join(keyLocal, name) }

// Get returns the content stored under name, or [ErrNotFound].
func (l Local) Get(ctx context.Context, name string) ([]byte, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if err := l.s.rlock(); err != nil {
		return nil, err
	}
	defer l.s.mu.RUnlock()
	return l.s.read(ctx, localKey(name))
}

// Put stores content under name, durably. See [Batch] for several at once.
func (l Local) Put(ctx context.Context, name string, content []byte) error {
	if content == nil {
		content = []byte{}
	}
	_, err := l.s.Put(ctx, Batch{Local: map[string][]byte{name: content}})
	return err
}

// Delete removes name. An unknown name is no error.
func (l Local) Delete(ctx context.Context, name string) error {
	_, err := l.s.Put(ctx, Batch{Local: map[string][]byte{name: nil}})
	return err
}

// Value is one piece of local state.
type Value struct {
	Name    string
	Content []byte
}

// List iterates over what is stored below prefix ("pin": all of "pin/..."; "":
// everything), in order of names. A damaged value yields a [*CorruptError] with
// its name and the iteration goes on; any other error ends it.
func (l Local) List(ctx context.Context, prefix string) iter.Seq2[Value, error] {
	return func(yield func(Value, error) bool) {
		below := keyLocal
		if prefix != "" {
			if err := checkName(prefix); err != nil {
				yield(Value{}, err)
				return
			}
			below = localKey(prefix)
		}
		for v, err := range l.s.scan(ctx, below, "", 0) {
			if !yield(Value{strings.TrimPrefix(v.key, keyLocal+"/"), v.content}, err) {
				return
			}
		}
	}
}
