//go:build linux

package discovery

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/kreidfeuer/kreidfeuer/node/host"
)

// inNamespace makes the test binary behave as a device inside a namespace, with
// the sources that it names.
const inNamespace = "KREIDFEUER_TEST_DEVICE"

func TestMain(m *testing.M) {
	if os.Getenv(inNamespace) != "" {
		if err := device(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// device runs a host with sources until standard input ends, and prints its ID and
// then a line for every connection.
func device() error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	h, err := host.New(host.Config{Key: key})
	if err != nil {
		return err
	}
	defer h.Close()
	fmt.Println("id", h.ID())
	h.Network().Notify(&network.NotifyBundle{ConnectedF: func(_ network.Network, c network.Conn) {
		fmt.Println("connected", c.RemotePeer(), c.RemoteMultiaddr())
	}})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	var sources []Source
	for name := range strings.FieldsSeq(os.Getenv(inNamespace)) {
		switch name {
		case "mdns":
			sources = append(sources, NewMDNS(h, nil))
		case "beacon":
			sources = append(sources, NewBeacon(h, nil))
		}
	}
	c, err := New(Config{Host: h, Sources: sources, WatchInterfaces: true})
	if err != nil {
		return err
	}
	return c.Run(ctx)
}

// namespace is a network namespace with a device in it.
type namespace struct {
	name  string
	id    string
	lines chan string
}

func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

var namespaces atomic.Int32

// newNamespaces makes empty network namespaces, or skips the test.
func newNamespaces(t *testing.T, n int) []*namespace {
	t.Helper()
	if testing.Short() {
		t.Skip("network namespaces need several seconds")
	}
	if _, err := exec.LookPath("ip"); err != nil || os.Getuid() != 0 {
		t.Skip("needs root and iproute2")
	}
	var list []*namespace
	for range n {
		ns := &namespace{name: fmt.Sprintf("kf%d-%d", os.Getpid(), namespaces.Add(1)), lines: make(chan string, 64)}
		if out, err := exec.Command("ip", "netns", "add", ns.name).CombinedOutput(); err != nil {
			t.Skipf("network namespaces are not permitted here: %s", out)
		}
		t.Cleanup(func() { exec.Command("ip", "netns", "delete", ns.name).Run() })
		ip(t, "-n", ns.name, "link", "set", "lo", "up")
		list = append(list, ns)
	}
	return list
}

// connect joins two namespaces by a link without IPv6 link-local addresses;
// addresses may be empty.
func connect(t *testing.T, a, b *namespace, dev string, addrA, addrB string) {
	t.Helper()
	ip(t, "-n", a.name, "link", "add", dev, "type", "veth", "peer", "name", dev, "netns", b.name)
	for ns, addr := range map[*namespace]string{a: addrA, b: addrB} {
		ip(t, "-n", ns.name, "link", "set", dev, "addrgenmode", "none")
		ip(t, "-n", ns.name, "link", "set", dev, "up")
		if addr != "" {
			ip(t, "-n", ns.name, "address", "add", addr, "dev", dev, "nodad")
		}
	}
}

// newSwitch joins namespaces by an Ethernet switch; each sees it as eth0.
func newSwitch(t *testing.T, members ...*namespace) *namespace {
	t.Helper()
	sw := newNamespaces(t, 1)[0]
	ip(t, "-n", sw.name, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
	ip(t, "-n", sw.name, "link", "set", "br0", "up")
	for i, ns := range members {
		port := fmt.Sprintf("p%d", i)
		ip(t, "-n", sw.name, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", ns.name)
		ip(t, "-n", sw.name, "link", "set", port, "master", "br0", "up")
		ip(t, "-n", ns.name, "link", "set", "eth0", "up")
	}
	return sw
}

// start runs the device with the named sources; it ends with the test.
func (ns *namespace) start(t *testing.T, sources string) {
	t.Helper()
	cmd := exec.Command("ip", "netns", "exec", ns.name, os.Args[0])
	cmd.Env = append(os.Environ(), inNamespace+"="+sources)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for s := bufio.NewScanner(stdout); s.Scan(); {
			ns.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		stdin.Close()
		stuck := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		defer stuck.Stop()
		<-read
		if err := cmd.Wait(); err != nil {
			t.Errorf("device %s: %v", ns.name, err)
		}
	})
	ns.id = strings.TrimPrefix(ns.await(t, "id ", 10*time.Second), "id ")
}

// await returns the next line that begins with prefix.
func (ns *namespace) await(t *testing.T, prefix string, limit time.Duration) string {
	t.Helper()
	timeout := time.After(limit)
	for {
		select {
		case line := <-ns.lines:
			if strings.HasPrefix(line, prefix) {
				return line
			}
		case <-timeout:
			t.Fatalf("%s: no line %q within %s", ns.name, prefix, limit)
		}
	}
}

// TestNamespacesInLine: three devices, each link its own subnet, one of them IPv6
// only and one without an address until later.
func TestNamespacesInLine(t *testing.T) {
	t.Parallel()
	const limit = 5 * time.Second // for each; undisturbed it takes 0.1 and 2 s
	ns := newNamespaces(t, 4)
	connect(t, ns[0], ns[1], "veth01", "10.77.1.1/24", "10.77.1.2/24")
	connect(t, ns[1], ns[2], "veth12", "fd77::1/64", "fd77::2/64")
	connect(t, ns[2], ns[3], "veth23", "", "")
	for _, n := range ns {
		n.start(t, "mdns")
	}
	began := time.Now()
	ns[0].await(t, "connected "+ns[1].id+" /ip4/10.77.1.2/", limit)
	ns[2].await(t, "connected "+ns[1].id+" /ip6/fd77::1/", limit)
	t.Logf("line connected after %s", time.Since(began).Round(time.Millisecond))

	began = time.Now()
	ip(t, "-n", ns[2].name, "address", "add", "10.77.3.1/24", "dev", "veth23")
	ip(t, "-n", ns[3].name, "address", "add", "10.77.3.2/24", "dev", "veth23")
	ns[3].await(t, "connected "+ns[2].id+" /ip4/10.77.3.1/", limit)
	t.Logf("new address used after %s", time.Since(began).Round(time.Millisecond))

	// A device moves to another subnet of the link: its old connection is dead.
	began = time.Now()
	for _, change := range [][]string{{"delete", "10.77.1.1/24"}, {"add", "10.78.1.1/24"}} {
		ip(t, "-n", ns[0].name, "address", change[0], change[1], "dev", "veth01")
	}
	ip(t, "-n", ns[1].name, "address", "add", "10.78.1.2/24", "dev", "veth01")
	ns[0].await(t, "connected "+ns[1].id+" /ip4/10.78.1.2/", 4*limit)
	t.Logf("connected again after a move after %s", time.Since(began).Round(time.Millisecond))
}

// TestLinkLocalOnly: a cable between two devices, no router, no IPv4, no hand
// that configures anything.
func TestLinkLocalOnly(t *testing.T) {
	for _, source := range []string{"mdns", "beacon"} {
		t.Run(source, func(t *testing.T) {
			t.Parallel()
			ns := newNamespaces(t, 2)
			newSwitch(t, ns...)
			began := time.Now()
			for _, n := range ns {
				n.start(t, source)
			}
			ns[0].await(t, "connected "+ns[1].id+" /ip6/fd9c:6e1b:", 10*time.Second)
			t.Logf("connected %s after the cable was plugged in", time.Since(began).Round(time.Millisecond))
		})
	}
}

// TestFilteredMulticast: an access point that drops multicast, as many do to save
// the air, passes broadcasts because ARP and DHCP need them.
func TestFilteredMulticast(t *testing.T) {
	t.Parallel()
	ns := newNamespaces(t, 2)
	sw := newSwitch(t, ns...)
	for i, n := range ns {
		bridge := exec.Command("bridge", "-n", sw.name, "link", "set", "dev", fmt.Sprintf("p%d", i), "mcast_flood", "off")
		if out, err := bridge.CombinedOutput(); err != nil {
			t.Skipf("bridge cannot filter multicast: %s", out)
		}
		ip(t, "-n", n.name, "address", "add", fmt.Sprintf("10.81.0.%d/24", i+1), "dev", "eth0")
	}
	ns[0].start(t, "mdns")
	ns[1].start(t, "mdns")
	select {
	case line := <-ns[0].lines:
		t.Errorf("multicast is not filtered: %s", line)
	case <-time.After(1500 * time.Millisecond): // undisturbed mDNS connects in a tenth of it
	}

	others := newNamespaces(t, 2)
	for i, n := range others {
		port := fmt.Sprintf("p%d", i+2)
		ip(t, "-n", sw.name, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", n.name)
		ip(t, "-n", sw.name, "link", "set", port, "master", "br0", "up")
		exec.Command("bridge", "-n", sw.name, "link", "set", "dev", port, "mcast_flood", "off").Run()
		ip(t, "-n", n.name, "link", "set", "eth0", "up")
		ip(t, "-n", n.name, "address", "add", fmt.Sprintf("10.81.0.%d/24", i+3), "dev", "eth0")
	}
	began := time.Now()
	for _, n := range others {
		n.start(t, "beacon")
	}
	others[0].await(t, "connected "+others[1].id+" /ip4/10.81.0.4/", 10*time.Second)
	t.Logf("connected by broadcast after %s", time.Since(began).Round(time.Millisecond))
}

// TestLateAddress: DHCP answers seconds after the device has started.
func TestLateAddress(t *testing.T) {
	t.Parallel()
	ns := newNamespaces(t, 2)
	connect(t, ns[0], ns[1], "veth0", "", "")
	for _, n := range ns {
		n.start(t, "beacon")
	}
	began := time.Now()
	ip(t, "-n", ns[0].name, "address", "add", "10.82.0.1/24", "dev", "veth0")
	ip(t, "-n", ns[1].name, "address", "add", "10.82.0.2/24", "dev", "veth0")
	ns[0].await(t, "connected "+ns[1].id+" /ip4/10.82.0.2/", 10*time.Second)
	t.Logf("connected %s after the addresses came", time.Since(began).Round(time.Millisecond))
}

// TestDuplicateAddresses: two devices were given the same IPv4 address; a third
// reaches both.
func TestDuplicateAddresses(t *testing.T) {
	t.Parallel()
	ns := newNamespaces(t, 3)
	newSwitch(t, ns...)
	for i, addr := range []string{"10.83.0.9/24", "10.83.0.9/24", "10.83.0.1/24"} {
		ip(t, "-n", ns[i].name, "address", "add", addr, "dev", "eth0")
		ns[i].start(t, "mdns beacon")
	}
	began := time.Now()
	wanted := map[string]bool{ns[0].id: true, ns[1].id: true}
	for len(wanted) > 0 {
		line := ns[2].await(t, "connected ", 15*time.Second)
		delete(wanted, strings.Fields(line)[1])
	}
	t.Logf("reached both owners of one address after %s", time.Since(began).Round(time.Millisecond))
}
