// Package root holds the commands of a root's holders, who make, sign and rotate it, and of
// everyone who pins one.
package root

import (
	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/keyfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Command is "root" with its subcommands.
func Command(e *shell.Env) *cli.Command {
	return &cli.Command{
		Name:  "root",
		Usage: "make, sign, show, pin and rotate the root of a trust domain; needs no running device",
		Subcommands: []*cli.Command{
			rootCreateCommand(e), rootKeyCommand(e), rootSignCommand(e), rootShowCommand(e),
			rootPinCommand(e), rootRotateCommand(e), rootBundleCommand(e),
		},
	}
}

func rootKeyCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "key",
		Usage:     "make one holder's root or recovery key, on the holder's own machine",
		ArgsUsage: "FILE",
		Description: "The key file's readable lines go to whoever runs root create; the file itself, with\n" +
			"FILE.state, stays with its holder.\n\n" +
			"Example:\n" +
			"  kreidfeuer root key --name \"Ministerium, A. Weber\" weber.key",
		Flags: append(keyfile.NewKeyFlags(), &cli.StringFlag{Name: "name", Usage: "whose key it is: `NAME`"}),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the key file to make"); err != nil {
				return err
			}
			if c.String("name") == "" {
				return exit.Errorf(exit.Usage, "whose key is it?").Hintf("--name NAME")
			}
			key, err := keyfile.Make(e, c, keyfile.PassphrasesOf(e, c), c.Args().First(), identity.PurposeRoot, c.String("name"))
			if err != nil {
				return err
			}
			e.Printf("%s\n", key.Public())
			return nil
		},
	}, exit.OK, exit.Usage, exit.System, exit.Aborted)
}

// rootKeyFlags say which keys a new root version has.
func rootKeyFlags() []cli.Flag {
	return append(keyfile.NewKeyFlags(),
		&cli.StringFlag{Name: "name", Usage: "call the domain `NAME`: \"Land Rheinland-Pfalz\""},
		&cli.IntFlag{Name: "threshold", Usage: "`K` of the keys must sign", DefaultText: "more than half"},
		&cli.IntFlag{Name: "keys", Usage: "make `N` key files root-1.key, root-2.key, ..."},
		&cli.StringFlag{Name: "key-out-dir", Usage: "make the key files in `DIR`", DefaultText: "here"},
		&cli.StringSliceFlag{Name: "public", Usage: "the `KEY` of another holder: a key file, its public line, or a file with that; may be repeated"},
		&cli.StringFlag{Name: "recovery", Usage: "make recovery keys, `K/N`: K of N together may replace lost or stolen root keys"},
		&cli.StringSliceFlag{Name: "recovery-public", Usage: "the recovery `KEY` of another holder; with --recovery K"},
		&cli.StringSliceFlag{Name: "key", Usage: "sign with the key in `FILE` as well; may be repeated"},
		&cli.StringFlag{Name: "valid", Usage: "for `TIME`: 10y, 90d, 12h", Value: "10y"},
		&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write the root to `FILE`", Value: "root.pem"},
	)
}

func rootCreateCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:  "create",
		Usage: "found a trust domain",
		Description: "A root is held by several people: --threshold of its keys must sign whatever the root\n" +
			"says. Make all keys here and hand them out, or collect the public keys of holders who\n" +
			"made theirs with root key; then root sign adds their signatures, each on the holder's\n" +
			"own machine. Keep recovery keys offline and in different places.\n\n" +
			"The fingerprint of the finished root is what every device pins. Publish it where\n" +
			"people can check it: on paper, in print, by telephone.\n\n" +
			"Examples:\n" +
			"  kreidfeuer root create --name \"Land RP\" --keys 3 --threshold 2 --recovery 2/3 --key-out-dir keys\n" +
			"  kreidfeuer root create --name \"Land RP\" --public weber.pub --public kfpub1... --key own.key --threshold 2",
		Flags: rootKeyFlags(),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			return createRoot(e, c)
		},
	}, exit.OK, exit.Usage, exit.Trust, exit.System, exit.Aborted)
}

func createRoot(e *shell.Env, c *cli.Context) error {
	if c.String("name") == "" {
		return exit.Errorf(exit.Usage, "the domain has no name").Hintf("--name \"Land Rheinland-Pfalz\"")
	}
	if c.Int("keys") == 0 && len(c.StringSlice("public")) == 0 && len(c.StringSlice("key")) == 0 {
		return exit.Errorf(exit.Usage, "no root keys").Hintf("--keys 3 makes them here; --public collects those of other holders")
	}
	if err := shell.CheckNew(c.String("out")); err != nil {
		return err
	}
	created := e.Unix()
	expires, err := shell.Validity(c.String("valid"), created)
	if err != nil {
		return err
	}
	k := rootKeyring{Env: e, c: c, passphrases: keyfile.PassphrasesOf(e, c)}
	if err := k.open(); err != nil {
		return err
	}
	keys, err := k.rootKeys(identity.RootKeys{Name: c.String("name")})
	if err != nil {
		return err
	}
	root, err := identity.NewGenesis(keys, created, expires)
	if err != nil {
		return exit.Errorf(exit.Usage, "%w", err)
	}
	return finishRoot(e, c, root, k.signers())
}

// finishRoot signs a new root version, writes it and says what it still needs.
func finishRoot(e *shell.Env, c *cli.Context, root *wire.Envelope, keys []identity.PrivateKey) error {
	if len(keys) == 0 {
		return exit.Errorf(exit.Usage, "nobody signs the root here").Hintf("--key FILE signs with your own key")
	}
	var err error
	for _, key := range keys {
		if root, err = identity.SignRoot(root, key); err != nil {
			return exit.Errorf(exit.Trust, "%w", err)
		}
	}
	b, err := armor.Encode(root)
	if err != nil {
		return err
	}
	if err := e.WriteOutput(c.String("out"), b); err != nil {
		return err
	}
	if c.String("out") == "-" {
		return nil
	}
	return printRoots(e, []*wire.Envelope{root})
}
