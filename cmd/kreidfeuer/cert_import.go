package main

import (
	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

func certImportCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:      "import",
		Usage:     "give this device certificates, revocation lists and root versions to pass on",
		ArgsUsage: "FILE...",
		Description: "Everything is verified by the domains that the device has pinned, and nothing is taken\n" +
			"if one object does not hold. A device that runs is told at once.\n\n" +
			"Example:\n" +
			"  kreidfeuer cert import weber.pem revoked.pem",
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, maxFiles, "one or more files"); err != nil {
				return err
			}
			return e.importTrust(c)
		},
	}, exitOK, exitUsage, exitTrust, exitData, exitSystem)
}

func (e *env) importTrust(c *cli.Context) error {
	d, err := e.dataDir(c)
	if err != nil {
		return err
	}
	if _, err := d.openConfig(); err != nil {
		return err
	}
	var all []*wire.Envelope
	for _, name := range c.Args().Slice() {
		es, err := e.readObjectFile(name)
		if err != nil {
			return err
		}
		all = append(all, es...)
	}
	pins, err := d.readPins()
	if err != nil {
		return err
	}
	pool := identity.NewPool()
	for i := range pins {
		if _, err := pins[i].into(pool); err != nil {
			return failf(exitData, "pinned domain %s: %w", pins[i].root.Domain().Short(), err)
		}
	}
	ordered, err := inOrder(pool, withoutTwins(unchain(all), wire.ID{}))
	if err != nil {
		return err
	}
	for i := range pins {
		if err := e.extendPin(c, d, pins[i], ordered); err != nil {
			return err
		}
	}
	e.notef("imported: %s", counted(len(ordered), "object"))
	return nil
}
