package main

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

// pin is a pinned domain: its baseline, and further root versions, certificates
// and revocation lists, issuers first.
type pin struct {
	root    *wire.Envelope
	objects []*wire.Envelope
}

func (p *pin) envelopes() [][]byte {
	out := [][]byte{p.root.Encode()}
	for _, o := range p.objects {
		out = append(out, o.Encode())
	}
	return out
}

// into puts the domain into a pool and returns what of it was refused.
func (p *pin) into(pool *identity.Pool) (map[wire.ID]error, error) {
	if err := pool.Pin(p.root, p.root.ID().String()); err != nil {
		return nil, err
	}
	return pool.AddAll(p.objects), nil
}

// readPins reads all pinned domains of a data folder; without a folder, none.
func (d dataDir) readPins() ([]pin, error) {
	entries, err := os.ReadDir(d.pins())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, exit.Errorf(exit.Data, "read the pinned domains: %w", err)
	}
	var pins []pin
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".json") {
			continue // what an interrupted write left
		}
		path := filepath.Join(d.pins(), entry.Name())
		p, err := readPin(path)
		if err != nil {
			return nil, exit.Errorf(exit.Data, "%s is damaged: %w", path, err).
				Hintf("delete it and pin the domain again with kreidfeuer root pin")
		}
		pins = append(pins, p)
	}
	return pins, nil
}

// pinOf finds the pinned domain of a data folder.
func (d dataDir) pinOf(domain wire.ID) (pin, error) {
	pins, err := d.readPins()
	if err != nil {
		return pin{}, err
	}
	for _, p := range pins {
		if p.root.Domain() == domain {
			return p, nil
		}
	}
	return pin{}, exit.Errorf(exit.Trust, "the root of domain %s is not pinned in %s", domain.Short(), d.path).
		Hintf("kreidfeuer root pin pins it")
}

func readPin(path string) (pin, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return pin{}, err
	}
	var f pinFile
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return pin{}, err
	}
	if f.Schema != pinSchema {
		return pin{}, fmt.Errorf("schema %q, this program reads %q", f.Schema, pinSchema)
	}
	var p pin
	for _, b := range f.Envelopes {
		o, err := wire.Decode(b)
		if err != nil {
			return pin{}, err
		}
		p.objects = append(p.objects, o)
	}
	id, err := identity.ParseFingerprint(f.Fingerprint)
	if err != nil || len(p.objects) == 0 || p.objects[0].ID() != id {
		return pin{}, errors.New("root and fingerprint do not belong together")
	}
	p.root, p.objects = p.objects[0], p.objects[1:]
	return p, nil
}

// writePin writes a pinned domain, together with what was known of it before.
func writePin(e *shell.Env, d dataDir, p pin) error {
	old, err := d.readPins()
	if err != nil {
		return err
	}
	for _, o := range old {
		if o.root.Domain() == p.root.Domain() {
			p.objects = withoutTwins(append(append(p.objects, o.root), o.objects...), p.root.ID())
		}
	}
	root, err := identity.ParseRoot(p.root)
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(pinFile{pinSchema, root.Domain.String(), root.Name, p.root.ID().String(), p.envelopes()}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(d.pins(), 0o700); err != nil {
		return exit.Errorf(exit.System, "make %s: %w", d.pins(), err)
	}
	return e.WriteFile(filepath.Join(d.pins(), root.Domain.String()+".json"), append(b, '\n'), 0o600)
}

// withoutTwins drops objects that stand in the list before, or have the given ID.
func withoutTwins(es []*wire.Envelope, but wire.ID) []*wire.Envelope {
	seen := map[wire.ID]bool{but: true}
	return slices.DeleteFunc(es, func(o *wire.Envelope) bool {
		twin := seen[o.ID()]
		seen[o.ID()] = true
		return twin
	})
}

// tellPin tells the running device, if there is one.
func tellPin(e *shell.Env, c *cli.Context, p pin) error {
	dev, err := forTrust(e, c)
	if err != nil || dev == nil {
		return err
	}
	return dev.Pin(c.Context, p.root.ID().String(), p.envelopes())
}

// inOrder adds objects to the pool and returns them in an order in which each
// stands behind what it rests on. One that is refused is an error.
func inOrder(pool *identity.Pool, left []*wire.Envelope) ([]*wire.Envelope, error) {
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
			return nil, trustFailure(last)
		}
		left = refused
	}
	return ordered, nil
}

// extendPin adds the objects of a pinned domain to it.
func extendPin(e *shell.Env, c *cli.Context, d dataDir, p pin, objects []*wire.Envelope) error {
	before := len(p.objects)
	for _, o := range objects {
		if o.Domain() == p.root.Domain() {
			p.objects = append(p.objects, o)
		}
	}
	if len(p.objects) == before {
		return nil
	}
	p.objects = withoutTwins(p.objects, p.root.ID())
	if err := writePin(e, d, p); err != nil {
		return err
	}
	return tellPin(e, c, p)
}
