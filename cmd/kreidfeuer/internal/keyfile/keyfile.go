// Package keyfile makes and opens the files of keys, asks for their passphrases and keeps
// beside each the end of what the key has signed.
package keyfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Flags belong to every command that opens or makes keys. A passphrase
// never comes by flag or environment: other users of the machine could read it.
func Flags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "passphrase-file", Usage: "read the passphrase from the first line of `FILE`; repeated: one for each key in turn", DefaultText: "ask at the terminal"},
	}
}

// NewKeyFlags belong to every command that makes keys.
func NewKeyFlags() []cli.Flag {
	return append(Flags(),
		&cli.IntFlag{Name: "work-factor", Hidden: true, Value: identity.DefaultWorkFactor}, // tests and the demonstration lower it
	)
}

// PassphrasesOf hands out the passphrases of --passphrase-file, or asks.
func PassphrasesOf(e *shell.Env, c *cli.Context) *Passphrases {
	return &Passphrases{env: e, files: c.StringSlice("passphrase-file")}
}

// Make makes a key file and the state file beside it; what is written stands
// before it returns.
func Make(e *shell.Env, c *cli.Context, p *Passphrases, path string, purpose identity.Purpose, name string) (identity.PrivateKey, error) {
	key, err := identity.GenerateKey(purpose, e.Random)
	if err != nil {
		return key, err
	}
	passphrase, err := p.choose(path)
	if err != nil {
		return key, err
	}
	b, err := identity.EncryptKeyFile(key, name, e.Unix(), passphrase, c.Int("work-factor"))
	if err != nil {
		return key, exit.Errorf(exit.Usage, "%w", err)
	}
	if err := e.CreateFile(path, b, 0o600); err != nil {
		return key, err
	}
	return key, createSignerState(e, path, key.Public())
}

// Open opens a key file of one of the purposes.
func Open(e *shell.Env, p *Passphrases, path string, purposes ...identity.Purpose) (*Signer, error) {
	data, err := e.ReadInput(path)
	if err != nil {
		return nil, err
	}
	header, err := identity.ReadKeyHeader(data)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "%s: %w", path, err)
	}
	if !containsPurpose(purposes, header.Purpose) {
		return nil, exit.Errorf(exit.Trust, "%s is a %s key and cannot sign this", path, header.Purpose).
			Hintf("want a key for %s", joinPurposes(purposes))
	}
	passphrase, err := p.open(fmt.Sprintf("%s (%s)", path, shell.OneLine(header.Name)))
	if err != nil {
		return nil, err
	}
	key, header, err := identity.DecryptKeyFile(data, passphrase)
	if errors.Is(err, identity.ErrWrongPassphrase) {
		return nil, exit.Errorf(exit.Trust, "%s: wrong passphrase", path)
	}
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "%s: %w", path, err)
	}
	return &Signer{env: e, Path: path, Key: key, name: header.Name}, nil
}

// OpenAll opens the key files of --key.
func OpenAll(e *shell.Env, c *cli.Context, purposes ...identity.Purpose) ([]*Signer, error) {
	p := PassphrasesOf(e, c)
	var signers []*Signer
	for _, path := range c.StringSlice("key") {
		s, err := Open(e, p, path, purposes...)
		if err != nil {
			return nil, err
		}
		for _, other := range signers {
			if other.Key.Public() == s.Key.Public() {
				return nil, exit.Errorf(exit.Usage, "%s and %s are the same key", other.Path, path)
			}
		}
		signers = append(signers, s)
	}
	return signers, nil
}

func containsPurpose(purposes []identity.Purpose, p identity.Purpose) bool {
	for _, want := range purposes {
		if p == want {
			return true
		}
	}
	return false
}

func joinPurposes(purposes []identity.Purpose) string {
	var names []string
	for _, p := range purposes {
		names = append(names, string(p))
	}
	return strings.Join(names, " or ")
}

// ReadPublic reads a public key: its text, or a file that is a key file or
// holds the text.
func ReadPublic(e *shell.Env, s string, purpose identity.Purpose) (identity.PublicKey, error) {
	if key, err := identity.ParsePublicKey(s); err == nil {
		return key, nil
	}
	data, err := e.ReadInput(s)
	if err != nil {
		return identity.PublicKey{}, err
	}
	if header, err := identity.ReadKeyHeader(data); err == nil {
		if header.Purpose != purpose {
			return identity.PublicKey{}, exit.Errorf(exit.Trust, "%s is a %s key, want a %s key", s, header.Purpose, purpose)
		}
		return header.Public, nil
	}
	key, err := identity.ParsePublicKey(string(data))
	if err != nil {
		return identity.PublicKey{}, exit.Errorf(exit.Usage, "%s: %w", s, err).Hintf("give a key file or its line \"public:\"")
	}
	return key, nil
}
