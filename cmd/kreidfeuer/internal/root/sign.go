package root

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/keyfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

func rootSignCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "sign",
		Usage:     "add a holder's signature to a root",
		ArgsUsage: "FILE",
		Description: "Prints what is signed before it asks for the passphrase. The file is replaced by the\n" +
			"one with the signature added, unless --out names another.\n\n" +
			"Example:\n" +
			"  kreidfeuer root sign root.pem --key weber.key",
		Flags: append(keyfile.Flags(),
			&cli.StringSliceFlag{Name: "key", Usage: "sign with the key in `FILE`; may be repeated"},
			&cli.StringFlag{Name: "before", Usage: "the root version before, in `FILE`, for a key of that version"},
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write to `FILE`", DefaultText: "the file itself"},
		),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the root's file"); err != nil {
				return err
			}
			return signRoot(e, c, c.Args().First())
		},
	}, exit.OK, exit.Usage, exit.Trust, exit.System, exit.Aborted)
}

func signRoot(e *shell.Env, c *cli.Context, name string) error {
	if len(c.StringSlice("key")) == 0 {
		return exit.Errorf(exit.Usage, "no key to sign with").Hintf("--key FILE")
	}
	root, err := armor.Read(e, name, wire.TypeRoot)
	if err != nil {
		return err
	}
	before, err := describeRoot(root)
	if err != nil {
		return err
	}
	e.Notef("%s\n%s\n", strings.Join(before.rows(), "\n"), before.Fingerprint)
	signers, err := keyfile.OpenAll(e, c, identity.PurposeRoot)
	if err != nil {
		return err
	}
	eligible, err := rootSigners(e, c, root)
	if err != nil {
		return err
	}
	for _, s := range signers {
		if err := mayHold(eligible, s.Key, s.Path); err != nil {
			return err
		}
		if root, err = identity.SignRoot(root, s.Key); err != nil {
			return exit.Errorf(exit.Trust, "%w", err)
		}
	}
	b, err := armor.Encode(root)
	if err != nil {
		return err
	}
	out := c.String("out")
	if out == "" {
		out = name
	}
	if err := e.WriteOutput(out, b); err != nil || out == "-" {
		return err
	}
	return printRoots(e, []*wire.Envelope{root})
}

// rootSigners are the keys that may sign a root version: its own and, as far as
// --before names it, those of the version before. Any other signature would make
// the root invalid everywhere.
func rootSigners(e *shell.Env, c *cli.Context, root *wire.Envelope) ([]identity.PublicKey, error) {
	r, err := identity.ParseRoot(root)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "%w", err)
	}
	if c.String("before") == "" {
		return r.Keys, nil
	}
	prev, err := readLatestRoot(e, c.String("before"))
	if err != nil {
		return nil, err
	}
	if prev.ID() != r.Previous {
		return nil, exit.Errorf(exit.Usage, "%s is not the version before this root", c.String("before"))
	}
	before, err := identity.ParseRoot(prev)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "%w", err)
	}
	return slices.Concat(r.Keys, before.Keys, before.Recovery), nil
}

func mayHold(eligible []identity.PublicKey, key identity.PrivateKey, path string) error {
	if slices.Contains(eligible, key.Public()) {
		return nil
	}
	return exit.Errorf(exit.Trust, "%s is no key of this root", path).
		Hintf("kreidfeuer root show lists its keys; a key of the version before needs --before FILE with that version")
}
