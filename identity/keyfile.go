package identity

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// ErrWrongPassphrase means that a key file is intact but not of this passphrase.
var ErrWrongPassphrase = errors.New("wrong passphrase")

const (
	// DefaultWorkFactor is the scrypt work factor of key files, as a power of
	// two: about one second on a laptop, and 256 MiB.
	DefaultWorkFactor = 18
	maxWorkFactor     = 22 // 4 GiB; a file that asks for more is no key file

	maxKeyFile    = 8 << 10 // bytes; a key file takes some 700
	keyFileMagic  = "kreidfeuer private key 1"
	keyFileSecret = "\n\n" // between the header and the encrypted key
)

// KeyHeader is the readable part of a key file.
type KeyHeader struct {
	Purpose Purpose
	Public  PublicKey
	Name    string // whose key, for people
	Created uint64 // seconds UTC
}

func (h KeyHeader) text() string {
	return fmt.Sprintf("%s\npurpose: %s\npublic: %s\nname: %s\ncreated: %s", keyFileMagic, h.Purpose, h.Public, h.Name,
		time.Unix(int64(h.Created), 0).UTC().Format(time.RFC3339))
}

// sealedKey is what is encrypted. The header is in it, so that whoever edits the
// readable one is found out.
type sealedKey struct {
	_      struct{} `cbor:",toarray"`
	Header string
	Seed   []byte
}

// EncryptKeyFile writes a key file: a readable header, and the key encrypted
// with the passphrase (age with scrypt, armored; its salt and file key are the
// system's randomness). workFactor 0 is [DefaultWorkFactor]; lower ones are for
// tests and demonstrations.
func EncryptKeyFile(key PrivateKey, name string, created uint64, passphrase string, workFactor int) ([]byte, error) {
	if workFactor == 0 {
		workFactor = DefaultWorkFactor
	}
	if workFactor < 1 || workFactor > maxWorkFactor {
		return nil, fmt.Errorf("encrypt key: work factor %d, want 1 to %d", workFactor, maxWorkFactor)
	}
	if name == "" || !cleanText(name) || created > wire.MaxTime {
		return nil, fmt.Errorf("encrypt key: name %.40q is empty, too long or holds control characters", name)
	}
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("encrypt key: %w", err)
	}
	recipient.SetWorkFactor(workFactor)
	header := KeyHeader{key.purpose, key.public, name, created}.text()
	plain, err := wire.Marshal(sealedKey{Header: header, Seed: key.secret().Seed()})
	if err != nil {
		return nil, fmt.Errorf("encrypt key: %w", err)
	}
	out := bytes.NewBufferString(header + keyFileSecret)
	if err := encryptTo(out, plain, recipient); err != nil {
		return nil, fmt.Errorf("encrypt key: %w", err)
	}
	return out.Bytes(), nil
}

func encryptTo(out io.Writer, plain []byte, recipient age.Recipient) error {
	armored := armor.NewWriter(out)
	w, err := age.Encrypt(armored, recipient)
	if err != nil {
		return err
	}
	if _, err := w.Write(plain); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return armored.Close()
}

// ReadKeyHeader reads the header of a key file. Without the passphrase it is a
// claim; [DecryptKeyFile] checks it.
func ReadKeyHeader(b []byte) (KeyHeader, error) {
	head, _, err := splitKeyFile(b)
	if err != nil {
		return KeyHeader{}, err
	}
	return parseKeyHeader(head)
}

func splitKeyFile(b []byte) (head, secret string, err error) {
	text := strings.ReplaceAll(string(b[:min(len(b), maxKeyFile+1)]), "\r\n", "\n") // through Windows and mail
	head, secret, ok := strings.Cut(text, keyFileSecret)
	if len(b) > maxKeyFile || !ok || !strings.HasPrefix(head, keyFileMagic+"\n") {
		return "", "", fmt.Errorf("read key file: not a key file (it begins with %q)", keyFileMagic)
	}
	return head, secret, nil
}

func parseKeyHeader(head string) (KeyHeader, error) {
	var h KeyHeader
	lines := strings.Split(head, "\n")
	fields := []string{"purpose: ", "public: ", "name: ", "created: "}
	if len(lines) != 1+len(fields) {
		return h, fmt.Errorf("read key file: header of %d lines, want %d", len(lines), 1+len(fields))
	}
	for i, prefix := range fields {
		value, ok := strings.CutPrefix(lines[i+1], prefix)
		if !ok {
			return h, fmt.Errorf("read key file: line %d does not begin with %q", i+2, prefix)
		}
		fields[i] = value
	}
	created, err := time.Parse(time.RFC3339, fields[3])
	if err != nil || created.Unix() < 0 {
		return h, errors.New("read key file: created is no time")
	}
	if h.Public, err = ParsePublicKey(fields[1]); err != nil {
		return h, fmt.Errorf("read key file: %w", err)
	}
	h.Purpose, h.Name, h.Created = Purpose(fields[0]), fields[2], uint64(created.Unix())
	if !h.Purpose.valid() || !cleanText(h.Name) || h.text() != head {
		return KeyHeader{}, errors.New("read key file: purpose, name or form of the header is wrong")
	}
	return h, nil
}

// DecryptKeyFile opens a key file and holds its header against what was
// encrypted. It returns [ErrWrongPassphrase] if that is what is wrong.
func DecryptKeyFile(b []byte, passphrase string) (PrivateKey, KeyHeader, error) {
	head, secret, err := splitKeyFile(b)
	if err != nil {
		return PrivateKey{}, KeyHeader{}, err
	}
	h, err := parseKeyHeader(head)
	if err != nil {
		return PrivateKey{}, KeyHeader{}, err
	}
	plain, err := decrypt(secret, passphrase)
	if err != nil {
		return PrivateKey{}, KeyHeader{}, err
	}
	var sealed sealedKey
	if err := wire.Unmarshal(plain, &sealed); err != nil || len(sealed.Seed) != 32 {
		return PrivateKey{}, KeyHeader{}, errors.New("decrypt key file: what is encrypted is no key")
	}
	key := newPrivateKey(h.Purpose, sealed.Seed)
	if sealed.Header != head || key.public != h.Public {
		return PrivateKey{}, KeyHeader{}, errors.New("decrypt key file: the readable header was changed")
	}
	return key, h, nil
}

func decrypt(secret, passphrase string) ([]byte, error) {
	identity, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, ErrWrongPassphrase // an empty one
	}
	identity.SetMaxWorkFactor(maxWorkFactor)
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(secret)), identity)
	if no := (*age.NoIdentityMatchError)(nil); errors.As(err, &no) {
		return nil, ErrWrongPassphrase
	} else if err != nil {
		return nil, fmt.Errorf("decrypt key file: damaged: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(r, maxKeyFile))
	if err != nil {
		return nil, fmt.Errorf("decrypt key file: damaged: %w", err)
	}
	return plain, nil
}
