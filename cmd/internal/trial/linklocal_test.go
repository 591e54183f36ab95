//go:build linux

package trial

import (
	"strings"
	"testing"
	"time"
)

// TestLinkLocalAlert: a cable between two devices that have nothing but IPv6
// link-local addresses. An alert crosses it, and another after the cable was
// pulled and plugged in again.
func TestLinkLocalAlert(t *testing.T) {
	tree := newTree(t, 2)
	names := newNamespaces(t, 2)
	ip(t, "-n", names[0], "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", names[1])
	pair := make([]*device, len(names))
	for i, name := range names {
		pair[i] = newDevice(t, tree)
		pair[i].prefix = []string{"ip", "netns", "exec", name}
		pair[i].up()
	}
	officers := tree.Leitstelle.Persons
	for _, identifier := range []string{"plugged-in", "plugged-in-again"} {
		began := time.Now()
		for _, name := range names {
			ip(t, "-n", name, "link", "set", "cable", "up")
		}
		first := warning(t, tree, identifier, officers[0], officers[1])
		pair[0].submit(first)
		_, at := pair[1].heard(first.ID())
		t.Logf("%s: the alert was there %s after the cable", identifier, at.Sub(began).Round(time.Millisecond))
		for _, name := range names {
			ip(t, "-n", name, "link", "set", "cable", "down")
		}
	}
	for p, err := range pair[0].api.Peers(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if p.PeerID == pair[1].status.PeerID && !strings.HasPrefix(strings.Join(p.Addresses, " "), "/ip6zone/cable/ip6/fe80::") {
			t.Errorf("the neighbour is shown at %v", p.Addresses)
		}
	}
}
