package discovery

import (
	"bytes"
	"crypto/ed25519"
	"slices"
	"strings"
	"testing"
)

func TestCard(t *testing.T) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	_, id := testKey(t, 1)
	reach := addrs("/ip4/10.0.0.1/udp/7131/quic-v1", "/ip6/fe80::1/udp/7131/quic-v1", "/ip6/fd9c:6e1b:0:2::1/udp/1/quic-v1", "/ip6/2001:db8::1/tcp/7131")
	card, err := NewCard(key, reach, start)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{card, strings.ToLower(card), " " + card + "\r\n"} {
		r, err := ParseCard(text)
		if err != nil || r.ID != id || !slices.Equal(texts(r.Addrs), []string{"/ip4/10.0.0.1/udp/7131/quic-v1", "/ip6/2001:db8::1/tcp/7131"}) {
			t.Errorf("got %v, %v", r, err)
		}
	}
	changed := []byte(card)
	changed[len(changed)-20] ^= 3
	for _, bad := range []string{"", CardPrefix, "KFPEER", card[:len(card)-8], string(changed), CardPrefix + strings.Repeat("A", 1<<20), card + "?"} {
		if _, err := ParseCard(bad); err == nil {
			t.Errorf("%.40q is taken", bad)
		}
	}
	if _, err := NewCard(key, addrs("/ip6/fe80::1/udp/1/quic-v1", "/ip4/0.0.0.0/tcp/1"), start); err == nil {
		t.Error("a card without an address")
	}
}
