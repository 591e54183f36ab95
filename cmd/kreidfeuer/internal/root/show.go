package root

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

func rootShowCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "show",
		Usage:     "print what a root says and who has signed it; without a file, the pinned roots",
		ArgsUsage: "[FILE]",
		Description: "Without a file it lists the roots that the running device trusts or, if none runs, that\n" +
			"the data folder has pinned; with --json as the control API's roots.\n\n" +
			"Compare the fingerprint with the published one, group by group, before you pin a root.\n" +
			"Signatures are verified; whether they make a later version valid also depends on the\n" +
			"version before: root bundle and root pin judge that.\n\n" +
			"With a file and --json one object for each version: {\"schema\",\"name\",\"domain\",\n" +
			"\"version\",\"fingerprint\",\"created\",\"expires\",\"threshold\",\"keys\",\"recovery_threshold\",\n" +
			"\"recovery_keys\",\"floor\",\"signed_by\",\"bad_signatures\",\"missing\"}.\n\n" +
			"Examples:\n" +
			"  kreidfeuer root show\n" +
			"  kreidfeuer root show rlp.pem",
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 1, "one file or none"); err != nil {
				return err
			}
			if c.NArg() == 0 {
				return listRoots(e, c)
			}
			es, err := armor.ReadFile(e, c.Args().First())
			if err != nil {
				return err
			}
			roots := slices.DeleteFunc(trust.Unchain(es), func(o *wire.Envelope) bool { return o.Header.Type != wire.TypeRoot })
			if len(roots) == 0 {
				return exit.Errorf(exit.Usage, "%s holds %s and no root", c.Args().First(), armor.Contents(es))
			}
			return printRoots(e, roots)
		},
	}, exit.OK, exit.Usage, exit.Data)
}

// rootJSON is one line of root show --json.
type rootJSON struct {
	Schema            string               `json:"schema"` // kreidfeuer.rootfile/1
	Name              string               `json:"name"`
	Domain            wire.ID              `json:"domain"`
	Version           uint64               `json:"version"`
	Fingerprint       string               `json:"fingerprint"`
	Created           string               `json:"created"`
	Expires           string               `json:"expires"`
	Threshold         int                  `json:"threshold"`
	Keys              []identity.PublicKey `json:"keys"`
	RecoveryThreshold int                  `json:"recovery_threshold"`
	RecoveryKeys      []identity.PublicKey `json:"recovery_keys"`
	Floor             uint64               `json:"floor"`
	SignedBy          []identity.PublicKey `json:"signed_by"`
	BadSignatures     int                  `json:"bad_signatures"`
	Missing           int                  `json:"missing"` // own signatures that are still needed
}

func describeRoot(e *wire.Envelope) (rootJSON, error) {
	r, err := identity.ParseRoot(e)
	if err != nil {
		return rootJSON{}, exit.Errorf(exit.Usage, "%w", err)
	}
	j := rootJSON{
		Schema: "kreidfeuer.rootfile/1", Name: r.Name, Domain: r.Domain, Version: r.Version, Fingerprint: identity.Fingerprint(r.ID),
		Created: shell.Stamp(r.Created), Expires: shell.Stamp(r.Expires), Threshold: int(r.Threshold), Keys: r.Keys,
		RecoveryThreshold: int(r.RecoveryThreshold), RecoveryKeys: append([]identity.PublicKey{}, r.Recovery...), Floor: r.Floor,
		SignedBy: []identity.PublicKey{}, Missing: int(r.Threshold),
	}
	for _, s := range e.Signers {
		key, ok := s.Ref.Key()
		if !ok || !identity.VerifySignature(key, e.ToBeSigned(s), s.Sig[:]) {
			j.BadSignatures++
			continue
		}
		j.SignedBy = append(j.SignedBy, key)
		if slices.Contains(r.Keys, identity.PublicKey(key)) && j.Missing > 0 {
			j.Missing--
		}
	}
	return j, nil
}

func printRoots(e *shell.Env, roots []*wire.Envelope) error {
	for i, o := range roots {
		j, err := describeRoot(o)
		if err != nil {
			return err
		}
		if e.JSON {
			if err := e.PrintJSON(j); err != nil {
				return err
			}
			continue
		}
		if i > 0 {
			e.Printf("\n")
		}
		e.Table(e.Stdout, j.rows())
		e.Printf("\n%s\n", e.Paint(shell.Bold, j.Fingerprint))
	}
	return nil
}

func (j *rootJSON) rows() []string {
	rows := []string{
		"root\t" + shell.OneLine(j.Name), fmt.Sprintf("version\t%d", j.Version), "domain\t" + j.Domain.String(),
		fmt.Sprintf("valid\t%s to %s", j.Created, j.Expires), fmt.Sprintf("threshold\t%d of %d", j.Threshold, len(j.Keys)),
	}
	for _, k := range j.Keys {
		rows = append(rows, "key\t"+k.String()+signedMark(j, k))
	}
	if len(j.RecoveryKeys) > 0 {
		rows = append(rows, fmt.Sprintf("recovery\t%d of %d", j.RecoveryThreshold, len(j.RecoveryKeys)))
		for _, k := range j.RecoveryKeys {
			rows = append(rows, "recovery key\t"+k.String()+signedMark(j, k))
		}
	} else {
		rows = append(rows, "recovery\tnone: a stolen threshold could not be replaced")
	}
	for _, k := range j.SignedBy {
		if !slices.Contains(j.Keys, k) && !slices.Contains(j.RecoveryKeys, k) {
			rows = append(rows, "signed by\t"+k.String()+" (a key of the version before)")
		}
	}
	if j.Floor > 1 {
		rows = append(rows, fmt.Sprintf("floor\tsignatures of versions before %d no longer count", j.Floor))
	}
	switch {
	case j.BadSignatures > 0:
		rows = append(rows, fmt.Sprintf("state\tFORGED or damaged: %d signatures do not verify", j.BadSignatures))
	case j.Missing > 0:
		rows = append(rows, fmt.Sprintf("state\tnot finished: %d more of its keys must sign (kreidfeuer root sign)", j.Missing))
	default:
		rows = append(rows, "state\tsigned by its own threshold")
	}
	return rows
}

func signedMark(j *rootJSON, k identity.PublicKey) string {
	if slices.Contains(j.SignedBy, k) {
		return " (has signed)"
	}
	return ""
}
