// Package carry holds the commands that carry warnings by hand: bundles in files, codes in
// pictures, and the program itself.
package carry

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
)

// Device is a device as far as carrying goes: the one that runs on the data
// folder, or one without network that lives as long as the command.
type Device interface {
	ImportBundle(ctx context.Context, in io.Reader) (apitype.Imported, error)
	ExportBundle(ctx context.Context, f apitype.BundleFilter, out io.Writer) error
	InspectBundle(ctx context.Context, in io.Reader) (apitype.BundleContent, error)
	TakeMessage(ctx context.Context, message []byte) (apitype.Submitted, error)
	ExpandMessage(ctx context.Context, message []byte) ([]byte, error)
	Status(ctx context.Context) (apitype.Status, error)
}

// With calls f with the device. Ctrl-C ends its context. Whoever only
// looks needs no data folder: then the device is one that trusts nobody.
func With(e *shell.Env, c *cli.Context, looks bool, f func(context.Context, Device) error) error {
	ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
	defer stop()
	dev, err := device.Client(e, c)
	if err != nil {
		return err
	}
	defer dev.Close()
	if _, err := dev.Status(ctx); err == nil {
		err = f(ctx, dev)
		return interrupted(ctx, err)
	} else if !errors.Is(err, client.ErrNotRunning) {
		return device.Error(err)
	}
	return interrupted(ctx, withOffline(ctx, e, c, looks, f))
}

// interrupted is the error of a command that was interrupted: that it was.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return shell.ErrAborted
	}
	return err
}
