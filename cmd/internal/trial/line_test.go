//go:build linux

package trial

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// maxTravel is what an alert may take from the call that publishes it to the
// event at the far end of the line.
const maxTravel = 3 * time.Second

func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// namespaces counts those made, so that tests at the same time have their own.
var namespaces atomic.Int64

// newNamespaces makes empty network namespaces, or skips the test.
func newNamespaces(t *testing.T, n int) (names []string) {
	t.Helper()
	if _, err := exec.LookPath("ip"); err != nil || os.Getuid() != 0 {
		t.Skip("needs root and iproute2")
	}
	for range n {
		name := fmt.Sprintf("kfl%d-%d", os.Getpid(), namespaces.Add(1))
		if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
			t.Skipf("network namespaces are not permitted here: %s", out)
		}
		t.Cleanup(func() { ip(t, "netns", "delete", name) })
		ip(t, "-n", name, "link", "set", "lo", "up")
		names = append(names, name)
	}
	return names
}

// TestLine: five devices in a line, each link its own network, know nothing of
// each other. An alert from one end is verified at the other; a link that gets
// its addresses after the start is used, and what was missed comes over it.
func TestLine(t *testing.T) {
	tree := newTree(t, 2)
	names := newNamespaces(t, 5)
	addresses := [][2]string{
		{"10.77.1.1/30", "10.77.1.2/30"}, {"fd77:2::1/64", "fd77:2::2/64"}, {"10.77.3.1/24", "10.77.3.2/24"}, {"10.77.4.1/30", "10.77.4.2/30"},
	}
	address := func(link int) {
		for side, a := range addresses[link] {
			ip(t, "-n", names[link+side], "address", "add", a, "dev", fmt.Sprintf("link%d", link), "nodad")
		}
	}
	for i := range addresses {
		dev := fmt.Sprintf("link%d", i)
		ip(t, "-n", names[i], "link", "add", dev, "type", "veth", "peer", "name", dev, "netns", names[i+1])
		for _, name := range names[i : i+2] {
			// No link-local address: one would connect the last link at once.
			ip(t, "-n", name, "link", "set", dev, "addrgenmode", "none")
			ip(t, "-n", name, "link", "set", dev, "up")
		}
		if i < 3 {
			address(i)
		}
	}
	line := make([]*device, len(names))
	for i, name := range names {
		line[i] = newDevice(t, tree)
		line[i].prefix = []string{"ip", "netns", "exec", name}
		line[i].up()
	}
	began := time.Now()
	awaitLine(t, line[:4])
	t.Logf("four devices found each other in %s", time.Since(began).Round(time.Millisecond))

	officers := tree.Leitstelle.Persons
	first := warning(t, tree, "line-1", officers[0], officers[1])
	sent := line[0].submit(first)
	_, at := line[3].heard(first.ID())
	travelled(t, "over three links", at.Sub(sent))

	began = time.Now()
	address(3)
	awaitLine(t, line)
	t.Logf("an address that appeared was used after %s", time.Since(began).Round(time.Millisecond))
	line[4].heard(first.ID())
	t.Logf("what the late device had missed was there %s after the address", time.Since(began).Round(time.Millisecond))

	second := warning(t, tree, "line-2", officers[0], officers[1])
	sent = line[0].submit(second)
	ev, at := line[4].heard(second.ID())
	travelled(t, "over four links", at.Sub(sent))
	if a := ev.Alert; a.From != line[3].status.PeerID || a.Authority != "rp/07131/lst" || a.Level != 2 || len(a.Signers) != 2 {
		t.Errorf("event from %s by %s, level %d with %d signers: want the neighbour, the Leitstelle and both officers",
			a.From, a.Authority, a.Level, len(a.Signers))
	}
}

// awaitLine waits until each device is connected to those beside it, and sees to
// it that it is to no other.
func awaitLine(t *testing.T, line []*device) {
	t.Helper()
	for i, d := range line {
		beside := []*device{}
		if i > 0 {
			beside = append(beside, line[i-1])
		}
		if i+1 < len(line) {
			beside = append(beside, line[i+1])
		}
		var got map[string]bool
		d.await(fmt.Sprintf("device %d connected to %d neighbours", i, len(beside)), func() bool {
			got = d.neighbours()
			for _, b := range beside {
				if !got[b.status.PeerID] {
					return false
				}
			}
			return true
		})
		if len(got) != len(beside) {
			t.Fatalf("device %d has %d neighbours, want %d: the namespaces leak", i, len(got), len(beside))
		}
	}
}

func travelled(t *testing.T, how string, took time.Duration) {
	t.Helper()
	t.Logf("from publishing to verified %s: %s", how, took.Round(time.Millisecond))
	if took > maxTravel {
		t.Errorf("%s: %s, want at most %s", how, took, maxTravel)
	}
}
