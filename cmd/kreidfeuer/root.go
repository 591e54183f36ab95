package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

func rootCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:  "root",
		Usage: "make, sign, show, pin and rotate the root of a trust domain; needs no running device",
		Subcommands: []*cli.Command{
			rootCreateCommand(e), rootKeyCommand(e), rootSignCommand(e), rootShowCommand(e),
			rootPinCommand(e), rootRotateCommand(e), rootBundleCommand(e),
		},
	}
}

func rootKeyCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:      "key",
		Usage:     "make one holder's root or recovery key, on the holder's own machine",
		ArgsUsage: "FILE",
		Description: "The key file's readable lines go to whoever runs root create; the file itself, with\n" +
			"FILE.state, stays with its holder.\n\n" +
			"Example:\n" +
			"  kreidfeuer root key --name \"Ministerium, A. Weber\" weber.key",
		Flags: append(newKeyFlags(), &cli.StringFlag{Name: "name", Usage: "whose key it is: `NAME`"}),
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1, "the key file to make"); err != nil {
				return err
			}
			if c.String("name") == "" {
				return failf(exitUsage, "whose key is it?").hintf("--name NAME")
			}
			key, err := e.makeKey(c, e.passphrases(c), c.Args().First(), identity.PurposeRoot, c.String("name"))
			if err != nil {
				return err
			}
			e.printf("%s\n", key.Public())
			return nil
		},
	}, exitOK, exitUsage, exitSystem, exitAborted)
}

// rootKeyFlags say which keys a new root version has.
func rootKeyFlags() []cli.Flag {
	return append(newKeyFlags(),
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

func rootCreateCommand(e *env) *cli.Command {
	return document(&cli.Command{
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
			if err := wantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			return e.createRoot(c)
		},
	}, exitOK, exitUsage, exitTrust, exitSystem, exitAborted)
}

func (e *env) createRoot(c *cli.Context) error {
	if c.String("name") == "" {
		return failf(exitUsage, "the domain has no name").hintf("--name \"Land Rheinland-Pfalz\"")
	}
	if c.Int("keys") == 0 && len(c.StringSlice("public")) == 0 && len(c.StringSlice("key")) == 0 {
		return failf(exitUsage, "no root keys").hintf("--keys 3 makes them here; --public collects those of other holders")
	}
	created := e.unix()
	expires, err := validity(c.String("valid"), created)
	if err != nil {
		return err
	}
	k := rootKeyring{env: e, c: c, passphrases: e.passphrases(c)}
	if err := k.open(); err != nil {
		return err
	}
	keys, err := k.rootKeys(identity.RootKeys{Name: c.String("name")})
	if err != nil {
		return err
	}
	root, err := identity.NewGenesis(keys, created, expires)
	if err != nil {
		return failf(exitUsage, "%w", err)
	}
	return e.finishRoot(c, root, k.signers())
}

// finishRoot signs a new root version, writes it and says what it still needs.
func (e *env) finishRoot(c *cli.Context, root *wire.Envelope, keys []identity.PrivateKey) error {
	if len(keys) == 0 {
		return failf(exitUsage, "nobody signs the root here").hintf("--key FILE signs with your own key")
	}
	var err error
	for _, key := range keys {
		if root, err = identity.SignRoot(root, key); err != nil {
			return failf(exitTrust, "%w", err)
		}
	}
	b, err := armor(root)
	if err != nil {
		return err
	}
	if err := e.writeOutput(c.String("out"), b); err != nil {
		return err
	}
	if c.String("out") == "-" {
		return nil
	}
	return e.printRoots([]*wire.Envelope{root})
}

// rootKeyring gathers the keys of a new root version: made here, brought along,
// and those of other holders.
type rootKeyring struct {
	*env
	c           *cli.Context
	passphrases *passphrases

	made, brought, recovery []identity.PrivateKey
}

// open opens and makes the key files. Nothing is made before what can be known
// of the flags is right.
func (k *rootKeyring) open() error {
	c := k.c
	_, recovery, err := k.recoveryNumbers()
	if err != nil {
		return err
	}
	all := c.Int("keys") + len(c.StringSlice("public")) + len(c.StringSlice("key"))
	if c.Int("keys")+len(c.StringSlice("public")) > 0 && c.Int("threshold") > all {
		return failf(exitUsage, "--threshold %d: the root has %d keys", c.Int("threshold"), all)
	}
	dir := c.String("key-out-dir")
	if dir != "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return failf(exitSystem, "make %s: %w", dir, err)
		}
	}
	for _, path := range c.StringSlice("key") {
		s, err := k.openKey(k.passphrases, path, identity.PurposeRoot)
		if err != nil {
			return err
		}
		k.brought = append(k.brought, s.key)
	}
	if k.made, err = k.makeKeys(dir, "root", c.Int("keys")); err != nil {
		return err
	}
	k.recovery, err = k.makeKeys(dir, "recovery", recovery)
	return err
}

func (k *rootKeyring) makeKeys(dir, stem string, n int) ([]identity.PrivateKey, error) {
	if n < 0 || n > wire.MaxSigners {
		return nil, failf(exitUsage, "%d %s keys: want at most %d", n, stem, wire.MaxSigners)
	}
	var keys []identity.PrivateKey
	for i := range n {
		path := filepath.Join(dir, fmt.Sprintf("%s-%d.key", stem, i+1))
		key, err := k.makeKey(k.c, k.passphrases, path, identity.PurposeRoot, fmt.Sprintf("%s key %d of %d", stem, i+1, n))
		if err != nil {
			return nil, err
		}
		k.notef("%s: %s", path, key.Public())
		keys = append(keys, key)
	}
	return keys, nil
}

// recoveryNumbers reads --recovery: K/N, or K where all keys are --recovery-public.
func (k *rootKeyring) recoveryNumbers() (threshold, n int, err error) {
	text := k.c.String("recovery")
	if text == "" {
		if len(k.c.StringSlice("recovery-public")) > 0 {
			return 0, 0, failf(exitUsage, "how many recovery keys must sign together?").hintf("--recovery 2")
		}
		return 0, 0, nil
	}
	first, second, both := strings.Cut(text, "/")
	threshold, err = strconv.Atoi(first)
	if err == nil && both {
		n, err = strconv.Atoi(second)
	}
	if err != nil || threshold < 1 || n < 0 || threshold > n+len(k.c.StringSlice("recovery-public")) {
		return 0, 0, failf(exitUsage, "--recovery %q: want K/N with K not above N, as in 2/3", text)
	}
	return threshold, n, nil
}

// rootKeys fills in what the flags say; what they do not say stays as in base.
func (k *rootKeyring) rootKeys(base identity.RootKeys) (identity.RootKeys, error) {
	c := k.c
	var keys []identity.PublicKey
	for _, s := range c.StringSlice("public") {
		key, err := k.readPublicKey(s, identity.PurposeRoot)
		if err != nil {
			return base, err
		}
		keys = append(keys, key)
	}
	for _, key := range k.made {
		keys = append(keys, key.Public())
	}
	if base.Keys == nil { // a first version: whoever signs holds it
		for _, key := range k.brought {
			keys = append(keys, key.Public())
		}
	}
	if len(keys) > 0 {
		base.Keys = unique(keys)
		base.Threshold = uint8(len(base.Keys)/2 + 1)
	}
	if n := c.Int("threshold"); c.IsSet("threshold") {
		if n < 1 || n > len(base.Keys) {
			return base, failf(exitUsage, "--threshold %d: the root has %d keys", n, len(base.Keys))
		}
		base.Threshold = uint8(n)
	}
	threshold, _, err := k.recoveryNumbers()
	if err != nil || threshold == 0 {
		return base, err
	}
	base.Recovery, base.RecoveryThreshold = nil, uint8(threshold)
	for _, s := range c.StringSlice("recovery-public") {
		key, err := k.readPublicKey(s, identity.PurposeRoot)
		if err != nil {
			return base, err
		}
		base.Recovery = append(base.Recovery, key)
	}
	for _, key := range k.recovery {
		base.Recovery = append(base.Recovery, key.Public())
	}
	base.Recovery = unique(base.Recovery)
	return base, nil
}

// signers are the opened keys that sign the root: all but new recovery keys.
func (k *rootKeyring) signers() []identity.PrivateKey {
	return append(append([]identity.PrivateKey{}, k.brought...), k.made...)
}

func unique(keys []identity.PublicKey) []identity.PublicKey {
	seen := map[identity.PublicKey]bool{}
	var out []identity.PublicKey
	for _, k := range keys {
		if !seen[k] {
			out = append(out, k)
		}
		seen[k] = true
	}
	return out
}

// validity reads a length of time such as 10y, 90d or 12h and returns its end.
func validity(text string, from uint64) (uint64, error) {
	seconds, err := parseSpan(text)
	if err != nil {
		return 0, err
	}
	if from+seconds > wire.MaxTime {
		return 0, failf(exitUsage, "%q ends after the year 9999", text)
	}
	return from + seconds, nil
}

// parseSpan reads a length of time in seconds: 30m, 12h, 90d, 2w or 10y.
func parseSpan(text string) (uint64, error) {
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour, 'y': 365 * 24 * time.Hour}
	if text != "" {
		unit := units[text[len(text)-1]]
		n, err := strconv.ParseUint(text[:len(text)-1], 10, 32)
		if err == nil && unit > 0 && n > 0 && n <= 10_000_000 {
			return n * uint64(unit/time.Second), nil
		}
	}
	return 0, failf(exitUsage, "%q is no length of time", text).hintf("a number with m, h, d, w or y, as in 90d")
}
