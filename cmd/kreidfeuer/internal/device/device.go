// Package device asks the device that runs on the data folder, and gives its errors an
// exit code.
package device

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
)

// Client is a client of the device that runs on the data folder. Whether it
// runs shows with the first call.
func Client(e *shell.Env, c *cli.Context) (*client.Client, error) {
	d, err := datadir.Find(e, c)
	if err != nil {
		return nil, err
	}
	return client.New(client.Config{Data: d.Path})
}

// Error gives an error of the device its exit code.
func Error(err error) error {
	var refused *apitype.Error
	var absent *client.NotRunningError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &absent):
		return exit.Errorf(exit.Daemon, "no device is running in %s", absent.Data).Hintf("start kreidfeuer up in another terminal")
	case errors.As(err, &refused):
		code := exit.System
		switch refused.Code {
		case apitype.CodeRefused, apitype.CodeForbidden:
			code = exit.Trust
		case apitype.CodeNotFound, apitype.CodeConflict, apitype.CodeGone:
			code = exit.No
		case apitype.CodeBadRequest, apitype.CodeTooLarge:
			code = exit.Usage
		}
		message := refused.Message
		if refused.Reason != "" {
			message = refused.Reason + ": " + message
		}
		return &exit.Failure{Code: code, Err: errors.New(message), Hint: refused.Hint}
	}
	return err
}

// ForTrust is the device that runs on the data folder, or nil: without one, what
// is about trust works on files alone.
func ForTrust(e *shell.Env, c *cli.Context) (*Trust, error) {
	dev, err := Running(e, c)
	if err != nil || dev == nil {
		return nil, err
	}
	return &Trust{dev}, nil
}

// Trust is a running device as commands about trust ask it.
type Trust struct{ *client.Client }

// Head returns the last envelope of a key in a lane of a domain that the device
// knows, or zero.
func (r Trust) Head(ctx context.Context, domain wire.ID, key identity.PublicKey, lane wire.Lane) (identity.Head, error) {
	h, err := r.Client.Head(ctx, apitype.HeadRequest{Domain: domain.String(), Key: hex.EncodeToString(key[:]), Lane: lane.String()})
	if err != nil || h.Sequence == 0 {
		return identity.Head{}, Error(err)
	}
	id, err := wire.ParseID(h.Previous)
	return identity.Head{Sequence: h.Sequence, ID: id}, err
}

// Pin makes the device trust a root now. The envelopes are its transmitted forms:
// the root first, then what else of its domain came along.
func (r Trust) Pin(ctx context.Context, fingerprint string, envelopes [][]byte) error {
	_, err := r.PinRoot(ctx, apitype.PinRequest{Fingerprint: fingerprint, Envelopes: envelopes})
	return Error(err)
}

// Running is the device that runs on the data folder, or nil.
func Running(e *shell.Env, c *cli.Context) (*client.Client, error) {
	dev, err := Client(e, c)
	if err != nil {
		return nil, err
	}
	if _, err := dev.Status(c.Context); errors.Is(err, client.ErrNotRunning) {
		return nil, nil
	} else if err != nil {
		return nil, Error(err)
	}
	return dev, nil
}
