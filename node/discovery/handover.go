package discovery

import (
	"crypto/ed25519"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// CardPrefix begins every card.
const CardPrefix = "KFPEER:"

// cardEncoding keeps to the characters that QR codes hold most densely.
var cardEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewCard writes where a device is reached as one line of text, for a file or a
// QR code: its signed peer record in base 32. Addresses that only the device
// itself understands are left out.
func NewCard(key ed25519.PrivateKey, addrs []ma.Multiaddr, now time.Time) (string, error) {
	private, err := crypto.UnmarshalEd25519PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("read device key: %w", err)
	}
	id, err := peer.IDFromPrivateKey(private)
	if err != nil {
		return "", fmt.Errorf("read device key: %w", err)
	}
	addrs = ma.FilterAddrs(addrs, func(a ma.Multiaddr) bool {
		at, ok := addrOf(a)
		return ok && isDialable(a) && !at.IsUnspecified() && (at.Is4() || !at.IsLinkLocalUnicast())
	})
	if len(addrs) == 0 {
		return "", errors.New("the device has no address at which others reach it")
	}
	sealed, err := sealRecord(private, Record{ID: id, Addrs: addrs, Seq: uint64(max(0, now.Unix()))})
	if err != nil {
		return "", err
	}
	return CardPrefix + cardEncoding.EncodeToString(sealed), nil
}

// ParseCard reads and verifies what [NewCard] wrote. Case and space around it do
// not count.
func ParseCard(text string) (Record, error) {
	text, ok := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(text)), CardPrefix)
	if !ok {
		return Record{}, fmt.Errorf("a device's card begins with %s", CardPrefix)
	}
	if cardEncoding.DecodedLen(len(text)) > maxRecord {
		return Record{}, errors.New("the card is too long")
	}
	sealed, err := cardEncoding.DecodeString(text)
	if err != nil {
		return Record{}, fmt.Errorf("read card: %w", err)
	}
	r, err := openRecord(sealed)
	if err == nil && len(r.Addrs) == 0 {
		err = errors.New("the card names no address")
	}
	return r, err
}
