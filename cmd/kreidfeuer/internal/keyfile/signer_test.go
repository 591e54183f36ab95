package keyfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/testenv"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// testSigner is a new key with its state file, but without a key file.
func testSigner(t *testing.T) *Signer {
	t.Helper()
	e, _, _ := testenv.New()
	key, err := identity.GenerateKey(identity.PurposePerson, bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.key")
	if err := createSignerState(e, path, key.Public()); err != nil {
		t.Fatal(err)
	}
	return &Signer{env: e, Path: path, Key: key}
}

// beacon builds a small signed envelope at a place in the chain.
func (s *Signer) beacon(_ *State, seq uint64, prev *wire.ID) (*wire.Envelope, error) {
	id := wire.ID{0: 1}
	e, err := identity.NewBeacon(identity.Origin{Domain: id, Issuer: id, Sequence: seq, Previous: prev, Created: 1, Expires: 2}, nil, nil)
	if err != nil {
		return nil, err
	}
	return s.Key.Sign(e, s.Key.Public().Ref(), wire.RoleAuthor), nil
}

func (s *Signer) mustAuthor(t *testing.T, known identity.Head) *wire.Envelope {
	t.Helper()
	e, err := s.Author(wire.LaneTrust, known, s.beacon)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestAuthorContinuesChain(t *testing.T) {
	s := testSigner(t)
	first := s.mustAuthor(t, identity.Head{})
	if first.Header.Sequence != 1 || first.Header.Previous != nil {
		t.Errorf("first: %s, previous %v", &first.Header, first.Header.Previous)
	}
	second := s.mustAuthor(t, identity.Head{Sequence: 1, ID: first.ID()})
	if second.Header.Sequence != 2 || second.Header.Previous == nil || *second.Header.Previous != first.ID() {
		t.Errorf("second: %s, previous %v, want %s", &second.Header, second.Header.Previous, first.ID())
	}
	ahead := identity.Head{Sequence: 9, ID: wire.ID{0: 1, 5: 5}}
	if e := s.mustAuthor(t, ahead); e.Header.Sequence != 10 || *e.Header.Previous != ahead.ID {
		t.Errorf("behind the network: %s, previous %s, want 10 after %s", &e.Header, e.Header.Previous, ahead.ID)
	}
	behind := identity.Head{Sequence: 3, ID: wire.ID{0: 1, 5: 6}}
	if e := s.mustAuthor(t, behind); e.Header.Sequence != 11 {
		t.Errorf("ahead of the network: %s, want 11", &e.Header)
	}
	if e, err := s.Author(wire.LaneLive, identity.Head{}, s.beacon); err != nil || e.Header.Sequence != 1 {
		t.Errorf("another lane: %v, %v, want sequence 1", e, err)
	}
}

func TestAuthorRefusesFork(t *testing.T) {
	s := testSigner(t)
	s.mustAuthor(t, identity.Head{})
	_, err := s.Author(wire.LaneTrust, identity.Head{Sequence: 1, ID: wire.ID{0: 1, 5: 5}}, s.beacon)
	var f *exit.Failure
	if !errors.As(err, &f) || f.Code != exit.Trust {
		t.Errorf("a second envelope with sequence 1 in the network: %v, want a refusal", err)
	}
}

// TestAuthorWritesStateFirst lets the state file fail: then nothing signed comes out.
func TestAuthorWritesStateFirst(t *testing.T) {
	s := testSigner(t)
	before, err := os.ReadFile(StatePath(s.Path))
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("no signature today")
	if _, err := s.Author(wire.LaneTrust, identity.Head{}, func(*State, uint64, *wire.ID) (*wire.Envelope, error) {
		return nil, broken
	}); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	random := s.env.Random
	s.env.Random = io.LimitReader(nil, 0) // the temporary file gets no name
	if e, err := s.Author(wire.LaneTrust, identity.Head{}, s.beacon); err == nil || e != nil {
		t.Errorf("state not written, but got %v, %v", e, err)
	}
	s.env.Random = random
	after, err := os.ReadFile(StatePath(s.Path))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("state changed by failures (%v):\n%s", err, after)
	}
}

// TestAuthorsTakeTurns lets several programs sign with one key file at once.
func TestAuthorsTakeTurns(t *testing.T) {
	s := testSigner(t)
	const n = 8
	var mu sync.Mutex
	seen := map[uint64]bool{}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			e, err := s.Author(wire.LaneTrust, identity.Head{}, s.beacon)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			if seen[e.Header.Sequence] {
				t.Error(fmt.Sprint("two envelopes with sequence ", e.Header.Sequence))
			}
			seen[e.Header.Sequence] = true
		})
	}
	wg.Wait()
	for i := range uint64(n) {
		if !seen[i+1] {
			t.Errorf("no envelope with sequence %d", i+1)
		}
	}
}
