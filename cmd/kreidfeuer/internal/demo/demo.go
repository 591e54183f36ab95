// Package demo plays one warning through a mesh of devices on this machine, with a hostile
// one among them.
package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// demoTimeout ends a demonstration that hangs.
const demoTimeout = 2 * time.Minute

// Command is "demo".
func Command(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:  "demo",
		Usage: "tell the story of a warning on this machine, with eight devices",
		Description: "Makes a trust domain, starts eight devices as processes of their own with wrong\n" +
			"clocks, issues a warning, kills the hub, updates the warning, lets a hostile peer\n" +
			"try its luck, and gives the all-clear. Everything happens on loopback, in a folder\n" +
			"that is removed at the end. The exit status is 0 only if each step was observed.\n\n" +
			"The hostile peer is part of the programs that \"make demo\" builds, only.",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "keep", Usage: "keep the folder with the devices' data and logs"}},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context, demoTimeout)
			defer cancel()
			return demo(ctx, e, c.Bool("keep"))
		},
	}, exit.OK, exit.No, exit.Usage, exit.System)
}

func demo(ctx context.Context, e *shell.Env, keep bool) (err error) {
	dir, err := os.MkdirTemp("", "kreidfeuer-demo-")
	if err != nil {
		return exit.Errorf(exit.System, "make a folder: %w", err)
	}
	s := &story{Env: e, dir: dir, began: time.Now()}
	defer func() {
		s.stop()
		switch {
		case keep || err != nil:
			s.Printf("\nThe devices' data and logs are in %s\n", dir)
		default:
			err = os.RemoveAll(dir)
		}
	}()
	if s.self, err = os.Executable(); err != nil {
		return exit.Errorf(exit.System, "find this program: %w", err)
	}
	for _, scene := range []func(context.Context) error{
		s.makeDomain, s.startDevices, s.warn, s.killHub, s.attack, s.update, s.allClear,
	} {
		if err := scene(ctx); err != nil {
			if ctx.Err() != nil {
				err = errors.Join(err, ctx.Err())
			}
			return &exit.Failure{Code: exit.No, Err: fmt.Errorf("the demonstration failed: %w", err)}
		}
	}
	s.Printf("\n%s\n", s.Paint(shell.Green, fmt.Sprintf("Everything was observed, %.0f seconds after the start.", time.Since(s.began).Seconds())))
	return nil
}

// story is one run of the demonstration.
type story struct {
	*shell.Env
	self    string
	dir     string
	began   time.Time
	devices []*demoDevice
	hub     *demoDevice

	fingerprint string
	warning     string   // envelope ID
	forged      []string // envelope IDs that nobody may accept
	hostility
}

// scene prints a heading.
func (s *story) scene(n int, title string) {
	s.Printf("\n%s\n", s.Paint(shell.Bold, fmt.Sprintf("%d. %s", n, title)))
}

func (s *story) path(name string) string { return filepath.Join(s.dir, name) }

const demoPlace = "Kreis Ahrweiler"

// warn issues the warning: one officer writes and signs it, the other approves.
func (s *story) warn(ctx context.Context) error {
	s.scene(3, "A warning is issued by one officer and approved by another")
	if _, err := s.kreidfeuer(ctx, "", "alert", "compose", "--template", "Hochwasser", "--area", demoPlace, "--severity", "Extreme",
		"--expires", "6h", "--out", s.path("warnung.xml")); err != nil {
		return err
	}
	if _, err := s.kreidfeuer(ctx, demoPlace+"\n", s.signing("a", "alert", "issue", s.path("warnung.xml"), "--live",
		"--trust", s.path("bundle.pem"), "--out", s.path("entwurf.pem"))...); err != nil {
		return err
	}
	s.Printf("   Officer Arndt has signed. Alone that is worth nothing: an Extreme warning needs two persons.\n")
	at := time.Now()
	id, err := s.publish(ctx, s.devices[2], "entwurf.pem")
	if err != nil {
		return err
	}
	s.warning = id
	s.Printf("   Officer Beck has read and signed it at %s. It is out.\n\n", s.devices[2].name)
	return s.table(ctx, at, s.devices[2], id, func(ev *apitype.AlertEvent, d *demoDevice) error {
		if want := d.place == demoPlace; ev.Alarm != want {
			return fmt.Errorf("%s: alarm is %v, want %v", d.name, ev.Alarm, want)
		}
		return nil
	})
}

// publish lets the second officer approve a draft at a device and returns the
// alert's ID.
func (s *story) publish(ctx context.Context, at *demoDevice, draft string) (string, error) {
	out, err := s.kreidfeuer(ctx, demoPlace+"\n", s.signing("b", "alert", "approve", s.path(draft), "--data", at.data, "--json")...)
	if err != nil {
		return "", err
	}
	return jsonField(out, "id")
}

// killHub ends the device in the middle without warning.
func (s *story) killHub(context.Context) error {
	s.scene(4, "The hub is killed")
	s.Printf("   kill -9 %d. The others are still connected without it.\n", s.hub.process.Process.Pid)
	return s.hub.kill()
}

// update follows the warning up; it must arrive without the hub.
func (s *story) update(ctx context.Context) error {
	s.scene(6, "An update arrives without the hub")
	if _, err := s.kreidfeuer(ctx, demoPlace+"\n", s.signing("a", "alert", "update", s.warning, "--data", s.devices[1].data,
		"--headline", "Hochwasser an der Ahr: Der Pegel steigt weiter", "--out", s.path("update.pem"))...); err != nil {
		return err
	}
	if _, err := s.kreidfeuer(ctx, demoPlace+"\n", s.signing("b", "alert", "approve", s.path("update.pem"), "--data", s.devices[5].data,
		"--out", s.path("signed.pem"))...); err != nil {
		return err
	}
	es, err := armor.ReadFile(s.Env, s.path("signed.pem"))
	if err != nil {
		return err
	}
	if err := s.damage(ctx, es[0]); err != nil {
		return err
	}
	at := time.Now()
	sent, err := s.devices[5].client.Submit(ctx, es[0].EncodeFull())
	if err != nil {
		return err
	}
	s.warning = sent.ID
	if err := s.table(ctx, at, s.devices[5], sent.ID, nil); err != nil {
		return err
	}
	if err := s.noForgery(ctx); err != nil {
		return err
	}
	return s.flood(ctx)
}

// allClear ends the warning: one person may, a second confirms.
func (s *story) allClear(ctx context.Context) error {
	s.scene(7, "The all-clear: one signature stops the sirens, the second confirms")
	at := time.Now()
	out, err := s.kreidfeuer(ctx, demoPlace+"\n", s.signing("a", "alert", "allclear", s.warning, "--data", s.devices[3].data, "--json")...)
	if err != nil {
		return err
	}
	id, err := jsonField(out, "id")
	if err != nil {
		return err
	}
	if err := s.table(ctx, at, s.devices[3], id, func(ev *apitype.AlertEvent, d *demoDevice) error {
		if ev.Kind != apitype.KindAllClear || d.place == demoPlace && !ev.Silence {
			return fmt.Errorf("%s: the all-clear does not end its alarm", d.name)
		}
		return nil
	}); err != nil {
		return err
	}
	s.Printf("   Officer Beck confirms it.\n")
	if _, err := s.kreidfeuer(ctx, demoPlace+"\n", s.signing("b", "alert", "approve", id, "--data", s.devices[7].data)...); err != nil {
		return err
	}
	for _, d := range s.alive() {
		if _, err := d.await(ctx, id, func(a *apitype.AlertEvent) bool { return a.Level == 2 && !a.Unconfirmed }); err != nil {
			return fmt.Errorf("%s: confirmation of the all-clear: %w", d.name, err)
		}
	}
	s.Printf("   All %d devices have the confirmation.\n", len(s.alive()))
	return s.noForgery(ctx)
}

// noForgery looks at every device's list: nothing forged may be in it, and the
// genuine warning must be.
func (s *story) noForgery(ctx context.Context) error {
	for _, d := range s.alive() {
		genuine := false
		for a, err := range d.client.Alerts(ctx, apitype.AlertFilter{}) {
			if err != nil {
				return fmt.Errorf("%s: %w", d.name, err)
			}
			genuine = genuine || a.ID == s.warning
			for _, id := range s.forged {
				if a.ID == id {
					return fmt.Errorf("%s has accepted a forgery: %q", d.name, a.Headline)
				}
			}
		}
		if !genuine {
			return fmt.Errorf("%s has lost the genuine warning", d.name)
		}
	}
	if len(s.forged) > 0 {
		s.Printf("   Looked at %d devices: none holds one of the %d forgeries, none has lost the genuine warning.\n", len(s.alive()), len(s.forged))
	}
	return nil
}

// signing adds an officer's key and certificate to a command.
func (s *story) signing(officer string, args ...string) []string {
	return append(args, "--key", s.path(officer+".key"), "--cert", s.path(officer+".pem"), "--passphrase-file", s.path("pass"))
}

func jsonField(out, name string) (string, error) {
	_, rest, found := strings.Cut(out, `"`+name+`":"`)
	value, _, _ := strings.Cut(rest, `"`)
	if !found || value == "" {
		return "", fmt.Errorf("no %q in %q", name, shell.OneLine(out))
	}
	return value, nil
}
