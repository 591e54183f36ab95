package cert

import (
	"slices"
	"strconv"
	"strings"
	"time"

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

// revocationLife is how long a list is kept by devices, in seconds: longer than
// any certificate that it names. It ends with its issuer at the latest.
const revocationLife = 10 * 365 * 24 * 3600

// Revoke is "cert revoke".
func Revoke(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "revoke",
		Usage:     "withdraw a certificate's key",
		ArgsUsage: "CERTIFICATE",
		Description: "--retired: the holder left or has a new key; what was signed until --at stays good.\n" +
			"--compromised: somebody else has the key; nothing it signed stays good, whatever date it\n" +
			"claims, but the envelopes named by --last and --keep.\n\n" +
			"The list repeats what the same key has withdrawn before, by the key's state file and by\n" +
			"--trust. Import it on any device with cert import, and the device passes it on.\n\n" +
			"Examples:\n" +
			"  kreidfeuer cert revoke weber.pem --retired --issuer kreis.pem --key braun.key --out revoked.pem\n" +
			"  kreidfeuer cert revoke weber.pem --compromised --last live:17:ID --issuer kreis.pem --key braun.key",
		Flags: append(keyfile.Flags(),
			&cli.BoolFlag{Name: "retired", Usage: "what was signed until --at stays good"},
			&cli.BoolFlag{Name: "compromised", Usage: "only what --last and --keep name stays good"},
			&cli.StringFlag{Name: "at", Usage: "since `TIME`: 2026-07-14T18:00:00+02:00", DefaultText: "now"},
			&cli.StringSliceFlag{Name: "last", Usage: "the last good envelope of a lane, `LANE:SEQUENCE:ID`; may be repeated"},
			&cli.StringSliceFlag{Name: "keep", Usage: "another good envelope, `ID`; may be repeated"},
			&cli.StringFlag{Name: "issuer", Usage: "the withdrawing unit's certificate, or the root, in `FILE`"},
			&cli.StringSliceFlag{Name: "key", Usage: "sign with the key in `FILE`; the root needs its threshold"},
			trust.Flag(),
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write the list to `FILE`", DefaultText: "standard output"},
		),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the certificate's file"); err != nil {
				return err
			}
			return revokeCert(e, c, c.Args().First())
		},
	}, exit.OK, exit.Usage, exit.Trust, exit.Data, exit.System, exit.Aborted)
}

func revokeCert(e *shell.Env, c *cli.Context, name string) error {
	o, err := armor.Read(e, name, wire.TypeCertificate)
	if err != nil {
		return err
	}
	cert, err := identity.ParseCertificate(o)
	if err != nil {
		return exit.Errorf(exit.Usage, "%s: %w", shell.InputName(name), err)
	}
	entry, err := revocationEntry(c, cert, e.Unix())
	if err != nil {
		return err
	}
	i, err := trust.OpenIssuer(e, c)
	if err != nil {
		return err
	}
	if i.Domain != cert.Domain {
		return exit.Errorf(exit.Trust, "certificate and issuer belong to different domains")
	}
	signers, err := keyfile.OpenAll(e, c, identity.PurposeRoot, identity.PurposeUnit, identity.PurposePerson)
	if err != nil {
		return err
	}
	if len(signers) == 0 {
		return exit.Errorf(exit.Usage, "no key to sign with").Hintf("--key FILE")
	}
	list, err := trust.Author(e, c, i, signers, func(st *keyfile.State, seq uint64, prev *wire.ID) (*wire.Envelope, error) {
		entries, err := cumulate(i, st, i.Authority(), signers[0].Key.Public(), entry)
		if err != nil {
			return nil, err
		}
		created := e.Unix()
		return identity.NewRevocationList(i.Origin(seq, prev, created, min(created+revocationLife, i.Expires())), entries)
	})
	if err != nil {
		return err
	}
	return trust.Finish(e, c, i.Pool, list, c.String("out"))
}

// revocationEntry is what the flags say about a certificate's key.
func revocationEntry(c *cli.Context, cert *identity.Certificate, now uint64) (identity.Revocation, error) {
	r := identity.Revocation{Key: cert.Key, Authority: cert.Authority, At: now}
	switch retired, compromised := c.Bool("retired"), c.Bool("compromised"); {
	case retired == compromised:
		return r, exit.Errorf(exit.Usage, "retired or compromised?").
			Hintf("--retired if the holder gave the key up, --compromised if somebody else may have it")
	case retired && (c.IsSet("last") || c.IsSet("keep")):
		return r, exit.Errorf(exit.Usage, "--last and --keep belong to --compromised").Hintf("--retired keeps what was signed until --at")
	case retired:
		r.Kind = identity.Retired
	default:
		r.Kind = identity.Compromised
	}
	if c.IsSet("at") {
		at, err := time.Parse(time.RFC3339, c.String("at"))
		if err != nil || at.Unix() <= 0 {
			return r, exit.Errorf(exit.Usage, "--at %q is no time", c.String("at")).Hintf("as in 2026-07-14T18:00:00+02:00")
		}
		r.At = uint64(at.Unix())
	}
	for _, text := range c.StringSlice("last") {
		lane, head, err := parseLast(text)
		if err != nil {
			return r, err
		}
		if r.Last == nil {
			r.Last = map[wire.Lane]identity.Head{}
		}
		r.Last[lane] = head
	}
	for _, text := range c.StringSlice("keep") {
		id, err := identity.ParseFingerprint(text)
		if err != nil {
			return r, exit.Errorf(exit.Usage, "--keep: %w", err)
		}
		r.Keep = append(r.Keep, id)
	}
	return r, nil
}

func parseLast(text string) (wire.Lane, identity.Head, error) {
	fields := strings.Split(text, ":")
	if len(fields) == 3 {
		lane, laneErr := wire.ParseLane(fields[0])
		sequence, seqErr := strconv.ParseUint(fields[1], 10, 64)
		id, idErr := identity.ParseFingerprint(fields[2])
		if laneErr == nil && seqErr == nil && idErr == nil && sequence > 0 {
			return lane, identity.Head{Sequence: sequence, ID: id}, nil
		}
	}
	return 0, identity.Head{}, exit.Errorf(exit.Usage, "--last %q: want LANE:SEQUENCE:ID", text).Hintf("as in live:17:abcd-efgh-...")
}

// cumulate joins what a key has withdrawn before with a new entry: a list
// replaces the one before it.
func cumulate(i *trust.Issuing, st *keyfile.State, by string, key identity.PublicKey, entry identity.Revocation) ([]identity.Revocation, error) {
	entries := i.Pool.Revoked(i.Domain, by, key)
	own, err := st.List(i.Domain, by)
	if err != nil {
		return nil, err
	}
	for _, r := range own {
		if !slices.ContainsFunc(entries, func(o identity.Revocation) bool { return sameKey(o, r) }) {
			entries = append(entries, r)
		}
	}
	for _, old := range entries {
		if sameKey(old, entry) && old.Kind == identity.Compromised && entry.Kind == identity.Retired {
			return nil, exit.Errorf(exit.Trust, "the key has been withdrawn as compromised already, and that cannot be softened")
		}
	}
	entries = slices.DeleteFunc(entries, func(o identity.Revocation) bool { return sameKey(o, entry) })
	return append(entries, entry), nil
}

func sameKey(a, b identity.Revocation) bool { return a.Key == b.Key && a.Authority == b.Authority }
