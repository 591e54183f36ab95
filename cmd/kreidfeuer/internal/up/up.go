// Package up makes, starts and shows this machine's device.
package up

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/api"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	nodehost "github.com/kreidfeuer/kreidfeuer/node/host"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// Command is "up".
func Command(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:  "up",
		Usage: "start this machine's device and show warnings as they come",
		Description: "Starts the device, makes it if there is none yet, and runs until it is stopped\n" +
			"(Ctrl-C). It finds neighbours on the local network by itself. A damaged store or\n" +
			"config.json does not stop it: it goes on with what is good, and says what is lost.\n\n" +
			"With --on-alert a siren, a display or a script is started for each verified\n" +
			"warning that concerns one of this device's places, and again for its end; it\n" +
			"gets the event as JSON on standard input. Exercises never start it.\n\n" +
			publicHelp +
			radioHelp +
			internetHelp +
			"Examples:\n" +
			"  kreidfeuer up\n" +
			"  kreidfeuer up --peer /ip4/192.0.2.7/udp/7131/quic-v1/p2p/12D3KooW...\n" +
			"  kreidfeuer up --on-alert /usr/local/bin/siren\n" +
			"  kreidfeuer up --public --app dist",
		Flags: append([]cli.Flag{
			&cli.StringSliceFlag{Name: "listen", Usage: "listen on this `MULTIADDR` only, this time; may be repeated"},
			&cli.StringSliceFlag{Name: "peer", Usage: "also connect to the device at `MULTIADDR`; may be repeated"},
			&cli.BoolFlag{Name: "no-mdns", Usage: "do not look for neighbours on the local network"},
			&cli.StringFlag{Name: "on-alert", Usage: "start `COMMAND` for verified warnings that concern this device"},
			&cli.StringFlag{Name: "radio", Usage: "also spread warnings by the radio modem at `DEVICE` (/dev/ttyUSB0, COM3)"},
			&cli.StringFlag{Name: "radio-preset", Usage: "LoRa `PRESET` that the modem is set to: shortfast, mediumfast, longfast, longslow ...", Value: "longfast"},
			&cli.Float64Flag{Name: "radio-duty", Usage: "send by radio at most `PERCENT` of any hour", Value: defaultDuty},
			&cli.BoolFlag{Name: "internet", Usage: "also look for neighbours on the internet"},
			&cli.BoolFlag{Name: "internet-serve", Usage: "this device has a public address: help others find each other, and relay for them"},
			&cli.StringFlag{Name: "api", Usage: "offer the control API on loopback `ADDR`, with a token, instead of a socket (127.0.0.1:7132)"},
			&cli.StringFlag{Name: "store", Usage: "keep the store in `BACKEND`: leveldb, or memory for a device that forgets", Value: string(persist.LevelDB)},
			&cli.StringFlag{Name: "log", Usage: "log to standard error from this `LEVEL` on: debug, info, warn, error", Value: "warn"},
			&cli.DurationFlag{Name: "clock-offset", Usage: "pretend that this device's clock is wrong by `DURATION`; for exercises and tests"},
		}, publicFlags()...),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
			defer stop()
			d, err := datadir.Find(e, c)
			if err != nil {
				return err
			}
			u := &upper{Env: e, c: c, dir: d}
			if err := u.checkFlags(); err != nil {
				return err
			}
			return u.runAgain(ctx)
		},
	}, exit.OK, exit.Usage, exit.Data, exit.Busy, exit.System)
}

// upper is one run of "up".
type upper struct {
	*shell.Env
	c   *cli.Context
	dir datadir.Dir
	cfg datadir.Config
	dev datadir.Device
	log *slog.Logger

	salvaged time.Time        // when the store was salvaged last
	problem  *apitype.Problem // why the device runs from memory; nil: it does not
}

// checkFlags refuses what would only show when it is needed: a siren that cannot
// be started above all.
func (u *upper) checkFlags() error {
	var err error
	if u.log, err = u.logger(); err != nil {
		return err
	}
	if s := u.c.String("store"); s != string(persist.LevelDB) && s != string(persist.Memory) {
		return exit.Errorf(exit.Usage, "--store %q: want %s or %s", s, persist.LevelDB, persist.Memory)
	}
	if s := u.c.String("api"); s != "" {
		if at, err := netip.ParseAddrPort(s); err != nil || !at.Addr().IsLoopback() {
			return exit.Errorf(exit.Usage, "--api %q: want a loopback IP and a port", s).Hintf("as in 127.0.0.1:7132")
		}
	}
	if err := u.checkPublic(); err != nil {
		return err
	}
	if s := u.c.String("on-alert"); s != "" {
		if _, err := exec.LookPath(s); err != nil {
			return exit.Errorf(exit.Usage, "--on-alert %q cannot be started: %w", s, err).
				Hintf("name one program or script, without arguments, that this user may run")
		}
	}
	return nil
}

func (u *upper) run(ctx context.Context) error {
	made, err := u.configure()
	if err != nil {
		return err
	}
	if u.dev, err = u.dir.OpenDevice(); err != nil {
		return err
	}
	st, err := u.ownStore(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err := st.Close(); err != nil {
			u.Warnf("close the store: %v", err)
		}
	}()
	bans := nodehost.NewBans()
	h, err := u.newHost(bans)
	if err != nil {
		return err
	}
	defer h.Close()
	n, err := u.newNode(ctx, h, st, bans)
	if err != nil {
		return err
	}
	return u.serve(ctx, n, made)
}

func hostname() string {
	name, _ := os.Hostname()
	return name
}

// serve runs the device with its control API until ctx ends or one of them fails.
func (u *upper) serve(ctx context.Context, n *node.Node, made bool) error {
	listener, err := u.listenAPI()
	if err != nil {
		return err
	}
	if listener != nil {
		defer listener.Close()
	}
	public, err := u.listenPublic()
	if err != nil {
		return err
	}
	if public != nil {
		defer public.Close()
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	run := func(name string, f func(context.Context) error) {
		wg.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				stop(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	since := uint64(0)
	if r, err := n.Control().EventRange(ctx); err == nil {
		since = r.Latest
	}
	pins, err := u.trustPinned(ctx, n)
	if err != nil {
		return err
	}
	run("device", n.Run)
	select {
	case <-n.Loaded(): // calls that came before wait in the listener
		if err := u.greet(ctx, n, made); err != nil {
			stop(err)
		}
		run("pinned domains", func(ctx context.Context) error { return u.passOn(ctx, n, pins) })
		if listener != nil {
			server := api.New(api.Config{Backend: n.Control(), Token: listener.Endpoint.Token, Log: u.log})
			run("control API", func(ctx context.Context) error { return server.Run(ctx, listener) })
		}
		if public != nil {
			run("public page", func(ctx context.Context) error { return u.servePublic(ctx, n, public) })
		}
		run("events", func(ctx context.Context) error { return u.show(ctx, n, since) })
		<-ctx.Done()
	case <-ctx.Done():
	}
	wg.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	u.Notef("stopped")
	return nil
}
