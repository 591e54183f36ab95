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
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/kreidfeuer/kreidfeuer/node/host"
)

// inNamespace makes the test binary behave as a device inside a namespace.
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

// device runs a host with mDNS until standard input ends, and prints its ID and
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
	c, err := New(Config{Host: h, Sources: []Source{NewMDNS(h, nil)}, WatchInterfaces: true})
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
	for i := range n {
		ns := &namespace{name: fmt.Sprintf("kf%d-%d", os.Getpid(), i), lines: make(chan string, 64)}
		if out, err := exec.Command("ip", "netns", "add", ns.name).CombinedOutput(); err != nil {
			t.Skipf("network namespaces are not permitted here: %s", out)
		}
		t.Cleanup(func() { exec.Command("ip", "netns", "delete", ns.name).Run() })
		ip(t, "-n", ns.name, "link", "set", "lo", "up")
		list = append(list, ns)
	}
	return list
}

// connect joins two namespaces by a link; addresses may be empty.
func connect(t *testing.T, a, b *namespace, dev string, addrA, addrB string) {
	t.Helper()
	ip(t, "-n", a.name, "link", "add", dev, "type", "veth", "peer", "name", dev, "netns", b.name)
	for ns, addr := range map[*namespace]string{a: addrA, b: addrB} {
		ip(t, "-n", ns.name, "link", "set", dev, "up")
		if addr != "" {
			ip(t, "-n", ns.name, "address", "add", addr, "dev", dev, "nodad")
		}
	}
}

// start runs the device; it ends with the test.
func (ns *namespace) start(t *testing.T) {
	t.Helper()
	cmd := exec.Command("ip", "netns", "exec", ns.name, os.Args[0])
	cmd.Env = append(os.Environ(), inNamespace+"=1")
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
	const limit = 5 * time.Second // for each; undisturbed it takes 0.1 and 2 s
	ns := newNamespaces(t, 4)
	connect(t, ns[0], ns[1], "veth01", "10.77.1.1/24", "10.77.1.2/24")
	connect(t, ns[1], ns[2], "veth12", "fd77::1/64", "fd77::2/64")
	connect(t, ns[2], ns[3], "veth23", "", "")
	for _, n := range ns {
		n.start(t)
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
