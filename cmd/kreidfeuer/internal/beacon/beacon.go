// Package beacon binds devices to an authority and gives its signs of life.
package beacon

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/keyfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/object"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/officer"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Command is "cert beacon".
func Command(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:  "beacon",
		Usage: "give a sign of life (Lebenszeichen); needs the running device",
		Description: "Silence is not quiet: a sign of life says when its authority was last heard, and which\n" +
			"of its warnings are in force, so that a device that lacks one knows it. What is in force\n" +
			"is taken from the device that runs here. The key is an officer's, the unit's or one of\n" +
			"the root's; one signature is enough. Signs of the root and of the units directly below\n" +
			"it also tell devices without a clock how late it is at least.\n\n" +
			"With --every the key is opened once and a sign given again and again, until Ctrl-C.\n\n" +
			"With --json one object for each sign, as of cert show --json.\n\n" +
			"Examples:\n" +
			"  kreidfeuer cert beacon --key lst.key --cert lst.pem\n" +
			"  kreidfeuer cert beacon --key lst.key --every 10m\n" +
			"  kreidfeuer cert beacon --key root-1.key --issuer root.pem",
		Flags: append(officer.Flags(),
			&cli.StringFlag{Name: "issuer", Usage: "a root key signs for the root in `FILE`", DefaultText: "the pinned one"},
			&cli.DurationFlag{Name: "every", Usage: "again every `TIME`, at least 1m, until it is stopped", DefaultText: "once"},
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write the sign to `FILE` instead, for cert import elsewhere"},
		),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			return giveSigns(e, c)
		},
	}, exit.OK, exit.Usage, exit.Daemon, exit.Trust, exit.Data, exit.System, exit.Aborted)
}

const (
	// beaconLife is how long devices remember a sign of life, in seconds: one
	// that was off for a season still tells when it heard an authority last.
	beaconLife = 90 * 24 * 3600
	// minEvery keeps a sign of life from being a flood.
	minEvery = time.Minute
	// maxNamed bounds the warnings that a sign names: more do not fit into a
	// trust object.
	maxNamed = 400
)

func giveSigns(e *shell.Env, c *cli.Context) error {
	every := c.Duration("every")
	switch {
	case c.IsSet("every") && every < minEvery:
		return exit.Errorf(exit.Usage, "--every %s is too often", every).Hintf("at least %s", minEvery)
	case c.IsSet("every") && c.IsSet("out"):
		return exit.Errorf(exit.Usage, "--every and --out exclude each other").Hintf("a file takes one sign of life")
	}
	b, err := openBeaconer(e, c)
	if err != nil {
		return err
	}
	defer b.dev.Close()
	if every == 0 {
		return b.give(c.Context)
	}
	ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
	defer stop()
	return b.repeat(ctx, every)
}

// repeat gives signs until ctx ends. Only the first must succeed: a device that
// is started again meanwhile is told the next time.
func (b *beaconer) repeat(ctx context.Context, every time.Duration) error {
	if err := b.give(ctx); err != nil {
		return err
	}
	b.env.Notef("Again every %s. Ctrl-C stops it.", every)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			b.env.Notef("stopped")
			return nil
		case <-ticker.C:
		}
		if err := b.give(ctx); err != nil && ctx.Err() == nil {
			b.env.Warnf("no sign of life given: %v", err)
		}
	}
}

// give signs one sign of life and hands it over.
func (b *beaconer) give(ctx context.Context) error {
	named, err := b.inForce(ctx)
	if err != nil {
		return err
	}
	heads, err := b.heads(ctx)
	if err != nil {
		return err
	}
	created := b.env.Unix()
	if created >= b.ends {
		return exit.Errorf(exit.Trust, "what %s signs by has ended on %s", b.signer.Path, shell.Stamp(b.ends)).Hintf("ask for a new certificate")
	}
	o, err := trust.Author(b.env, b.c, b.Issuing, []*keyfile.Signer{b.signer}, func(_ *keyfile.State, seq uint64, prev *wire.ID) (*wire.Envelope, error) {
		return identity.NewBeacon(b.Origin(seq, prev, created, min(created+beaconLife, b.ends)), heads, named)
	})
	if err != nil {
		return err
	}
	if out := b.c.String("out"); out != "" {
		return trust.Finish(b.env, b.c, b.Pool, o, out)
	}
	s, err := submitTrust(b.env, b.c, b.dev, b.Pool, o)
	if err != nil {
		return err
	}
	if b.env.JSON {
		j, err := object.Describe(b.Pool, o)
		if err != nil {
			return err
		}
		return object.Print(b.env, j)
	}
	b.env.Printf("%s  sign of life of %s given, %s in force, to %s\n", shell.Stamp(created), b.who(),
		shell.Counted(len(named), "warning"), shell.Counted(s.Neighbours, "neighbour"))
	return nil
}

func (b *beaconer) who() string {
	if b.Cert != nil {
		return shell.OneLine(b.Cert.Name)
	}
	return shell.OneLine(b.Root.Name)
}

// inForce are the authority's live warnings that the device does not know to
// have ended, the gravest first if there are too many.
func (b *beaconer) inForce(ctx context.Context) ([]wire.ID, error) {
	var rows []apitype.AlertSummary
	for row, err := range b.dev.Alerts(ctx, apitype.AlertFilter{Lane: wire.LaneLive.String(), Active: true}) {
		if err != nil {
			return nil, device.Error(err)
		}
		if row.Domain == b.Domain.String() && row.Authority == b.Authority() {
			rows = append(rows, row)
		}
	}
	if len(rows) > maxNamed {
		b.env.Warnf("%d warnings are in force; the sign of life names the %d gravest", len(rows), maxNamed)
		slices.SortStableFunc(rows, func(x, y apitype.AlertSummary) int { return rank(x) - rank(y) })
		rows = rows[:maxNamed]
	}
	ids := make([]wire.ID, len(rows))
	for i, row := range rows {
		var err error
		if ids[i], err = wire.ParseID(row.ID); err != nil {
			return nil, fmt.Errorf("read the device's alerts: %w", err)
		}
	}
	return ids, nil
}

// rank orders warnings by Warnstufe; 0, none, comes last.
func rank(row apitype.AlertSummary) int { return (row.Warnstufe + 3) % 4 }

// heads are the ends of the key's chains in the lanes of messages. That of lane
// trust is the sign of life itself.
func (b *beaconer) heads(ctx context.Context) (map[wire.Lane]identity.Head, error) {
	heads := map[wire.Lane]identity.Head{}
	for _, lane := range wire.Lanes {
		if lane == wire.LaneTrust {
			continue
		}
		h, err := device.Trust{Client: b.dev}.Head(ctx, b.Domain, b.signer.Key.Public(), lane)
		if err != nil {
			return nil, err
		}
		if h.Sequence > 0 {
			heads[lane] = h
		}
	}
	return heads, nil
}
