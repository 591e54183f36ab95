package root

import (
	"fmt"
	"slices"

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

func rootPinCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "pin",
		Usage:     "trust a root whose fingerprint you have compared",
		ArgsUsage: "FILE",
		Description: "From then on this device shows the warnings of the root's authorities. Take the\n" +
			"fingerprint from a source other than the file's: print, telephone, a colleague. Case\n" +
			"and hyphens do not matter. Certificates and lists in the same file are taken along.\n" +
			"A device that runs is told at once. \"-\" is standard input.\n\n" +
			"Example:\n" +
			"  kreidfeuer root pin rlp.pem --fingerprint abcd-efgh-...",
		Flags: []cli.Flag{&cli.StringFlag{Name: "fingerprint", Usage: "the published `FINGERPRINT`"}},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the root's file"); err != nil {
				return err
			}
			return pinRoot(e, c, c.Args().First())
		},
	}, exit.OK, exit.Usage, exit.Trust, exit.Data, exit.System)
}

func pinRoot(e *shell.Env, c *cli.Context, name string) error {
	d, err := datadir.Find(e, c)
	if err != nil {
		return err
	}
	if _, err := d.OpenConfig(); err != nil {
		return err
	}
	p, err := readPinnable(e, c, name)
	if err != nil {
		return err
	}
	pool := identity.NewPool()
	refused, err := p.Into(pool)
	if err != nil {
		return trust.Failure(fmt.Errorf("%s: %w", shell.InputName(name), err))
	}
	trust.WarnRefused(e, p.Objects, refused)
	p.Objects = slices.DeleteFunc(p.Objects, func(o *wire.Envelope) bool { return refused[o.ID()] != nil })
	if err := trust.WritePin(e, d, p); err != nil {
		return err
	}
	if err := trust.Tell(e, c, p); err != nil {
		return err
	}
	e.Notef("Pinned. This device now trusts what this root says, with %s:", shell.Counted(len(p.Objects), "more object"))
	return printRoots(e, []*wire.Envelope{p.Root})
}

// readPinnable finds the root with the given fingerprint in a file, and what
// else the file holds of its domain.
func readPinnable(e *shell.Env, c *cli.Context, name string) (trust.Pin, error) {
	if c.String("fingerprint") == "" {
		return trust.Pin{}, exit.Errorf(exit.Usage, "no fingerprint to compare the root with").
			Hintf("take it from a source you trust, not from the file, and give it with --fingerprint")
	}
	want, err := identity.ParseFingerprint(c.String("fingerprint"))
	if err != nil {
		return trust.Pin{}, exit.Errorf(exit.Usage, "%w", err).Hintf("a fingerprint has 13 groups of four characters a-z, 2-7")
	}
	es, err := armor.ReadFile(e, name)
	if err != nil {
		return trust.Pin{}, err
	}
	all := trust.Unchain(es)
	i := slices.IndexFunc(all, func(o *wire.Envelope) bool { return o.ID() == want && o.Header.Type == wire.TypeRoot })
	if i < 0 {
		return trust.Pin{}, exit.Errorf(exit.Trust, "%s holds no root with the fingerprint %s", shell.InputName(name), identity.Fingerprint(want)).
			Hintf("do NOT trust the file: it is another root than the one that was published, or the fingerprint was mistyped")
	}
	p := trust.Pin{Root: all[i]}
	for _, o := range all {
		if o.Domain() == p.Root.Domain() {
			p.Objects = append(p.Objects, o)
		}
	}
	p.Objects = trust.WithoutTwins(p.Objects, p.Root.ID())
	return p, nil
}

func rootBundleCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "bundle",
		Usage:     "put a root and the certificates below it into one file",
		ArgsUsage: "FILE...",
		Description: "A device that pins the bundle knows all its certificates at once. Everything in it\n" +
			"is verified first. The files must hold the root.\n\n" +
			"Example:\n" +
			"  kreidfeuer root bundle --out rlp.pem root.pem land.pem kreis.pem lst.pem weber.pem",
		Flags: []cli.Flag{&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write to `FILE`", DefaultText: "standard output"}},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, command.MaxFiles, "one or more files"); err != nil {
				return err
			}
			return bundleFiles(e, c)
		},
	}, exit.OK, exit.Usage, exit.Trust, exit.System)
}

func bundleFiles(e *shell.Env, c *cli.Context) error {
	var all []*wire.Envelope
	for _, name := range c.Args().Slice() {
		es, err := armor.ReadFile(e, name)
		if err != nil {
			return err
		}
		all = append(all, es...)
	}
	pins := trust.Gather(all)
	if len(pins) != 1 {
		return exit.Errorf(exit.Usage, "the files hold %d roots' domains, want one", len(pins)).Hintf("name the root's file as well, and those of one domain only")
	}
	for _, o := range all {
		if o.Domain() != pins[0].Root.Domain() {
			return exit.Errorf(exit.Usage, "the %s %s belongs to another domain", o.Header.Type, o.ID().Short())
		}
	}
	pool := identity.NewPool()
	if err := pool.Pin(pins[0].Root, pins[0].Root.ID().String()); err != nil {
		return trust.Failure(err)
	}
	ordered, err := trust.InOrder(pool, pins[0].Objects)
	if err != nil {
		return err
	}
	b, err := armor.Encode(append([]*wire.Envelope{pins[0].Root}, ordered...)...)
	if err != nil {
		return err
	}
	return e.WriteOutput(c.String("out"), b)
}
