package cert

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/keyfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/object"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Grant is "cert grant".
func Grant(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "grant",
		Usage:     "turn a request into a certificate",
		ArgsUsage: "REQUEST",
		Description: "The issuer is the unit above the subject, or the subject's own unit for its persons;\n" +
			"its officers sign with their keys, or the root's holders for units directly below the\n" +
			"root. Where several must sign, each --key adds one; those who are elsewhere add theirs\n" +
			"with cert sign. The certificate permits what the issuer may, as far as no flag asks for\n" +
			"less; nothing can exceed the issuer.\n\n" +
			"Before you sign, compare the request's key with its holder by telephone.\n\n" +
			"Examples:\n" +
			"  kreidfeuer cert grant rp.request.pem --issuer root.pem --area Rheinland-Pfalz --key root-1.key --key root-2.key\n" +
			"  kreidfeuer cert grant lst.request.pem --issuer kreis.pem --area \"ARS 07131\" --key weber.key --key braun.key",
		Flags: append(append(keyfile.Flags(),
			&cli.StringFlag{Name: "issuer", Usage: "the issuing unit's certificate, or the root, in `FILE`"},
			&cli.StringSliceFlag{Name: "key", Usage: "sign with the key in `FILE`; may be repeated, the first is the author"},
			trust.Flag(),
			&cli.StringFlag{Name: "valid", Usage: "for `TIME`: 90d, 1y", DefaultText: "1y, or until the issuer's end"},
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write the certificate to `FILE`", DefaultText: "standard output"},
		), scopeFlags()...),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the request's file"); err != nil {
				return err
			}
			return grantCert(e, c, c.Args().First())
		},
	}, exit.OK, exit.Usage, exit.Trust, exit.Data, exit.System, exit.Aborted)
}

// grantLife is how long a certificate lasts unless --valid says otherwise, in seconds.
const grantLife = 365 * 24 * 3600

func grantCert(e *shell.Env, c *cli.Context, name string) error {
	data, err := e.ReadInput(name)
	if err != nil {
		return err
	}
	req, err := parseRequest(data)
	if err != nil {
		return exit.Errorf(exit.Usage, "%s is no request: %w", shell.InputName(name), err)
	}
	if err := req.check(); err != nil {
		return exit.Errorf(exit.Usage, "%s: %w", shell.InputName(name), err)
	}
	i, err := trust.OpenIssuer(e, c)
	if err != nil {
		return err
	}
	spec := identity.Certificate{Subject: req.subject()}
	if spec.Scope, err = grantedScope(c, i.Cert, req.Kind, req.Authority); err != nil {
		return err
	}
	spec.Domain, spec.Issuer, spec.Created = i.Domain, i.Issuer, e.Unix()
	if spec.Expires, err = shell.EndWithin(c, spec.Created, grantLife, i.Expires()); err != nil {
		return err
	}
	e.Notef("%s", strings.Join(object.DescribeCertificate(&spec).Rows(), "\n"))
	signers, err := keyfile.OpenAll(e, c, identity.PurposeRoot, identity.PurposeUnit, identity.PurposePerson)
	if err != nil {
		return err
	}
	if len(signers) == 0 {
		return exit.Errorf(exit.Usage, "no key to sign with").Hintf("--key FILE")
	}
	cert, err := trust.Author(e, c, i, signers, func(_ *keyfile.State, seq uint64, prev *wire.ID) (*wire.Envelope, error) {
		spec.Sequence, spec.Previous = seq, prev
		return i.Pool.NewCertificate(spec)
	})
	if err != nil {
		return err
	}
	return trust.Finish(e, c, i.Pool, cert, c.String("out"))
}
