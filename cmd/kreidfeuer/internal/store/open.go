package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// Open opens a device's store; the error says what the person can do.
func Open(ctx context.Context, e *shell.Env, dir datadir.Dir, backend persist.Backend) (*persist.Store, error) {
	st, err := persist.OpenPath(ctx, dir.Store(), backend, persist.Options{})
	return st, Failure(e, dir, err)
}

// Failure gives an error of the store its exit code and a hint.
func Failure(e *shell.Env, dir datadir.Dir, err error) error {
	var locked *persist.LockedError
	var newer *persist.SchemaError
	var damaged *persist.DamagedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &locked):
		return exit.Errorf(exit.Busy, "%w", err).Hintf("stop the other one, or name another data folder with --data DIR")
	case errors.As(err, &newer):
		return exit.Errorf(exit.Data, "%w", err).Hintf("install the newer kreidfeuer; nothing was changed")
	case errors.As(err, &damaged):
		return exit.Errorf(exit.Data, "%w", err).Hintf("kreidfeuer store verify --repair keeps what is good; kreidfeuer up does so by itself")
	case errors.Is(err, persist.ErrReadOnly):
		return exit.Errorf(exit.System, "open the store: %w", err).Hintf("the device must be able to write to %s; --data DIR names another folder", dir.Path)
	case errors.Is(err, persist.ErrFull):
		return exit.Errorf(exit.System, "open the store: %w", err)
	}
	return exit.Errorf(exit.Data, "open the store: %w", err)
}

// LossText says what was lost when a store was salvaged.
func LossText(l persist.Loss) string {
	if l == (persist.Loss{}) {
		return "nothing that can be counted"
	}
	return fmt.Sprintf("%d envelopes, %d parts, %d events, %d local values", l.Envelopes, l.Parts, l.Events, l.Local)
}
