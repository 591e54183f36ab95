package main

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
)

// device is a client of the device that runs on the data folder. Whether it
// runs shows with the first call.
func (e *env) device(c *cli.Context) (*client.Client, error) {
	d, err := e.dataDir(c)
	if err != nil {
		return nil, err
	}
	return client.New(client.Config{Data: d.path})
}

// deviceError gives an error of the device its exit code.
func deviceError(err error) error {
	var refused *apitype.Error
	var absent *client.NotRunningError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &absent):
		return failf(exitDaemon, "no device is running in %s", absent.Data).hintf("start kreidfeuer up in another terminal")
	case errors.As(err, &refused):
		code := exitSystem
		switch refused.Code {
		case apitype.CodeRefused, apitype.CodeForbidden:
			code = exitTrust
		case apitype.CodeNotFound, apitype.CodeConflict, apitype.CodeGone:
			code = exitNo
		case apitype.CodeBadRequest, apitype.CodeTooLarge:
			code = exitUsage
		}
		message := refused.Message
		if refused.Reason != "" {
			message = refused.Reason + ": " + message
		}
		return &failure{code: code, err: errors.New(message), hint: refused.Hint}
	}
	return err
}

// connected is the device that runs on the data folder, or nil: without one, what
// is about trust works on files alone.
func (e *env) connected(c *cli.Context) (*running, error) {
	dev, err := e.runningClient(c)
	if err != nil || dev == nil {
		return nil, err
	}
	return &running{dev}, nil
}

// running is a running device as commands about trust ask it.
type running struct{ *client.Client }

// Head returns the last envelope of a key in a lane of a domain that the device
// knows, or zero.
func (r running) Head(ctx context.Context, domain wire.ID, key identity.PublicKey, lane wire.Lane) (identity.Head, error) {
	h, err := r.Client.Head(ctx, apitype.HeadRequest{Domain: domain.String(), Key: hex.EncodeToString(key[:]), Lane: lane.String()})
	if err != nil || h.Sequence == 0 {
		return identity.Head{}, deviceError(err)
	}
	id, err := wire.ParseID(h.Previous)
	return identity.Head{Sequence: h.Sequence, ID: id}, err
}

// Pin makes the device trust a root now. The envelopes are its transmitted forms:
// the root first, then what else of its domain came along.
func (r running) Pin(ctx context.Context, fingerprint string, envelopes [][]byte) error {
	_, err := r.PinRoot(ctx, apitype.PinRequest{Fingerprint: fingerprint, Envelopes: envelopes})
	return deviceError(err)
}

// runningClient is the device that runs on the data folder, or nil.
func (e *env) runningClient(c *cli.Context) (*client.Client, error) {
	dev, err := e.device(c)
	if err != nil {
		return nil, err
	}
	if _, err := dev.Status(c.Context); errors.Is(err, client.ErrNotRunning) {
		return nil, nil
	} else if err != nil {
		return nil, deviceError(err)
	}
	return dev, nil
}
