package cert

import (
	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/object"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
)

// Show is "cert show".
func Show(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "show",
		Usage:     "print what certificates, lists and roots say; without a file, list what is known",
		ArgsUsage: "[FILE...]",
		Description: "Without a file it lists the certificates that the running device knows or, if none\n" +
			"runs, that came with the pinned roots; with --json as the control API's certificates.\n\n" +
			"With files, exit status 4 means that one does not hold by what this device has pinned,\n" +
			"or by the files of --trust.\n\n" +
			"With files and --json one object for each: {\"schema\",\"type\",\"fingerprint\",\"domain\",\n" +
			"\"issuer\",\"sequence\",\"created\",\"expires\",\"signatures\",\"valid\",\"problem\",\"certificate\",\n" +
			"\"revocations\",\"station\" or \"beacon\"}.\n\n" +
			"Examples:\n" +
			"  kreidfeuer cert show\n" +
			"  kreidfeuer cert show --trust root.pem lst.pem",
		Flags: []cli.Flag{trust.Flag()},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, command.MaxFiles, "files or none"); err != nil {
				return err
			}
			if c.NArg() == 0 {
				return listCertificates(e, c)
			}
			return showCerts(e, c)
		},
	}, exit.OK, exit.Usage, exit.Trust, exit.Data)
}

func showCerts(e *shell.Env, c *cli.Context) error {
	pool, err := trust.Open(e, c)
	if err != nil {
		return err
	}
	bad := false
	first := true
	for _, name := range c.Args().Slice() {
		es, err := armor.ReadFile(e, name)
		if err != nil {
			return err
		}
		for _, o := range es {
			if !first && !e.JSON {
				e.Printf("\n")
			}
			first = false
			if _, err := pool.AddChain(o); err == nil {
				_, _ = pool.Add(o) // what follows may rest on it; object.Describe says whether it holds
			}
			j, err := object.Describe(pool, o)
			if err != nil {
				return err
			}
			bad = bad || !j.Valid || j.Certificate != nil && j.Certificate.Revoked != ""
			if err := object.Print(e, j); err != nil {
				return err
			}
		}
	}
	if bad && len(pool.Domains()) == 0 {
		e.Notef("hint: nothing is pinned here; name the root with --trust FILE")
	}
	if bad {
		return exit.Silent(exit.Trust)
	}
	return nil
}
