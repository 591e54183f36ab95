package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

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
		return nil, failf(exitData, "read the pinned domains: %w", err)
	}
	var pins []pin
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".json") {
			continue // what an interrupted write left
		}
		path := filepath.Join(d.pins(), entry.Name())
		p, err := readPin(path)
		if err != nil {
			return nil, failf(exitData, "%s is damaged: %w", path, err).
				hintf("delete it and pin the domain again with kreidfeuer root pin")
		}
		pins = append(pins, p)
	}
	return pins, nil
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
func (e *env) writePin(d dataDir, p pin) error {
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
		return failf(exitSystem, "make %s: %w", d.pins(), err)
	}
	return e.writeFile(filepath.Join(d.pins(), root.Domain.String()+".json"), append(b, '\n'), 0o600)
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

// runningDevice is what root and cert ask of a device that runs on the data
// folder. Without one they work on files alone.
type runningDevice interface {
	// Head returns the last envelope of a key in a lane of a domain that the
	// device knows, or zero.
	Head(ctx context.Context, domain wire.ID, key identity.PublicKey, lane wire.Lane) (identity.Head, error)
	// Pin makes the device trust a root now. The envelopes are its transmitted
	// forms: the root first, then what else of its domain came along.
	Pin(ctx context.Context, fingerprint string, envelopes [][]byte) error
}

// connected returns the running device, or nil.
func (e *env) connected(c *cli.Context) (runningDevice, error) {
	if e.connect == nil {
		return nil, nil
	}
	return e.connect(c)
}

// trustFlag belongs to every command that judges signed objects.
func trustFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "trust", Usage: "judge by the roots and certificates in `FILE`; may be repeated", DefaultText: "what this device has pinned"}
}

// openTrust makes a pool of what this device has pinned, or of the files of
// --trust: roots in them are trusted for this command only.
func (e *env) openTrust(c *cli.Context) (*identity.Pool, error) {
	pool := identity.NewPool()
	files := c.StringSlice("trust")
	if len(files) == 0 {
		d, err := e.dataDir(c)
		if err != nil {
			return nil, err
		}
		pins, err := d.readPins()
		if err != nil {
			return nil, err
		}
		for _, p := range pins {
			if _, err := p.into(pool); err != nil {
				return nil, failf(exitData, "pinned domain %s: %w", p.root.Domain().Short(), err)
			}
		}
		return pool, nil
	}
	var all []*wire.Envelope
	for _, name := range files {
		es, err := e.readObjectFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, es...)
	}
	for _, p := range gatherPins(all) {
		refused, err := p.into(pool)
		if err != nil {
			return nil, failf(exitTrust, "--trust: %w", err)
		}
		e.warnRefused(p.objects, refused)
	}
	return pool, nil
}

// gatherPins sorts objects into domains, each with its oldest root version as
// baseline. Objects of domains without a root are left out.
func gatherPins(es []*wire.Envelope) []pin {
	var pins []pin
	for _, e := range unchain(es) {
		if e.Header.Type != wire.TypeRoot {
			continue
		}
		i := slices.IndexFunc(pins, func(p pin) bool { return p.root.Domain() == e.Domain() })
		if i < 0 {
			pins = append(pins, pin{root: e})
		} else if e.Header.Sequence < pins[i].root.Header.Sequence {
			pins[i].root = e
		}
	}
	for i := range pins {
		for _, e := range unchain(es) {
			if e.Domain() == pins[i].root.Domain() {
				pins[i].objects = append(pins[i].objects, e)
			}
		}
		pins[i].objects = withoutTwins(pins[i].objects, pins[i].root.ID())
	}
	return pins
}

// unchain lists objects with what their chains hold in front of them.
func unchain(es []*wire.Envelope) []*wire.Envelope {
	var all []*wire.Envelope
	for _, e := range es {
		for _, b := range e.Chain {
			if link, err := wire.Decode(b); err == nil {
				all = append(all, link)
			}
		}
		bare := *e
		bare.Chain = nil
		all = append(all, &bare)
	}
	return all
}

func (e *env) warnRefused(objects []*wire.Envelope, refused map[wire.ID]error) {
	for _, o := range objects {
		if err := refused[o.ID()]; err != nil {
			e.warnf("%s %s is left out: %v", o.Header.Type, o.ID().Short(), err)
		}
	}
}

// admit takes an object and its chain into the pool.
func admit(pool *identity.Pool, e *wire.Envelope, name string) error {
	for _, o := range unchain([]*wire.Envelope{e}) {
		if _, err := pool.Add(o); err != nil {
			return trustFailure(fmt.Errorf("%s: %s: %w", inputName(name), o.Header.Type, err))
		}
	}
	return nil
}

// trustFailure adds to a refusal what the person can do about it.
func trustFailure(err error) error {
	var refusal *wire.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	f := failf(exitTrust, "%w", err)
	switch refusal.Reason {
	case wire.ReasonUnknownDomain:
		return f.hintf("name the root with --trust FILE, or pin it with kreidfeuer root pin")
	case wire.ReasonUnknownIssuer:
		return f.hintf("name the missing certificates, or a bundle with them, with --trust FILE")
	case wire.ReasonNotContain:
		return f.hintf("ask for less: kreidfeuer cert show ISSUER lists what the issuer may pass on")
	case wire.ReasonBadQuorum:
		return f.hintf("further persons of the issuing unit must sign with kreidfeuer cert sign")
	case wire.ReasonCertExpired:
		return f.hintf("check this machine's clock, then the validity with kreidfeuer cert show")
	case wire.ReasonRevoked:
		return f.hintf("the key was withdrawn; ask the unit above for a new certificate")
	}
	return f
}
