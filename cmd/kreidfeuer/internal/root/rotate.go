package root

import (
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/keyfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

func rootRotateCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "rotate",
		Usage:     "make the next version of a root",
		ArgsUsage: "FILE",
		Description: "FILE holds the version in force (the highest one in it counts). What no flag changes\n" +
			"stays: name, keys, threshold, recovery keys. The thresholds of both versions must sign;\n" +
			"further holders do so with root sign. Devices adopt the new version by themselves and\n" +
			"keep their pin.\n\n" +
			"If root keys were stolen, --recover makes a version that the recovery keys sign instead\n" +
			"of the old threshold, and --floor ends the power of the versions before. Only then may\n" +
			"the recovery keys change as well.\n\n" +
			"Examples:\n" +
			"  kreidfeuer root rotate root.pem --keys 3 --key-out-dir new --key old-1.key --key old-2.key --out root2.pem\n" +
			"  kreidfeuer root rotate root.pem --recover --floor next --keys 3 --key recovery-1.key --key recovery-2.key --out root2.pem",
		Flags: append(rootKeyFlags(),
			&cli.BoolFlag{Name: "recover", Usage: "the recovery keys sign, because the root keys are lost or stolen"},
			&cli.StringFlag{Name: "floor", Usage: "signatures of versions before this `VERSION` no longer count; next is the new one"},
		),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the root's file"); err != nil {
				return err
			}
			return rotateRoot(e, c, c.Args().First())
		},
	}, exit.OK, exit.Usage, exit.Trust, exit.System, exit.Aborted)
}

func rotateRoot(e *shell.Env, c *cli.Context, name string) error {
	if !c.IsSet("out") {
		return exit.Errorf(exit.Usage, "where shall the new version be written?").Hintf("--out FILE; keep the old file")
	}
	if err := shell.CheckNew(c.String("out")); err != nil {
		return err
	}
	prev, err := readLatestRoot(e, name)
	if err != nil {
		return err
	}
	before, err := identity.ParseRoot(prev)
	if err != nil {
		return exit.Errorf(exit.Usage, "%s: %w", shell.InputName(name), err)
	}
	if before.Version == 1 {
		if err := identity.NewPool().Pin(prev, prev.ID().String()); err != nil {
			return trust.Failure(err)
		}
	}
	base := before.RootKeys
	if c.String("name") != "" {
		base.Name = c.String("name")
	}
	if base.Floor, err = floorFlag(c, before); err != nil {
		return err
	}
	if c.IsSet("recovery") && !c.Bool("recover") && len(before.Recovery) > 0 {
		return exit.Errorf(exit.Trust, "the recovery keys change only by their own signature").
			Hintf("--recover, and --key with the recovery keys")
	}
	created := max(e.Unix(), before.Created)
	expires, err := shell.Validity(c.String("valid"), created)
	if err != nil {
		return err
	}
	k := rootKeyring{Env: e, c: c, passphrases: keyfile.PassphrasesOf(e, c)}
	if err := k.open(); err != nil {
		return err
	}
	if base, err = k.rootKeys(base); err != nil {
		return err
	}
	next, err := identity.NextRoot(prev, base, created, expires, c.Bool("recover"))
	if err != nil {
		return trust.Failure(err)
	}
	for i, key := range k.brought {
		eligible := slices.Concat(base.Keys, before.Keys, before.Recovery)
		if err := mayHold(eligible, key, c.StringSlice("key")[i]); err != nil {
			return err
		}
	}
	return finishRoot(e, c, next, k.signers())
}

func readLatestRoot(e *shell.Env, name string) (*wire.Envelope, error) {
	es, err := armor.ReadFile(e, name)
	if err != nil {
		return nil, err
	}
	var latest *wire.Envelope
	for _, o := range trust.Unchain(es) {
		switch {
		case o.Header.Type != wire.TypeRoot:
		case latest == nil:
			latest = o
		case o.Domain() != latest.Domain():
			return nil, exit.Errorf(exit.Usage, "%s holds roots of several domains", shell.InputName(name))
		case o.Header.Sequence > latest.Header.Sequence:
			latest = o
		}
	}
	if latest == nil {
		return nil, exit.Errorf(exit.Usage, "%s holds %s and no root", shell.InputName(name), armor.Contents(es))
	}
	return latest, nil
}

func floorFlag(c *cli.Context, before *identity.Root) (uint64, error) {
	switch text := c.String("floor"); text {
	case "":
		return before.Floor, nil
	case "next":
		return before.Version + 1, nil
	default:
		n, err := command.Count("floor", text)
		if err == nil && (n < before.Floor || n > before.Version+1) {
			err = exit.Errorf(exit.Usage, "--floor %d: want %d to %d, or next", n, before.Floor, before.Version+1)
		}
		return n, err
	}
}
