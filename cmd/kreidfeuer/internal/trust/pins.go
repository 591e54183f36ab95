package trust

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// A pinned trust domain is a file in the data folder, pins/DOMAIN.json: the root
// version whose fingerprint a person has compared, and what came with it. The
// folder is private; whoever can write to it decides whom the device trusts.
type pinFile struct {
	Schema      string   `json:"schema"` // kreidfeuer.pin/1
	Domain      string   `json:"domain"`
	Name        string   `json:"name"`
	Fingerprint string   `json:"fingerprint"` // of the pinned version
	Envelopes   [][]byte `json:"envelopes"`   // the pinned version, then the rest
}

const pinSchema = "kreidfeuer.pin/1"

// Pin is a pinned domain: its baseline, and further root versions, certificates
// and revocation lists, issuers first.
type Pin struct {
	Root    *wire.Envelope
	Objects []*wire.Envelope
}

// Envelopes are the transmitted forms: the root first.
func (p *Pin) Envelopes() [][]byte {
	out := [][]byte{p.Root.Encode()}
	for _, o := range p.Objects {
		out = append(out, o.Encode())
	}
	return out
}

// Into puts the domain into a pool and returns what of it was refused.
func (p *Pin) Into(pool *identity.Pool) (map[wire.ID]error, error) {
	if err := pool.Pin(p.Root, p.Root.ID().String()); err != nil {
		return nil, err
	}
	return pool.AddAll(p.Objects), nil
}

// ReadPins reads all pinned domains of a data folder; without a folder, none.
func ReadPins(d datadir.Dir) ([]Pin, error) {
	entries, err := os.ReadDir(d.Pins())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, exit.Errorf(exit.Data, "read the pinned domains: %w", err)
	}
	var pins []Pin
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".json") {
			continue // what an interrupted write left
		}
		path := filepath.Join(d.Pins(), entry.Name())
		p, err := readPin(path)
		if err != nil {
			return nil, exit.Errorf(exit.Data, "%s is damaged: %w", path, err).
				Hintf("delete it and pin the domain again with kreidfeuer root pin")
		}
		pins = append(pins, p)
	}
	return pins, nil
}

// PinOf finds the pinned domain of a data folder.
func PinOf(d datadir.Dir, domain wire.ID) (Pin, error) {
	pins, err := ReadPins(d)
	if err != nil {
		return Pin{}, err
	}
	for _, p := range pins {
		if p.Root.Domain() == domain {
			return p, nil
		}
	}
	return Pin{}, exit.Errorf(exit.Trust, "the root of domain %s is not pinned in %s", domain.Short(), d.Path).
		Hintf("kreidfeuer root pin pins it")
}

func readPin(path string) (Pin, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Pin{}, err
	}
	var f pinFile
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return Pin{}, err
	}
	if f.Schema != pinSchema {
		return Pin{}, fmt.Errorf("schema %q, this program reads %q", f.Schema, pinSchema)
	}
	var p Pin
	for _, b := range f.Envelopes {
		o, err := wire.Decode(b)
		if err != nil {
			return Pin{}, err
		}
		p.Objects = append(p.Objects, o)
	}
	id, err := identity.ParseFingerprint(f.Fingerprint)
	if err != nil || len(p.Objects) == 0 || p.Objects[0].ID() != id {
		return Pin{}, errors.New("root and fingerprint do not belong together")
	}
	p.Root, p.Objects = p.Objects[0], p.Objects[1:]
	return p, nil
}

// WritePin writes a pinned domain, together with what was known of it before.
func WritePin(e *shell.Env, d datadir.Dir, p Pin) error {
	old, err := ReadPins(d)
	if err != nil {
		return err
	}
	for _, o := range old {
		if o.Root.Domain() == p.Root.Domain() {
			p.Objects = WithoutTwins(append(append(p.Objects, o.Root), o.Objects...), p.Root.ID())
		}
	}
	root, err := identity.ParseRoot(p.Root)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(pinFile{pinSchema, root.Domain.String(), root.Name, p.Root.ID().String(), p.Envelopes()}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(d.Pins(), 0o700); err != nil {
		return exit.Errorf(exit.System, "make %s: %w", d.Pins(), err)
	}
	return e.WriteFile(filepath.Join(d.Pins(), root.Domain.String()+".json"), append(b, '\n'), 0o600)
}

// WithoutTwins drops objects that stand in the list before, or have the given ID.
func WithoutTwins(es []*wire.Envelope, but wire.ID) []*wire.Envelope {
	seen := map[wire.ID]bool{but: true}
	return slices.DeleteFunc(es, func(o *wire.Envelope) bool {
		twin := seen[o.ID()]
		seen[o.ID()] = true
		return twin
	})
}

// Tell tells the running device, if there is one.
func Tell(e *shell.Env, c *cli.Context, p Pin) error {
	dev, err := device.ForTrust(e, c)
	if err != nil || dev == nil {
		return err
	}
	return dev.Pin(c.Context, p.Root.ID().String(), p.Envelopes())
}

// InOrder adds objects to the pool and returns them in an order in which each
// stands behind what it rests on. One that is refused is an error.
func InOrder(pool *identity.Pool, left []*wire.Envelope) ([]*wire.Envelope, error) {
	var ordered []*wire.Envelope
	for len(left) > 0 {
		var refused []*wire.Envelope
		var last error
		for _, o := range left {
			if _, err := pool.Add(o); err != nil {
				refused, last = append(refused, o), fmt.Errorf("%s %s: %w", o.Header.Type, o.ID().Short(), err)
			} else {
				ordered = append(ordered, o)
			}
		}
		if len(refused) == len(left) {
			return nil, Failure(last)
		}
		left = refused
	}
	return ordered, nil
}

// Extend adds the objects of a pinned domain to it.
func Extend(e *shell.Env, c *cli.Context, d datadir.Dir, p Pin, objects []*wire.Envelope) error {
	before := len(p.Objects)
	for _, o := range objects {
		if o.Domain() == p.Root.Domain() {
			p.Objects = append(p.Objects, o)
		}
	}
	if len(p.Objects) == before {
		return nil
	}
	p.Objects = WithoutTwins(p.Objects, p.Root.ID())
	if err := WritePin(e, d, p); err != nil {
		return err
	}
	return Tell(e, c, p)
}
