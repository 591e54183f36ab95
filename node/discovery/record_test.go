package discovery

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/record"
	ma "github.com/multiformats/go-multiaddr"
)

var update = flag.Bool("update", false, "write the beacon vectors anew")

// testKey makes the key of the device number n.
func testKey(t testing.TB, n byte) (crypto.PrivKey, peer.ID) {
	t.Helper()
	raw := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
	key, err := crypto.UnmarshalEd25519PrivateKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	id, err := peer.IDFromPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return key, id
}

// seal signs a record without any of sealRecord's care.
func seal(t testing.TB, key crypto.PrivKey, id peer.ID, addrs []ma.Multiaddr) []byte {
	t.Helper()
	e, err := record.Seal(&peer.PeerRecord{PeerID: id, Addrs: addrs, Seq: 1_800_000_000}, key)
	if err != nil {
		t.Fatal(err)
	}
	data, err := e.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// vectors are packets by name, with what must come of each: addresses, or
// "refused" and why.
func vectors(t testing.TB) map[string]struct {
	want   string
	packet []byte
} {
	key, id := testKey(t, 1)
	_, other := testKey(t, 2)
	rsa, _, err := crypto.GenerateKeyPair(crypto.Secp256k1, 0) // stands for every other kind
	if err != nil {
		t.Fatal(err)
	}
	rsaID, _ := peer.IDFromPrivateKey(rsa)
	good := addrs("/ip4/10.0.0.1/udp/7131/quic-v1", "/ip6/fe80::1/udp/7131/quic-v1", "/ip4/10.0.0.1/tcp/7131")
	odd := addrs("/ip4/127.0.0.1/tcp/1", "/dns4/example.org/tcp/1", "/ip4/10.0.0.1/tcp/1/ws", "/ip6/fd9c:6e1b:0:2::1/udp/1/quic-v1", "/ip4/10.0.0.2/tcp/1")
	plain := append(bytes.Clone(beaconMagic), seal(t, key, id, good)...)
	changed := func(at int, b byte) []byte {
		p := bytes.Clone(plain)
		p[at] ^= b
		return p
	}
	type vector = struct {
		want   string
		packet []byte
	}
	return map[string]vector{
		"plain":           {"1800000000 " + id.String() + " " + strings.Join(texts(good), " "), plain},
		"no-address":      {"1800000000 " + id.String(), append(bytes.Clone(beaconMagic), seal(t, key, id, nil)...)},
		"skipped":         {"1800000000 " + id.String() + " /ip4/10.0.0.2/tcp/1", append(bytes.Clone(beaconMagic), seal(t, key, id, odd)...)},
		"version-2":       {"refused: no beacon", changed(3, 3)},
		"bad-signature":   {"refused: invalid signature", changed(len(plain)-1, 1)},
		"bad-address":     {"refused: invalid signature", changed(len(plain)-80, 1)},
		"unknown-field":   {"refused: canonical", append(bytes.Clone(plain), 0x7a, 0)},
		"truncated":       {"refused: read peer record", plain[:len(plain)-1]},
		"other-peer":      {"refused: did not sign", append(bytes.Clone(beaconMagic), seal(t, key, other, good)...)},
		"other-key":       {"refused: not Ed25519", append(bytes.Clone(beaconMagic), seal(t, rsa, rsaID, good)...)},
		"too-many":        {"refused: addresses", append(bytes.Clone(beaconMagic), seal(t, key, id, slices.Repeat(good, 6))...)},
		"too-long":        {"refused: bytes", append(bytes.Clone(beaconMagic), bytes.Repeat([]byte{1}, maxRecord+1)...)},
		"magic-only":      {"refused: read peer record", beaconMagic},
		"empty":           {"refused: no beacon", nil},
		"mdns-by-mistake": {"refused: no beacon", newQuery(1).packet},
	}
}

func TestBeaconVectors(t *testing.T) {
	dir := filepath.Join("testdata", "beacon")
	if *update {
		for name, v := range vectors(t) {
			text := v.want + "\n" + hex.EncodeToString(v.packet) + "\n"
			if err := os.WriteFile(filepath.Join(dir, name+".txt"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(files) != len(vectors(t)) {
		t.Fatalf("%d vectors, %v; run with -update", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want, data, _ := strings.Cut(string(text), "\n")
			packet, err := hex.DecodeString(strings.TrimSpace(data))
			if err != nil {
				t.Fatal(err)
			}
			r, err := parseBeacon(packet)
			if why, refused := strings.CutPrefix(want, "refused: "); refused {
				if err == nil || !strings.Contains(err.Error(), why) {
					t.Errorf("got %v, %v; want refused because of %q", r, err, why)
				}
				return
			}
			got := strings.Join(append([]string{fmt.Sprint(r.Seq), r.ID.String()}, texts(r.Addrs)...), " ")
			if err != nil || got != want {
				t.Errorf("got %s, %v\nwant %s", got, err, want)
			}
		})
	}
}

func TestSealRecordFits(t *testing.T) {
	key, id := testKey(t, 1)
	var many []ma.Multiaddr
	for i := range 60 {
		many = append(many, ma.StringCast(fmt.Sprintf("/ip6/2001:db8:1:2:3:4:5:%x/udp/%d/quic-v1", i+1, 50000+i)))
	}
	data, err := sealRecord(key, Record{ID: id, Addrs: many, Seq: 7})
	if err != nil {
		t.Fatal(err)
	}
	got, err := openRecord(data)
	if diff := cmp.Diff(texts(many[:maxRecordAddrs]), texts(got.Addrs)); err != nil || got.Seq != 7 || diff != "" {
		t.Errorf("%d bytes, %v, %v, -want +got:\n%s", len(data), got, err, diff)
	}
}

func FuzzParseBeacon(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.packet)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := parseBeacon(data)
		if err != nil {
			return
		}
		if r.ID.Validate() != nil || len(r.Addrs) > maxRecordAddrs {
			t.Errorf("accepted %v", r)
		}
		for _, a := range r.Addrs {
			if at, ok := addrOf(a); !ok || !isDialable(a) || !isUsable(at) {
				t.Errorf("address %s", a)
			}
		}
	})
}
