//go:build linux

package trial

import (
	"slices"
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
		pair[0].await("the neighbour is shown at its address on the cable", func() bool { return pair[0].shows(pair[1], "/ip6zone/cable/ip6/fe80::") })
		for _, name := range names { // the connection may be gone at once
			ip(t, "-n", name, "link", "set", "cable", "down")
		}
	}
}

// shows reports whether the device lists a neighbour at an address that begins so.
func (d *device) shows(neighbour *device, prefix string) bool {
	d.t.Helper()
	for p, err := range d.api.Peers(d.t.Context()) {
		if err != nil {
			d.t.Fatal(err)
		}
		if p.PeerID == neighbour.status.PeerID {
			return slices.ContainsFunc(p.Addresses, func(a string) bool { return strings.HasPrefix(a, prefix) })
		}
	}
	return false
}
