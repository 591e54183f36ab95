// Package armor writes signed objects as text, as people mail and paste them, and reads
// them back from files.
package armor

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Prefix begins the type of each block.
//
// Signed objects rest in files as text (RFC 7468's form with header lines, as
// RFC 1421 has them), so that people see what a file is, paste it into a mail
// and put several into one. The header lines say nothing that the object does
// not; a file whose header lines differ from it is refused.
const Prefix = "KREIDFEUER "

func armorType(t wire.Type) string { return Prefix + strings.ToUpper(t.String()) }

// Encode writes envelopes as text, each with its chain and parts.
func Encode(es ...*wire.Envelope) ([]byte, error) {
	var b bytes.Buffer
	for _, e := range es {
		block := &pem.Block{Type: armorType(e.Header.Type), Headers: armorHeaders(e), Bytes: e.EncodeFull()}
		if err := pem.Encode(&b, block); err != nil {
			return nil, fmt.Errorf("write %s: %w", e.Header.Type, err)
		}
	}
	return b.Bytes(), nil
}

// armorHeaders describes an envelope for people who look at its file.
func armorHeaders(e *wire.Envelope) map[string]string {
	h := map[string]string{"Fingerprint": identity.Fingerprint(e.ID())}
	switch e.Header.Type {
	case wire.TypeRoot:
		if r, err := identity.ParseRoot(e); err == nil {
			h["Name"], h["Version"] = r.Name, fmt.Sprint(r.Version)
		}
	case wire.TypeCertificate:
		if c, err := identity.ParseCertificate(e); err == nil {
			h["Name"], h["Authority"] = c.Name, c.Authority
			if c.Person != "" {
				h["Person"] = c.Person
			}
		}
	default:
		if e.Header.Authority != "" {
			h["Authority"] = e.Header.Authority
		}
	}
	return h
}

// Decode reads the envelopes of a file: armored ones, or one as raw CBOR.
func Decode(data []byte) ([]*wire.Envelope, error) {
	if bytes.HasPrefix(data, []byte{0xd8, 98}) {
		e, err := wire.Decode(data)
		return []*wire.Envelope{e}, err
	}
	var es []*wire.Envelope
	for {
		block, rest := pem.Decode(data)
		if block == nil {
			break
		}
		data = rest
		if !strings.HasPrefix(block.Type, Prefix) {
			continue
		}
		e, err := openArmor(block)
		if err != nil {
			return nil, fmt.Errorf("block %d: %w", len(es)+1, err)
		}
		es = append(es, e)
	}
	if bytes.Contains(data, []byte("-----BEGIN "+Prefix)) {
		return nil, fmt.Errorf("block %d is damaged or cut off", len(es)+1)
	}
	if len(es) == 0 {
		return nil, errors.New("no signed object in it: neither -----BEGIN " + Prefix + "…----- nor its binary form")
	}
	return es, nil
}

// ErrChanged is the error of a block whose header lines say something else than it holds.
var ErrChanged = errors.New("the readable lines do not match what they describe: somebody has changed them")

func openArmor(block *pem.Block) (*wire.Envelope, error) {
	e, err := wire.Decode(block.Bytes)
	if err != nil {
		return nil, err
	}
	if block.Type != armorType(e.Header.Type) {
		return nil, fmt.Errorf("it calls itself %s and holds a %s", block.Type, e.Header.Type)
	}
	want := armorHeaders(e)
	if len(block.Headers) > 0 && !maps.Equal(block.Headers, want) {
		return nil, ErrChanged
	}
	return e, nil
}

// ReadFile reads the envelopes of a named file.
func ReadFile(e *shell.Env, name string) ([]*wire.Envelope, error) {
	data, err := e.ReadInput(name)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(data, []byte("-----BEGIN "+RequestType)) {
		return nil, exit.Errorf(exit.Usage, "%s is a request, not a certificate yet", shell.InputName(name)).
			Hintf("kreidfeuer cert grant turns it into a certificate")
	}
	es, err := Decode(data)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "read %s: %w", shell.InputName(name), err)
	}
	return es, nil
}

// Read reads the one envelope of a type that a file holds.
func Read(e *shell.Env, name string, want wire.Type) (*wire.Envelope, error) {
	es, err := ReadFile(e, name)
	if err != nil {
		return nil, err
	}
	if len(es) != 1 || es[0].Header.Type != want {
		return nil, exit.Errorf(exit.Usage, "%s holds %s, want one %s", shell.InputName(name), Contents(es), want)
	}
	return es[0], nil
}

// Contents says in words what a file with these objects holds.
func Contents(es []*wire.Envelope) string {
	if len(es) == 1 {
		return "a " + es[0].Header.Type.String()
	}
	return fmt.Sprintf("%d objects", len(es))
}

// RequestType is the type of a block that asks for a certificate; package cert reads it.
const RequestType = Prefix + "CERTIFICATE REQUEST"
