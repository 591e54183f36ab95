package keyfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Signer is an opened key file. Everything a key authors in a lane forms a chain
// of sequence and previous envelope; two envelopes with one sequence look like
// two holders of the key. So the end of each chain rests in a state file beside
// the key file, and is written before a signed envelope leaves the program.
type Signer struct {
	env  *shell.Env
	Path string // of the key file
	Key  identity.PrivateKey
	name string // of the holder, by the key file
}

// State is the state file, KEYFILE.state.
type State struct {
	Schema string                 `json:"schema"` // kreidfeuer.signer/1
	Key    identity.PublicKey     `json:"key"`
	Lanes  map[wire.Lane]chainEnd `json:"lanes"`           // the last envelope the key has authored
	Lists  map[string][]byte      `json:"lists,omitempty"` // its last revocation list, an envelope, by domain and authority
}

type chainEnd struct {
	Sequence uint64  `json:"sequence"`
	ID       wire.ID `json:"id"`
}

const schema = "kreidfeuer.signer/1"

// StatePath is the state file beside a key file.
func StatePath(keyPath string) string { return keyPath + ".state" }

// createSignerState begins the chains of a new key.
func createSignerState(e *shell.Env, keyPath string, key identity.PublicKey) error {
	st := State{Schema: schema, Key: key, Lanes: map[wire.Lane]chainEnd{}}
	b, err := st.encode()
	if err != nil {
		return err
	}
	return e.CreateFile(StatePath(keyPath), b, 0o600)
}

func (st *State) encode() ([]byte, error) {
	b, err := json.MarshalIndent(st, "", "  ")
	return append(b, '\n'), err
}

func (s *Signer) readState() (*State, error) {
	path := StatePath(s.Path)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, exit.Errorf(exit.Trust, "%s is missing: it says what the key has signed last", path).
			Hintf("keep it beside the key file wherever that goes. If it is lost and the key has never signed, write {\"schema\":%q,\"key\":%q,\"lanes\":{}} into it; else ask for a new certificate with a new key", schema, s.Key.Public())
	}
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "%w", err)
	}
	var st State
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&st); err != nil {
		return nil, exit.Errorf(exit.Data, "%s is damaged: %w", path, err)
	}
	if st.Schema != schema {
		return nil, exit.Errorf(exit.Data, "%s has schema %q, this program reads %q", path, st.Schema, schema)
	}
	if st.Key != s.Key.Public() {
		return nil, exit.Errorf(exit.Data, "%s belongs to another key", path)
	}
	if st.Lanes == nil {
		st.Lanes = map[wire.Lane]chainEnd{}
	}
	return &st, nil
}

// Author makes the key's next envelope in a lane. known is the last one that a
// running device has of this key, or zero. build gets the envelope's place in
// the chain and returns it signed; it is returned only after the state file
// holds it. Two programs that sign with one key file wait for each other.
func (s *Signer) Author(lane wire.Lane, known identity.Head, build func(st *State, seq uint64, prev *wire.ID) (*wire.Envelope, error)) (*wire.Envelope, error) {
	unlock, err := lockedfile.MutexAt(StatePath(s.Path) + ".lock").Lock()
	if err != nil {
		return nil, exit.Errorf(exit.System, "lock %s: %w", StatePath(s.Path), err)
	}
	defer unlock()
	st, err := s.readState()
	if err != nil {
		return nil, err
	}
	head, err := s.join(st.Lanes[lane], known)
	if err != nil {
		return nil, err
	}
	var prev *wire.ID
	if head.Sequence > 0 {
		prev = &head.ID
	}
	e, err := build(st, head.Sequence+1, prev)
	if err != nil {
		return nil, err
	}
	st.Lanes[lane] = chainEnd{e.Header.Sequence, e.ID()}
	b, err := st.encode()
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", StatePath(s.Path), err)
	}
	if err := s.env.WriteFile(StatePath(s.Path), b, 0o600); err != nil {
		return nil, err
	}
	return e, nil
}

// join finds the end of the chain between the state file and a device.
func (s *Signer) join(own chainEnd, known identity.Head) (chainEnd, error) {
	if known.Sequence == own.Sequence && known.Sequence > 0 && known.ID != own.ID {
		return chainEnd{}, exit.Errorf(exit.Trust, "the key of %s has signed two different envelopes with sequence %d: %s here, %s in the network",
			s.Path, own.Sequence, own.ID.Short(), known.ID.Short()).
			Hintf("a copy of the key is in use elsewhere; if nobody of yours has it, report the key as compromised")
	}
	if known.Sequence > own.Sequence {
		return chainEnd{known.Sequence, known.ID}, nil
	}
	return own, nil
}

// Remember keeps a key's last list in its state file.
func (st *State) Remember(list *wire.Envelope) {
	if st.Lists == nil {
		st.Lists = map[string][]byte{}
	}
	st.Lists[listName(list.Domain(), list.Header.Authority)] = list.Encode()
}

// List is what the key's last list for a unit withdraws, by its state file.
func (st *State) List(domain wire.ID, authority string) ([]identity.Revocation, error) {
	b, ok := st.Lists[listName(domain, authority)]
	if !ok {
		return nil, nil
	}
	e, err := wire.Decode(b)
	if err == nil {
		var l *identity.RevocationList
		if l, err = identity.ParseRevocationList(e); err == nil {
			return l.Entries, nil
		}
	}
	return nil, exit.Errorf(exit.Data, "the last revocation list in the key's state file is damaged: %w", err)
}

func listName(domain wire.ID, authority string) string { return domain.String() + "/" + authority }
