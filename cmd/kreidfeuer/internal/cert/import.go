package cert

import (
	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Import is "cert import".
func Import(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "import",
		Usage:     "give this device certificates, revocation lists and root versions to pass on",
		ArgsUsage: "FILE...",
		Description: "Everything is verified by the domains that the device has pinned, and nothing is taken\n" +
			"if one object does not hold. A device that runs is told at once.\n\n" +
			"Example:\n" +
			"  kreidfeuer cert import weber.pem revoked.pem",
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, command.MaxFiles, "one or more files"); err != nil {
				return err
			}
			return importTrust(e, c)
		},
	}, exit.OK, exit.Usage, exit.Trust, exit.Data, exit.System)
}

func importTrust(e *shell.Env, c *cli.Context) error {
	d, err := datadir.Find(e, c)
	if err != nil {
		return err
	}
	if _, err := d.OpenConfig(); err != nil {
		return err
	}
	var all []*wire.Envelope
	for _, name := range c.Args().Slice() {
		es, err := armor.ReadFile(e, name)
		if err != nil {
			return err
		}
		all = append(all, es...)
	}
	pins, err := trust.ReadPins(d)
	if err != nil {
		return err
	}
	pool := identity.NewPool()
	for i := range pins {
		if _, err := pins[i].Into(pool); err != nil {
			return exit.Errorf(exit.Data, "pinned domain %s: %w", pins[i].Root.Domain().Short(), err)
		}
	}
	ordered, err := trust.InOrder(pool, trust.WithoutTwins(trust.Unchain(all), wire.ID{}))
	if err != nil {
		return err
	}
	for i := range pins {
		if err := trust.Extend(e, c, d, pins[i], ordered); err != nil {
			return err
		}
	}
	e.Notef("imported: %s", shell.Counted(len(ordered), "object"))
	return nil
}
