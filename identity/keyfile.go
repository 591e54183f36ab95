package identity

import "errors"

// ErrWrongPassphrase means that a key file is intact, but not of this passphrase.
var ErrWrongPassphrase = errors.New("wrong passphrase")

// KeyHeader is the readable part of a key file.
type KeyHeader struct {
	Purpose Purpose
	Public  PublicKey
	Name    string // whose key, for people
	Created uint64 // seconds UTC
}

// DefaultWorkFactor is the scrypt work factor of key files, as a power of two:
// about one second on a laptop and 256 MiB.
const DefaultWorkFactor = 18

// EncryptKeyFile writes a key file: a readable header, and the key encrypted
// with the passphrase (age, scrypt). workFactor 0 is [DefaultWorkFactor].
func EncryptKeyFile(key PrivateKey, name string, created uint64, passphrase string, workFactor int) ([]byte, error) {
	return nil, errors.New("not ready")
}

// ReadKeyHeader reads the header, which without the passphrase is a claim.
func ReadKeyHeader(b []byte) (KeyHeader, error) { return KeyHeader{}, errors.New("not ready") }

// DecryptKeyFile opens a key file and checks its header against the key.
// It returns [ErrWrongPassphrase] if the passphrase is wrong.
func DecryptKeyFile(b []byte, passphrase string) (PrivateKey, KeyHeader, error) {
	return PrivateKey{}, KeyHeader{}, errors.New("not ready")
}
