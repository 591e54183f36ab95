package up

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/store"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/api/endpoint"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// salvageEvery is how long a salvaged store must last. One that is damaged again
// before is on a disk that fails: the device then runs from memory.
const salvageEvery = 10 * time.Minute

// ownStore opens the device's store. A store that is damaged is salvaged, and
// with one that cannot be written the device runs from memory: it must be able to
// warn whatever happened to its disk. It refuses only what would do harm: a store
// that another process has open, and one of a newer program.
func (u *upper) ownStore(ctx context.Context) (*persist.Store, error) {
	backend := persist.Backend(u.c.String("store"))
	if u.problem != nil {
		return u.openMemory(ctx, errors.New(u.problem.Message))
	}
	st, err := persist.OpenPath(ctx, u.dir.Store(), backend, persist.Options{})
	if errors.As(err, new(*persist.DamagedError)) && u.salvage(ctx, err) {
		st, err = persist.OpenPath(ctx, u.dir.Store(), backend, persist.Options{})
	}
	if err == nil || ctx.Err() != nil {
		return st, err
	}
	if refusal := u.refuseStore(err); refusal != nil {
		return nil, refusal
	}
	return u.openMemory(ctx, err)
}

// openMemory runs the device from memory, above what can be read of its store.
func (u *upper) openMemory(ctx context.Context, why error) (*persist.Store, error) {
	st, unread, err := persist.OpenReadOnly(ctx, u.dir.Store(), persist.Options{})
	if refusal := u.refuseStore(err); refusal != nil {
		return nil, refusal
	}
	if err != nil {
		return nil, exit.Errorf(exit.Data, "open the store: %w", errors.Join(why, err))
	}
	u.problem = memoryProblem(why, unread)
	if damage := st.Damage(); damage != nil && !errors.As(why, new(*persist.DamagedError)) {
		u.problem.Message += fmt.Sprintf("; not all that was stored can be read: %v", damage)
	}
	u.Warnf("%s (%s)", u.problem.Message, u.problem.Hint)
	return st, nil
}

// refuseStore is the failure for errors with which the device must not start.
func (u *upper) refuseStore(err error) error {
	if errors.As(err, new(*persist.LockedError)) || errors.As(err, new(*persist.SchemaError)) {
		return store.Failure(u.Env, u.dir, err)
	}
	return nil
}

// memoryProblem says that and why the device runs from memory.
func memoryProblem(why, unread error) *apitype.Problem {
	p := &apitype.Problem{Kind: "store-memory", Hint: "free some disk space, or replace the disk; then start the device again"}
	if errors.Is(why, persist.ErrReadOnly) {
		p.Hint = "make the data folder writable, or replace the disk: worn-out cards let themselves only be read; then start the device again"
	}
	p.Message = fmt.Sprintf("this device KEEPS NOTHING: it shows and passes on warnings from memory, and what arrives now is gone when it stops: %v", why)
	if unread != nil {
		p.Message += fmt.Sprintf("; what was stored cannot be read either: %v", unread)
	}
	return p
}

// salvage keeps what is good of a damaged store, and says what was lost.
func (u *upper) salvage(ctx context.Context, why error) bool {
	if !u.salvaged.IsZero() && time.Since(u.salvaged) < salvageEvery {
		u.log.Error("the store is damaged again: the disk fails", "err", why)
		return false
	}
	u.salvaged = time.Now()
	u.Warnf("%v", why)
	u.Notef("keeping what is good of the store; this may take a minute")
	report, err := persist.Salvage(ctx, u.dir.Store(), nil)
	if err != nil {
		u.Warnf("the store cannot be repaired: %v", err)
		return false
	}
	u.Warnf("the store was damaged; kept: %d envelopes, %d local values; lost: %s; neighbours bring what is in force; the damaged database is in %s",
		report.Envelopes, report.Local, store.LossText(report.Lost), filepath.Join(u.dir.Store(), "damaged"))
	return true
}

// listenAPI opens the control API's endpoint; nil if that cannot be on a disk that cannot be
// written: the device warns all the same.
func (u *upper) listenAPI() (*endpoint.Listener, error) {
	l, err := endpoint.Listen(u.dir.Path, u.c.String("api"))
	switch {
	case errors.Is(err, endpoint.ErrRunning):
		return nil, exit.Errorf(exit.Busy, "%w", err).Hintf("stop the other one, or name another data folder with --data DIR")
	case err != nil && u.problem != nil:
		u.Warnf("no other program can talk to this device: %v", err)
		return nil, nil
	case err != nil:
		return nil, err
	case l.Unannounced != nil && l.Endpoint.Socket == "":
		u.Warnf("no other program can talk to this device: %v", l.Unannounced)
	case l.Unannounced != nil:
		u.log.Warn("programs with another runtime folder do not find this device", "err", l.Unannounced)
	}
	return l, nil
}

// runAgain runs the device until it ends for another reason than a store that is
// found damaged while it runs: that is salvaged, and the device started again.
func (u *upper) runAgain(ctx context.Context) error {
	for {
		err := u.run(ctx)
		var damaged *persist.DamagedError
		if !errors.As(err, &damaged) || ctx.Err() != nil {
			return err
		}
		if u.problem != nil { // from memory already, and what is below fails
			return err
		}
		if !u.salvage(ctx, damaged) {
			u.problem = memoryProblem(damaged, nil)
		}
	}
}
