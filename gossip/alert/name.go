package alert

import (
	"encoding/base32"
	"slices"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// RandomBytes are those of an identifier: two officers who write in the same
// second do not collide.
const RandomBytes = 5

var identifierText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Identifier is the CAP identifier of an alert made here: its time, in seconds
// UTC, and random bytes.
func Identifier(sent uint64, random [RandomBytes]byte) string {
	return "kf-" + time.Unix(int64(sent), 0).UTC().Format("20060102T150405Z") + "-" + identifierText.EncodeToString(random[:])
}

// ParseIdentifier returns the random bytes at the end of what Identifier made;
// false if there are none. Whether the rest is right, Identifier tells.
func ParseIdentifier(s string) (random [RandomBytes]byte, ok bool) {
	b, err := identifierText.DecodeString(s[strings.LastIndexByte(s, '-')+1:])
	ok = err == nil && len(b) == RandomBytes
	copy(random[:], b)
	return random, ok
}

// Sender is the CAP sender of an authority: unique without a registry, because
// the domain's ID is in it. It holds no space and no comma.
func Sender(domain wire.ID, authority string) string {
	labels := strings.Split(authority, "/")
	slices.Reverse(labels)
	return strings.Join(append(labels, domain.Short(), "kreidfeuer"), ".")
}
