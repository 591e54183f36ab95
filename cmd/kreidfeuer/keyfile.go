package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/identity"
)

// passphraseFlags belong to every command that opens or makes keys. A passphrase
// never comes by flag or environment: other users of the machine could read it.
func passphraseFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "passphrase-file", Usage: "read the passphrase from the first line of `FILE`; repeated: one for each key in turn", DefaultText: "ask at the terminal"},
	}
}

// newKeyFlags belong to every command that makes keys.
func newKeyFlags() []cli.Flag {
	return append(passphraseFlags(),
		&cli.IntFlag{Name: "work-factor", Hidden: true, Value: identity.DefaultWorkFactor}, // tests and the demonstration lower it
	)
}

func (e *env) passphrases(c *cli.Context) *passphrases {
	return &passphrases{env: e, files: c.StringSlice("passphrase-file")}
}

// makeKey makes a key file and the state file beside it; what is written stands
// before it returns.
func (e *env) makeKey(c *cli.Context, p *passphrases, path string, purpose identity.Purpose, name string) (identity.PrivateKey, error) {
	key, err := identity.GenerateKey(purpose, e.random)
	if err != nil {
		return key, err
	}
	passphrase, err := p.choose(path)
	if err != nil {
		return key, err
	}
	b, err := identity.EncryptKeyFile(key, name, e.unix(), passphrase, c.Int("work-factor"))
	if err != nil {
		return key, failf(exitUsage, "%w", err)
	}
	if err := e.createFile(path, b, 0o600); err != nil {
		return key, err
	}
	return key, e.createSignerState(path, key.Public())
}

// openKey opens a key file of one of the purposes.
func (e *env) openKey(p *passphrases, path string, purposes ...identity.Purpose) (*signer, error) {
	data, err := e.readInput(path)
	if err != nil {
		return nil, err
	}
	header, err := identity.ReadKeyHeader(data)
	if err != nil {
		return nil, failf(exitUsage, "%s: %w", path, err)
	}
	if !containsPurpose(purposes, header.Purpose) {
		return nil, failf(exitTrust, "%s is a %s key and cannot sign this", path, header.Purpose).
			hintf("want a key for %s", joinPurposes(purposes))
	}
	passphrase, err := p.open(fmt.Sprintf("%s (%s)", path, oneLine(header.Name)))
	if err != nil {
		return nil, err
	}
	key, header, err := identity.DecryptKeyFile(data, passphrase)
	if errors.Is(err, identity.ErrWrongPassphrase) {
		return nil, failf(exitTrust, "%s: wrong passphrase", path)
	}
	if err != nil {
		return nil, failf(exitUsage, "%s: %w", path, err)
	}
	return &signer{env: e, path: path, key: key, name: header.Name}, nil
}

// openKeys opens the key files of --key.
func (e *env) openKeys(c *cli.Context, purposes ...identity.Purpose) ([]*signer, error) {
	p := e.passphrases(c)
	var signers []*signer
	for _, path := range c.StringSlice("key") {
		s, err := e.openKey(p, path, purposes...)
		if err != nil {
			return nil, err
		}
		for _, other := range signers {
			if other.key.Public() == s.key.Public() {
				return nil, failf(exitUsage, "%s and %s are the same key", other.path, path)
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

// readPublicKey reads a public key: its text, or a file that is a key file or
// holds the text.
func (e *env) readPublicKey(s string, purpose identity.Purpose) (identity.PublicKey, error) {
	if key, err := identity.ParsePublicKey(s); err == nil {
		return key, nil
	}
	data, err := e.readInput(s)
	if err != nil {
		return identity.PublicKey{}, err
	}
	if header, err := identity.ReadKeyHeader(data); err == nil {
		if header.Purpose != purpose {
			return identity.PublicKey{}, failf(exitTrust, "%s is a %s key, want a %s key", s, header.Purpose, purpose)
		}
		return header.Public, nil
	}
	key, err := identity.ParsePublicKey(string(data))
	if err != nil {
		return identity.PublicKey{}, failf(exitUsage, "%s: %w", s, err).hintf("give a key file or its line \"public:\"")
	}
	return key, nil
}
