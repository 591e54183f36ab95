package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
)

// demoDevice is one device: a process with a data folder of its own.
type demoDevice struct {
	name    string
	data    string
	place   string
	offset  string // of its clock
	peers   []int  // whom it dials, by number
	process *exec.Cmd
	status  apitype.Status
	client  *client.Client
	dead    bool
}

// The mesh: a hub (1) that half of them know, and a ring that holds without it.
var demoMesh = []demoDevice{
	{name: "hub", place: "Köln", offset: "0s"},
	{name: "device 2", place: demoPlace, offset: "-2h", peers: []int{0}},
	{name: "device 3", place: "Kreis Neuwied", offset: "3h", peers: []int{1}},
	{name: "device 4", place: demoPlace, offset: "-48h", peers: []int{0, 2}},
	{name: "device 5", place: demoPlace, offset: "87600h", peers: []int{3}}, // ten years ahead
	{name: "device 6", place: "Mainz", offset: "-26m", peers: []int{0, 4}},
	{name: "device 7", place: demoPlace, offset: "-498000h", peers: []int{5}}, // never set: 1970
	{name: "device 8", place: "Kreis Neuwied", offset: "25m", peers: []int{0, 6, 1}},
}

// startDevices starts the eight processes; each pins the root by its fingerprint.
func (s *story) startDevices(ctx context.Context) error {
	s.scene(2, "Eight devices, eight processes, eight wrong clocks, no server")
	for i := range demoMesh {
		d := demoMesh[i]
		d.data = s.path(fmt.Sprintf("device-%d", i+1))
		s.devices = append(s.devices, &d)
		if err := s.startDevice(ctx, &d); err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
	}
	s.hub = s.devices[0]
	if err := s.connectAll(ctx); err != nil {
		return err
	}
	if err := s.warned(ctx); err != nil {
		return err
	}
	rows := []string{"   DEVICE\tPROCESS\tCLOCK\tWATCHES\tNEIGHBOURS"}
	for i, d := range s.devices {
		rows = append(rows, fmt.Sprintf("   %s\t%d\t%s\t%s\t%s", d.name, d.process.Process.Pid, d.status.Clock.Now.Format("2006-01-02 15:04"),
			d.place, s.neighbours(i)))
	}
	s.columns(rows)
	return nil
}

func (s *story) startDevice(ctx context.Context, d *demoDevice) error {
	if _, err := s.kreidfeuer(ctx, "", "init", "--data", d.data, "--name", d.name, "--place", d.place); err != nil {
		return err
	}
	if _, err := s.kreidfeuer(ctx, "", "root", "pin", "--data", d.data, s.path("root.pem"), "--fingerprint", s.fingerprint); err != nil {
		return err
	}
	if d.name == "device 3" { // one device gets it all; the others hear of it from neighbours
		if _, err := s.kreidfeuer(ctx, "", "cert", "import", "--data", d.data, s.path("bundle.pem"), s.path("revoked.pem")); err != nil {
			return err
		}
	}
	args := []string{"up", "--json", "--data", d.data, "--no-mdns", "--listen", "/ip4/127.0.0.1/udp/0/quic-v1", "--listen", "/ip4/127.0.0.1/tcp/0",
		"--clock-offset=" + d.offset, "--log", "info"}
	for _, p := range d.peers {
		args = append(args, "--peer", s.devices[p].status.Listen[0])
	}
	log, err := os.Create(s.path(d.name + ".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	d.process = exec.Command(s.self, args...)
	d.process.Stderr = log
	out, err := d.process.StdoutPipe()
	if err != nil {
		return err
	}
	if err := d.process.Start(); err != nil {
		return err
	}
	lines := bufio.NewReader(out)
	first, err := lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("did not start: see %s", log.Name())
	}
	go lines.WriteTo(discard{}) // its events are read over the control API
	if err := json.Unmarshal(first, &d.status); err != nil {
		return err
	}
	d.client, err = client.New(client.Config{Data: d.data})
	return err
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// connectAll waits until every device has the neighbours of the mesh.
func (s *story) connectAll(ctx context.Context) error {
	for i, d := range s.devices {
		for {
			st, err := d.client.Status(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", d.name, err)
			}
			if d.status = st; st.Neighbours >= len(s.links(i)) {
				break
			}
			if err := pause(ctx, 50*time.Millisecond); err != nil {
				return fmt.Errorf("%s has %d of %d neighbours: %w", d.name, st.Neighbours, len(s.links(i)), err)
			}
		}
	}
	return nil
}

// warned waits until every device knows that Clausen's key was withdrawn.
func (s *story) warned(ctx context.Context) error {
	for _, d := range s.devices {
		for known := false; !known; {
			for c, err := range d.client.Certificates(ctx, apitype.TrustFilter{}) {
				if err != nil {
					return fmt.Errorf("%s: %w", d.name, err)
				}
				known = known || c.Person == "clausen" && c.State == "compromised"
			}
			if known {
				break
			}
			if err := pause(ctx, 50*time.Millisecond); err != nil {
				return fmt.Errorf("%s does not know the withdrawn key: %w", d.name, err)
			}
		}
	}
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

var errNoEvent = errors.New("the alert did not arrive within 20 seconds")

// await reads the device's events until one says of the alert what is wanted.
func (d *demoDevice) await(ctx context.Context, id string, wanted func(*apitype.AlertEvent) bool) (apitype.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for ev, err := range d.client.Events(ctx, 0) {
		if err != nil {
			return ev, err
		}
		if ev.Alert != nil && ev.Alert.ID == id && wanted(ev.Alert) {
			return ev, nil
		}
	}
	return apitype.Event{}, errNoEvent
}

// kill ends the device as a power cut would.
func (d *demoDevice) kill() error {
	d.dead = true
	if err := d.process.Process.Kill(); err != nil {
		return err
	}
	_ = d.process.Wait() // says "killed"
	return nil
}

// stop ends every process that still runs.
func (s *story) stop() {
	s.disarm()
	for _, d := range s.devices {
		if d.process == nil || d.process.Process == nil || d.dead {
			continue
		}
		_ = d.process.Process.Signal(os.Interrupt)
	}
	for _, d := range s.devices {
		if d.process == nil || d.process.Process == nil || d.dead {
			continue
		}
		timer := time.AfterFunc(5*time.Second, func() { _ = d.process.Process.Kill() })
		_ = d.process.Wait()
		timer.Stop()
	}
}
