package root

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/keyfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// rootKeyring gathers the keys of a new root version: made here, brought along,
// and those of other holders.
type rootKeyring struct {
	*shell.Env
	c           *cli.Context
	passphrases *keyfile.Passphrases

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
		return exit.Errorf(exit.Usage, "--threshold %d: the root has %d keys", c.Int("threshold"), all)
	}
	dir := c.String("key-out-dir")
	if dir != "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return exit.Errorf(exit.System, "make %s: %w", dir, err)
		}
	}
	for _, path := range c.StringSlice("key") {
		s, err := keyfile.Open(k.Env, k.passphrases, path, identity.PurposeRoot)
		if err != nil {
			return err
		}
		k.brought = append(k.brought, s.Key)
	}
	if k.made, err = k.makeKeys(dir, "root", c.Int("keys")); err != nil {
		return err
	}
	k.recovery, err = k.makeKeys(dir, "recovery", recovery)
	return err
}

func (k *rootKeyring) makeKeys(dir, stem string, n int) ([]identity.PrivateKey, error) {
	if n < 0 || n > wire.MaxSigners {
		return nil, exit.Errorf(exit.Usage, "%d %s keys: want at most %d", n, stem, wire.MaxSigners)
	}
	var keys []identity.PrivateKey
	for i := range n {
		path := filepath.Join(dir, fmt.Sprintf("%s-%d.key", stem, i+1))
		key, err := keyfile.Make(k.Env, k.c, k.passphrases, path, identity.PurposeRoot, fmt.Sprintf("%s key %d of %d", stem, i+1, n))
		if err != nil {
			return nil, err
		}
		k.Notef("%s: %s", path, key.Public())
		keys = append(keys, key)
	}
	return keys, nil
}

// recoveryNumbers reads --recovery: K/N, or K where all keys are --recovery-public.
func (k *rootKeyring) recoveryNumbers() (threshold, n int, err error) {
	text := k.c.String("recovery")
	if text == "" {
		if len(k.c.StringSlice("recovery-public")) > 0 {
			return 0, 0, exit.Errorf(exit.Usage, "how many recovery keys must sign together?").Hintf("--recovery 2")
		}
		return 0, 0, nil
	}
	first, second, both := strings.Cut(text, "/")
	threshold, err = strconv.Atoi(first)
	if err == nil && both {
		n, err = strconv.Atoi(second)
	}
	if err != nil || threshold < 1 || n < 0 || threshold > n+len(k.c.StringSlice("recovery-public")) {
		return 0, 0, exit.Errorf(exit.Usage, "--recovery %q: want K/N with K not above N, as in 2/3", text)
	}
	return threshold, n, nil
}

// rootKeys fills in what the flags say; what they do not say stays as in base.
func (k *rootKeyring) rootKeys(base identity.RootKeys) (identity.RootKeys, error) {
	c := k.c
	var keys []identity.PublicKey
	for _, s := range c.StringSlice("public") {
		key, err := keyfile.ReadPublic(k.Env, s, identity.PurposeRoot)
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
			return base, exit.Errorf(exit.Usage, "--threshold %d: the root has %d keys", n, len(base.Keys))
		}
		base.Threshold = uint8(n)
	}
	threshold, _, err := k.recoveryNumbers()
	if err != nil || threshold == 0 {
		return base, err
	}
	base.Recovery, base.RecoveryThreshold = nil, uint8(threshold)
	for _, s := range c.StringSlice("recovery-public") {
		key, err := keyfile.ReadPublic(k.Env, s, identity.PurposeRoot)
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
