package cert

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/keyfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/object"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Sign is "cert sign".
func Sign(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "sign",
		Usage:     "add an officer's signature to a certificate or revocation list",
		ArgsUsage: "FILE",
		Description: "Prints what is signed before it asks for the passphrase. The file is replaced by the\n" +
			"one with the signature added, unless --out names another.",
		Flags: append(keyfile.Flags(),
			&cli.StringSliceFlag{Name: "key", Usage: "sign with the key in `FILE`; may be repeated"},
			trust.Flag(),
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write to `FILE`", DefaultText: "the file itself"},
		),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the certificate's file"); err != nil {
				return err
			}
			return cosign(e, c, c.Args().First())
		},
	}, exit.OK, exit.Usage, exit.Trust, exit.Data, exit.System, exit.Aborted)
}

func cosign(e *shell.Env, c *cli.Context, name string) error {
	if len(c.StringSlice("key")) == 0 {
		return exit.Errorf(exit.Usage, "no key to sign with").Hintf("--key FILE")
	}
	es, err := armor.ReadFile(e, name)
	if err != nil {
		return err
	}
	o := es[0]
	if t := o.Header.Type; len(es) != 1 || t != wire.TypeCertificate && t != wire.TypeRevocation {
		return exit.Errorf(exit.Usage, "%s holds %s, want one certificate or revocation list", shell.InputName(name), armor.Contents(es)).
			Hintf("kreidfeuer root sign signs roots")
	}
	pool, err := trust.Open(e, c)
	if err != nil {
		return err
	}
	i, err := trust.IssuerOf(pool, o)
	if err != nil {
		return err
	}
	shown, err := object.Describe(pool, o)
	if err != nil {
		return err
	}
	e.Notef("%s\n", strings.Join(shown.Rows(), "\n"))
	signers, err := keyfile.OpenAll(e, c, identity.PurposeRoot, identity.PurposeUnit, identity.PurposePerson)
	if err != nil {
		return err
	}
	for _, s := range signers {
		ref, err := i.SignerRef(s, o.Header.Created)
		if err != nil {
			return err
		}
		if o, err = pool.Sign(o, ref, s.Key); err != nil {
			return trust.Failure(fmt.Errorf("%s: %w", s.Path, err))
		}
	}
	out := c.String("out")
	if out == "" {
		out = name
	}
	return trust.Finish(e, c, pool, o, out)
}
