package discovery

import (
	"crypto/ed25519"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"golang.org/x/net/dns/dnsmessage"
)

// testID makes the peer ID of the n-th test device.
func testID(n int) peer.ID {
	seed := make([]byte, ed25519.SeedSize)
	seed[0], seed[1] = byte(n), byte(n>>8)
	key, err := crypto.UnmarshalEd25519PrivateKey(ed25519.NewKeyFromSeed(seed))
	if err != nil {
		panic(err)
	}
	id, err := peer.IDFromPrivateKey(key)
	if err != nil {
		panic(err)
	}
	return id
}

func addrs(list ...string) []ma.Multiaddr {
	var as []ma.Multiaddr
	for _, s := range list {
		as = append(as, ma.StringCast(s))
	}
	return as
}

func texts(as []ma.Multiaddr) []string {
	list := []string{}
	for _, a := range as {
		list = append(list, a.String())
	}
	return list
}

func TestAnswerIsReadBack(t *testing.T) {
	told := addrs("/ip4/10.0.0.1/udp/7131/quic-v1", "/ip6/fd00::1/udp/7131/quic-v1", "/ip4/10.0.0.1/tcp/7131")
	packed, err := newAnswer(testID(1), told)
	if err != nil {
		t.Fatal(err)
	}
	m, err := parseMessage(packed)
	if err != nil || m.asked || len(m.peers) != 1 {
		t.Fatalf("got %+v, %v", m, err)
	}
	if m.peers[0].ID != testID(1) || !slices.Equal(texts(m.peers[0].Addrs), texts(told)) {
		t.Errorf("got %v, want %v", m.peers[0], told)
	}
}

func TestAnswerFitsAFrame(t *testing.T) {
	var many []ma.Multiaddr
	for i := range 100 {
		many = append(many, addrs(fmt.Sprintf("/ip6/2001:db8:1111:2222:3333:4444:5555:%x/udp/7131/quic-v1", i+1))...)
	}
	packed, err := newAnswer(testID(1), many)
	if err != nil {
		t.Fatal(err)
	}
	m, err := parseMessage(packed)
	if len(packed) > maxAnswer || err != nil || len(m.peers) != 1 || len(m.peers[0].Addrs) < 6 {
		t.Errorf("%d bytes, want at most %d with at least 6 addresses; %v, %v", len(packed), maxAnswer, m, err)
	}
}

func TestQueryIsRecognised(t *testing.T) {
	m, err := parseMessage(newQuery(77).packet)
	if err != nil || !m.asked || m.id != 77 {
		t.Errorf("got %+v, %v", m, err)
	}
	other := dnsmessage.Message{Questions: []dnsmessage.Question{
		{Name: dnsmessage.MustNewName("_p2p._udp.local."), Type: dnsmessage.TypePTR, Class: dnsmessage.ClassINET}}}
	packed, _ := other.Pack()
	if m, err := parseMessage(packed); err != nil || m.asked {
		t.Errorf("another service's question: got %+v, %v", m, err)
	}
}

func TestParseTexts(t *testing.T) {
	own, p2p, other := "/ip4/10.0.0.1/udp/7131/quic-v1", "/p2p/"+testID(1).String(), "/p2p/"+testID(2).String()
	tests := []struct {
		name  string
		texts []string
		want  []string
	}{
		{"one", []string{"dnsaddr=" + own + p2p}, []string{own}},
		{"without peer", []string{"dnsaddr=" + own}, nil},
		{"other text", []string{"path=/", own + p2p, "dnsaddr=nonsense", ""}, nil},
		{"second peer in one record", []string{"dnsaddr=" + own + p2p, "dnsaddr=/ip4/10.0.0.2/tcp/1" + other}, []string{own}},
		{"loopback", []string{"dnsaddr=/ip4/127.0.0.1/tcp/1" + p2p, "dnsaddr=/ip6/::1/tcp/1" + p2p}, nil},
		{"IPv6 link-local", []string{"dnsaddr=/ip6/fe80::1/udp/1/quic-v1" + p2p}, []string{"/ip6/fe80::1/udp/1/quic-v1"}},
		{"zone of another device", []string{"dnsaddr=/ip6zone/eth0/ip6/fe80::1/tcp/1" + p2p, "dnsaddr=/ip6/fd9c:6e1b:0:2::1/tcp/1" + p2p}, nil},
		{"unspecified, multicast", []string{"dnsaddr=/ip4/0.0.0.0/tcp/1" + p2p, "dnsaddr=/ip4/224.0.0.1/tcp/1" + p2p}, nil},
		{"names", []string{"dnsaddr=/dns4/evil.example/tcp/1" + p2p, "dnsaddr=/dnsaddr/evil.example" + p2p}, nil},
		{"relay", []string{"dnsaddr=" + own + other + "/p2p-circuit" + p2p}, nil},
		{"self-assigned IPv4", []string{"dnsaddr=/ip4/169.254.3.4/tcp/1" + p2p}, []string{"/ip4/169.254.3.4/tcp/1"}},
		{"other transport", []string{"dnsaddr=/ip4/10.0.0.1/tcp/1/ws" + p2p}, nil},
		{"flood", slices.Repeat([]string{"dnsaddr=" + own + p2p}, 1000), slices.Repeat([]string{own}, maxStrings)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			info, ok := parseTexts(test.texts)
			if ok != (test.want != nil) {
				t.Fatalf("ok %v", ok)
			}
			if ok && (info.ID != testID(1) || !slices.Equal(texts(info.Addrs), test.want)) {
				t.Errorf("got %v, want %v", info, test.want)
			}
		})
	}
}

func TestOnLink(t *testing.T) {
	l := newLink(net.Interface{Index: 2}, []net.Addr{
		&net.IPNet{IP: net.ParseIP("10.1.0.1"), Mask: net.CIDRMask(24, 32)},
		&net.IPNet{IP: net.ParseIP("fd00::1"), Mask: net.CIDRMask(64, 128)},
		&net.IPNet{IP: net.ParseIP("fe80::1"), Mask: net.CIDRMask(64, 128)},
	})
	listening := addrs("/ip4/0.0.0.0/tcp/7131", "/ip4/0.0.0.0/udp/7131/quic-v1", "/ip6/::/udp/7131/quic-v1", "/ip6/::/tcp/7131",
		"/ip4/10.9.0.1/tcp/1", "/ip4/10.1.0.1/tcp/2", "/ip4/127.0.0.1/tcp/3")
	want := []string{"/ip4/10.1.0.1/udp/7131/quic-v1", "/ip6/fd00::1/udp/7131/quic-v1", "/ip6/fe80::1/udp/7131/quic-v1", "/ip4/10.1.0.1/tcp/2", "/ip4/10.1.0.1/tcp/7131", "/ip6/fd00::1/tcp/7131"}
	for range listening { // libp2p lists them in any order, which is no change of the link
		if diff := cmp.Diff(want, texts(onLink(listening, l))); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		listening = append(listening[1:], listening[0])
	}
}

func TestLocated(t *testing.T) {
	said := addrs("/ip4/10.1.0.1/tcp/1", "/ip6/fe80::1/udp/1/quic-v1", "/ip6/fe80::1/tcp/1", "/ip6/fd00::1/tcp/1", "/ip4/169.254.0.1/tcp/1")
	for index, want := range map[int][]string{
		0: {"/ip4/10.1.0.1/tcp/1", "/ip6/fd00::1/tcp/1", "/ip4/169.254.0.1/tcp/1"},
		7: {"/ip4/10.1.0.1/tcp/1", "/ip6/fd9c:6e1b:0:7::1/udp/1/quic-v1", "/ip6/fd00::1/tcp/1", "/ip4/169.254.0.1/tcp/1"},
	} {
		if diff := cmp.Diff(want, texts(located(said, index))); diff != "" {
			t.Errorf("index %d: -want +got:\n%s", index, diff)
		}
	}
	if got := Shown(located(said, 65000)[1]); got != "/ip6zone/65000/ip6/fe80::1/udp/1/quic-v1" {
		t.Errorf("shown as %s", got)
	}
}

func FuzzParseMessage(f *testing.F) {
	answer, err := newAnswer(testID(1), addrs("/ip4/10.0.0.1/udp/7131/quic-v1", "/ip6/fd00::1/tcp/7131"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(answer)
	f.Add(newQuery(1).packet)
	f.Add([]byte(strings.Repeat("\x00", 12)))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseMessage(data)
		if err != nil && len(m.peers) > 0 {
			t.Error("peers beside an error")
		}
		for _, p := range m.peers {
			if p.ID.Validate() != nil || len(p.Addrs) == 0 || len(p.Addrs) > maxStrings {
				t.Errorf("peer %v", p)
			}
			for _, a := range p.Addrs {
				if !isDialable(a) {
					t.Errorf("address %s", a)
				}
			}
		}
	})
}
