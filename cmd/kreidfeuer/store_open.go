package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/persist"
)

// openStore opens a device's store; the error says what the person can do.
func (e *env) openStore(ctx context.Context, dir dataDir, backend persist.Backend) (*persist.Store, error) {
	st, err := persist.OpenPath(ctx, dir.store(), backend, persist.Options{})
	return st, e.storeFailure(dir, err)
}

// storeFailure gives an error of the store its exit code and a hint.
func (e *env) storeFailure(dir dataDir, err error) error {
	var locked *persist.LockedError
	var newer *persist.SchemaError
	var damaged *persist.DamagedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &locked):
		return failf(exitBusy, "%w", err).hintf("stop the other one, or name another data folder with --data DIR")
	case errors.As(err, &newer):
		return failf(exitData, "%w", err).hintf("install the newer kreidfeuer; nothing was changed")
	case errors.As(err, &damaged):
		return failf(exitData, "%w", err).hintf("kreidfeuer store verify --repair keeps what is good; kreidfeuer up does so by itself")
	case errors.Is(err, persist.ErrReadOnly):
		return failf(exitSystem, "open the store: %w", err).hintf("the device must be able to write to %s; --data DIR names another folder", dir.path)
	case errors.Is(err, persist.ErrFull):
		return failf(exitSystem, "open the store: %w", err)
	}
	return failf(exitData, "open the store: %w", err)
}

func lossText(l persist.Loss) string {
	if l == (persist.Loss{}) {
		return "nothing that is known"
	}
	return fmt.Sprintf("%d envelopes, %d parts, %d events, %d local values", l.Envelopes, l.Parts, l.Events, l.Local)
}
