package exchange

import (
	"net/netip"
	"testing"

	ma "github.com/multiformats/go-multiaddr"
)

func TestMayTell(t *testing.T) {
	subnets := []netip.Prefix{netip.MustParsePrefix("192.168.1.7/24"), netip.MustParsePrefix("10.8.0.7/16"), netip.MustParsePrefix("fd00::7/64")}
	for _, c := range []struct {
		what   string
		at, to string
		want   bool
	}{
		{"one local network", "192.168.1.2", "192.168.1.3", true},
		{"another local network of ours", "10.8.0.2", "192.168.1.3", false},
		{"families", "fd00::2", "fd00::3", true},
		{"family of another network", "fd00::2", "192.168.1.3", false},
		{"both behind routers", "172.16.0.2", "172.20.0.3", true},
		{"one behind a router", "172.16.0.2", "192.168.1.3", false},
		{"private to the internet", "192.168.1.2", "203.0.113.5", false},
		{"internet to private", "203.0.113.5", "192.168.1.2", false},
		{"internet", "203.0.113.5", "2001:db8::1", true},
		{"this machine", "127.0.0.1", "127.0.0.1", true},
		{"this machine to others", "127.0.0.1", "192.168.1.2", false},
		{"one link", "fd9c:6e1b:0:2::1", "fd9c:6e1b:0:2::2", true},
		{"another link", "fd9c:6e1b:0:2::1", "fd9c:6e1b:0:3::2", false},
		{"link to local network", "fd9c:6e1b:0:2::1", "fd00::2", false},
		{"self-assigned IPv4", "169.254.1.1", "169.254.1.2", true},
		{"link families", "169.254.1.1", "fd9c:6e1b:0:2::2", false},
	} {
		if got := mayTell(netip.MustParseAddr(c.at), netip.MustParseAddr(c.to), subnets); got != c.want {
			t.Errorf("%s: %s told to %s: %v, want %v", c.what, c.at, c.to, got, c.want)
		}
	}
}

func TestHeard(t *testing.T) {
	for _, c := range []struct{ said, from, want string }{
		{"/ip4/10.0.0.1/tcp/1", "10.0.0.2", "/ip4/10.0.0.1/tcp/1"},
		{"/ip4/203.0.113.1/tcp/1", "10.0.0.2", ""}, // would have us call somebody on the internet
		{"/ip4/10.0.0.1/tcp/1", "203.0.113.1", ""},
		{"/ip6/fe80::1/udp/1/quic-v1", "fd9c:6e1b:0:7::2", "/ip6/fd9c:6e1b:0:7::1/udp/1/quic-v1"},
		{"/ip6/fe80::1/tcp/1", "fd9c:6e1b:0:7::2", ""},
		{"/ip6/fe80::1/udp/1/quic-v1", "169.254.0.1", ""},
		{"/ip6/fd9c:6e1b:0:7::1/udp/1/quic-v1", "fd9c:6e1b:0:7::2", ""},
	} {
		a, ok := heard(ma.StringCast(c.said), netip.MustParseAddr(c.from))
		if ok != (c.want != "") || ok && a.String() != c.want {
			t.Errorf("%s from %s: %v, %v; want %q", c.said, c.from, a, ok, c.want)
		}
	}
	if got := told(ma.StringCast("/ip6/fd9c:6e1b:0:7::1/udp/1/quic-v1")).String(); got != "/ip6/fe80::1/udp/1/quic-v1" {
		t.Errorf("told %s", got)
	}
}
