// Package trust holds what the commands know of whom to trust: the pinned roots of the
// data folder, the files of --trust, and the unit that issues with its signers.
package trust

import (
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Flag belongs to every command that judges signed objects.
func Flag() cli.Flag {
	return &cli.StringSliceFlag{Name: "trust", Usage: "judge by the roots and certificates in `FILE`; may be repeated", DefaultText: "what this device has pinned"}
}

// Open makes a pool of what this device has pinned, or of the files of
// --trust: roots in them are trusted for this command only.
func Open(e *shell.Env, c *cli.Context) (*identity.Pool, error) {
	pool := identity.NewPool()
	files := c.StringSlice("trust")
	if len(files) == 0 {
		d, err := datadir.Find(e, c)
		if err != nil {
			return nil, err
		}
		pins, err := ReadPins(d)
		if err != nil {
			return nil, err
		}
		for _, p := range pins {
			if _, err := p.Into(pool); err != nil {
				return nil, exit.Errorf(exit.Data, "pinned domain %s: %w", p.Root.Domain().Short(), err)
			}
		}
		return pool, nil
	}
	var all []*wire.Envelope
	for _, name := range files {
		es, err := armor.ReadFile(e, name)
		if err != nil {
			return nil, err
		}
		all = append(all, es...)
	}
	for _, p := range Gather(all) {
		refused, err := p.Into(pool)
		if err != nil {
			return nil, exit.Errorf(exit.Trust, "--trust: %w", err)
		}
		WarnRefused(e, p.Objects, refused)
	}
	return pool, nil
}

// Gather sorts objects into domains, each with its oldest root version as
// baseline. Objects of domains without a root are left out.
func Gather(es []*wire.Envelope) []Pin {
	var pins []Pin
	for _, e := range Unchain(es) {
		if e.Header.Type != wire.TypeRoot {
			continue
		}
		i := slices.IndexFunc(pins, func(p Pin) bool { return p.Root.Domain() == e.Domain() })
		if i < 0 {
			pins = append(pins, Pin{Root: e})
		} else if e.Header.Sequence < pins[i].Root.Header.Sequence {
			pins[i].Root = e
		}
	}
	for i := range pins {
		for _, e := range Unchain(es) {
			if e.Domain() == pins[i].Root.Domain() {
				pins[i].Objects = append(pins[i].Objects, e)
			}
		}
		pins[i].Objects = WithoutTwins(pins[i].Objects, pins[i].Root.ID())
	}
	return pins
}

// Unchain lists objects with what their chains hold in front of them.
func Unchain(es []*wire.Envelope) []*wire.Envelope {
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

// WarnRefused tells which objects are left out, and why.
func WarnRefused(e *shell.Env, objects []*wire.Envelope, refused map[wire.ID]error) {
	for _, o := range objects {
		if err := refused[o.ID()]; err != nil {
			e.Warnf("%s %s is left out: %v", o.Header.Type, o.ID().Short(), err)
		}
	}
}

// Admit takes an object and its chain into the pool.
func Admit(pool *identity.Pool, e *wire.Envelope, name string) error {
	for _, o := range Unchain([]*wire.Envelope{e}) {
		if _, err := pool.Add(o); err != nil {
			return Failure(fmt.Errorf("%s: %s: %w", shell.InputName(name), o.Header.Type, err))
		}
	}
	return nil
}

// Failure adds to a refusal what the person can do about it.
func Failure(err error) error {
	var refusal *wire.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	f := exit.Errorf(exit.Trust, "%w", err)
	switch refusal.Reason {
	case wire.ReasonUnknownDomain:
		return f.Hintf("name the root with --trust FILE, or pin it with kreidfeuer root pin")
	case wire.ReasonUnknownIssuer:
		return f.Hintf("name the missing certificates, or a bundle with them, with --trust FILE")
	case wire.ReasonNotContain:
		return f.Hintf("ask for less: kreidfeuer cert show ISSUER lists what the issuer may pass on")
	case wire.ReasonBadQuorum:
		return f.Hintf("further persons of the issuing unit must sign with kreidfeuer cert sign")
	case wire.ReasonCertExpired:
		return f.Hintf("check this machine's clock, then the validity with kreidfeuer cert show")
	case wire.ReasonRevoked:
		return f.Hintf("the key was withdrawn; ask the unit above for a new certificate")
	}
	return f
}

// EachDomain shows the domains of --trust, or those that the data folder has pinned.
func EachDomain(e *shell.Env, c *cli.Context, show func(identity.DomainStatus)) error {
	pool, err := Open(e, c)
	if err != nil {
		return err
	}
	for _, id := range pool.Domains() {
		s, _ := pool.Status(id)
		show(s)
	}
	return nil
}
