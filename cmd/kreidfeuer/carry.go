package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
)

func carryCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:  "carry",
		Usage: "carry warnings by hand: as a file, or through a folder on a stick",
		Description: "A bundle is one file with signed warnings and what proves them. Whoever reads it in\n" +
			"judges each warning as if it had come over the network: nobody along the way has to\n" +
			"be trusted. sync keeps a folder on a stick that many devices share.",
		Subcommands: []*cli.Command{
			carryExportCommand(e),
			carryImportCommand(e),
			carryInspectCommand(e),
			carrySyncCommand(e),
			carryAppCommand(e),
		},
	}
}

// carrier is a device as far as carrying goes: the one that runs on the data
// folder, or one without network that lives as long as the command.
type carrier interface {
	ImportBundle(ctx context.Context, in io.Reader) (apitype.Imported, error)
	ExportBundle(ctx context.Context, f apitype.BundleFilter, out io.Writer) error
	InspectBundle(ctx context.Context, in io.Reader) (apitype.BundleContent, error)
	TakeMessage(ctx context.Context, message []byte) (apitype.Submitted, error)
	ExpandMessage(ctx context.Context, message []byte) ([]byte, error)
	Status(ctx context.Context) (apitype.Status, error)
}

// withCarrier calls f with the device. Ctrl-C ends its context. Whoever only
// looks needs no data folder: then the device is one that trusts nobody.
func (e *env) withCarrier(c *cli.Context, looks bool, f func(context.Context, carrier) error) error {
	ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
	defer stop()
	dev, err := e.device(c)
	if err != nil {
		return err
	}
	defer dev.Close()
	if _, err := dev.Status(ctx); err == nil {
		err = f(ctx, dev)
		return interrupted(ctx, err)
	} else if !errors.Is(err, client.ErrNotRunning) {
		return deviceError(err)
	}
	return interrupted(ctx, e.withOffline(ctx, c, looks, f))
}

// interrupted is the error of a command that was interrupted: that it was.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errAborted
	}
	return err
}
