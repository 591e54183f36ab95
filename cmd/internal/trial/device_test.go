package trial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// limit bounds what takes well below a second undisturbed.
const limit = 20 * time.Second

// programDir holds the program once a test has needed it.
var programDir string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "kf") // short: sockets lie in it
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	programDir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

var program = sync.OnceValues(func() (string, error) {
	return Build(context.Background(), programDir, "github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer")
})

// device is a data folder and, while it runs, its process.
type device struct {
	*Process
	t      *testing.T
	data   string
	api    *client.Client
	status apitype.Status // as it greeted
	prefix []string       // command that runs the program elsewhere
}

// newDevice makes a data folder that trusts the tree's root.
func newDevice(t *testing.T, tree *trusttest.Tree) *device {
	t.Helper()
	if testing.Short() {
		t.Skip("runs the real program")
	}
	return newDeviceAt(t, tree, filepath.Join(t.TempDir(), "data"))
}

func newDeviceAt(t *testing.T, tree *trusttest.Tree, data string) *device {
	t.Helper()
	d := &device{t: t, data: data}
	root := filepath.Join(t.TempDir(), "root.cbor")
	if err := os.WriteFile(root, tree.Root.Encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	d.do("init", "--name", "device")
	d.do("root", "pin", "--fingerprint", identity.Fingerprint(tree.Root.ID()), root)
	var err error
	if d.api, err = client.New(client.Config{Data: d.data}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.api.Close)
	return d
}

// command is the program on the device's folder.
func (d *device) command(args ...string) *exec.Cmd {
	d.t.Helper()
	bin, err := program()
	if err != nil {
		d.t.Fatal(err)
	}
	line := append(append(append([]string{}, d.prefix...), bin), args...)
	cmd := exec.Command(line[0], append(line[1:], "--json", "--data", d.data)...)
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+programDir)
	return cmd
}

// do runs a command that must succeed.
func (d *device) do(args ...string) {
	d.t.Helper()
	if out, err := d.command(args...).CombinedOutput(); err != nil {
		d.t.Fatalf("%v: %v: %s", args, err, out)
	}
}

// fails runs a command that must end with an exit code.
func (d *device) fails(code int, args ...string) {
	d.t.Helper()
	out, err := d.command(args...).CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != code {
		d.t.Errorf("%v: %v, want exit status %d: %s", args, err, code, out)
	}
}

// launch starts "up"; its clock is that of the test domains.
func (d *device) launch(args ...string) *Process {
	d.t.Helper()
	offset := time.Until(nodetest.Now()).Round(time.Second)
	p, err := Start(d.command(append([]string{"up", "--clock-offset", offset.String()}, args...)...))
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(p.Kill)
	return p
}

// up starts the device and waits until it has greeted and answers. It is stopped
// before the test ends, in order, unless it is stopped or killed before.
func (d *device) up(args ...string) {
	d.t.Helper()
	p := d.launch(args...)
	d.Process = p
	_, err := p.Await(limit, func(text []byte) bool {
		d.status = apitype.Status{}
		return json.Unmarshal(text, &d.status) == nil && d.status.Schema == apitype.SchemaStatus && len(d.status.Listen) > 0
	})
	if err != nil {
		d.t.Fatal(err)
	}
	d.await("an answer of the control API", func() bool { _, err := d.api.Status(d.t.Context()); return err == nil })
	d.t.Cleanup(func() {
		if p.Running() {
			if err := p.Stop(); err != nil {
				d.t.Errorf("stop: %v", err)
			}
		}
	})
}

// loopback are the flags of a device that meets only those it is told of.
var loopback = []string{"--no-mdns", "--listen", "/ip4/127.0.0.1/udp/0/quic-v1"}

// await waits until a condition holds that the program cannot announce.
func (d *device) await(what string, holds func() bool) {
	d.t.Helper()
	d.awaitFor(limit, what, holds)
}

func (d *device) awaitFor(limit time.Duration, what string, holds func() bool) {
	d.t.Helper()
	timeout := time.After(limit)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-timeout:
			d.t.Fatalf("not within %s: %s; %s", limit, what, d.Stderr())
		}
	}
}

// heard waits until the device has told of an alert that is verified, confirmed
// by all who are needed and one to alarm for.
func (d *device) heard(id wire.ID) (apitype.Event, time.Time) {
	d.t.Helper()
	return d.heardWithin(limit, id)
}

func (d *device) heardWithin(limit time.Duration, id wire.ID) (apitype.Event, time.Time) {
	d.t.Helper()
	var ev apitype.Event
	l, err := d.Await(limit, func(text []byte) bool {
		ev = apitype.Event{}
		return json.Unmarshal(text, &ev) == nil && ev.Alert != nil && ev.Alert.ID == id.String() && ev.Alert.Alarm &&
			!ev.Alert.Unconfirmed && ev.Alert.Level == ev.Alert.Needed
	})
	if err != nil {
		d.t.Fatalf("alert %s: %v", id.Short(), err)
	}
	return ev, l.At
}

// submit hands an alert over and returns when that began.
func (d *device) submit(e *wire.Envelope) time.Time {
	d.t.Helper()
	began := time.Now()
	if _, err := d.api.Submit(d.t.Context(), e.EncodeFull()); err != nil {
		d.t.Fatal(err)
	}
	return began
}

// neighbours are the peer IDs the device is connected to.
func (d *device) neighbours() map[string]bool {
	connected := map[string]bool{}
	for p, err := range d.api.Peers(d.t.Context()) {
		if err != nil {
			d.t.Fatal(err)
		}
		if p.Connected {
			connected[p.PeerID] = true
		}
	}
	return connected
}

func newTree(t *testing.T, needed uint8) *trusttest.Tree {
	t.Helper()
	tree, err := trusttest.NewTree(7, needed)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// warning is a severe alert for the Leitstelle's district, signed by all needed.
func warning(t *testing.T, tree *trusttest.Tree, identifier string, persons ...trusttest.Person) *wire.Envelope {
	t.Helper()
	return nodetest.Sign(t, tree, tree.Leitstelle, nodetest.Warning(identifier, cap.Severe, 0), persons...)
}
