package stick

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/carry"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// courier is one visit of a device to a stick.
type courier struct {
	*shell.Env
	ctx    context.Context
	dev    carry.Device
	folder folder
	bar    *shell.Progress

	prefix string // of the names of this device's bundles
	now    uint64 // by the device's clock
	doubt  bool   // about it
	names  []string
	roots  []wire.ID

	stock   *stock
	bundles []*stickBundle
	held    map[form]*stickBundle // the first that holds it
	full    bool                  // one bundle did not hold what the device lacks
	agreed  bool                  // the clock, with others'

	done syncedJSON
}

// syncedJSON is what carry sync prints with --json.
type syncedJSON struct {
	Schema   string           `json:"schema"` // kreidfeuer.synced/1
	Folder   string           `json:"folder"`
	Imported apitype.Imported `json:"imported"` // from the stick
	Written  int              `json:"written"`  // envelopes that the stick lacked
	Moved    int              `json:"moved"`    // envelopes from bundles that were removed
	Bytes    int64            `json:"bytes"`    // of both
	Files    []string         `json:"files"`    // written
	Removed  []string         `json:"removed"`  // bundles of which nothing is needed, and leftovers
	Damage   []stickDamage    `json:"damage"`
}

// stickDamage is damage of one bundle on a stick.
type stickDamage struct {
	File string `json:"file"`
	apitype.Damage
}

// syncStick exchanges with a stick and tells what was done, also where it ended early.
func syncStick(ctx context.Context, e *shell.Env, dev carry.Device, stick folder, dir string) error {
	x, err := newCourier(ctx, e, dev, stick)
	if err != nil {
		return err
	}
	x.done.Folder = dir
	err = x.run()
	x.bar.End()
	if err := x.tell(); err != nil {
		return err
	}
	switch {
	case err != nil:
		return stickError(dir, err)
	case len(x.done.Damage) > 0:
		return exit.Silent(exit.No)
	case x.done.Imported.Accepted+x.done.Imported.Known == 0: // another device's roots are no fault
		return nil
	}
	return carry.ImportVerdict(&x.done.Imported)
}

func newCourier(ctx context.Context, e *shell.Env, dev carry.Device, stick folder) (*courier, error) {
	s, err := dev.Status(ctx)
	if err != nil {
		return nil, device.Error(err)
	}
	x := &courier{Env: e, ctx: ctx, dev: dev, folder: stick, bar: e.Progress("sync", 0), stock: newStock(),
		prefix: ownPrefix(s.PeerID), now: uint64(max(0, s.Clock.Now.Unix())), doubt: s.Clock.Doubt,
		done: syncedJSON{Schema: "kreidfeuer.synced/1", Files: []string{}, Removed: []string{}, Damage: []stickDamage{}}}
	x.done.Imported = apitype.Imported{Schema: apitype.SchemaImported, Lanes: []apitype.ImportedLane{}, Reasons: []apitype.ImportRefusal{},
		BundleState: apitype.BundleState{Damage: []apitype.Damage{}}}
	for _, r := range s.Roots {
		if id, err := wire.ParseID(r.Domain); err == nil {
			x.roots = append(x.roots, id)
		}
	}
	return x, nil
}

// run reads first and writes then: a stick that cannot be written to, or is full,
// has given what it holds.
func (x *courier) run() error {
	names, err := x.tidy()
	if err != nil {
		return err
	}
	if err := carry.EachExported(x.ctx, x.dev, apitype.BundleFilter{Bare: true}, io.Discard, x.stock.add); err != nil {
		return err
	}
	if err := x.index(names); err != nil {
		return err
	}
	for _, b := range x.bundles {
		for _, d := range b.damage {
			x.done.Damage = append(x.done.Damage, stickDamage{b.name, d})
		}
	}
	x.agreed = plan(x.bundles, x.now)
	if err := x.take(); err != nil {
		return err
	}
	return x.give()
}

// tidy removes what crashed writes have left, and lists the bundles.
func (x *courier) tidy() (bundles []string, err error) {
	list, err := x.folder.List()
	if err != nil {
		return nil, err
	}
	for _, info := range list {
		name := info.Name()
		x.names = append(x.names, name)
		if hasExt(name, bundleExt) {
			bundles = append(bundles, name)
			continue
		}
		age := x.Env.Now().Sub(info.ModTime())
		if isOwn(name, x.prefix) || age > leftoverAge || age < -leftoverAge {
			if err := x.folder.Remove(name); err == nil {
				x.done.Removed = append(x.done.Removed, name)
			} else if !shell.IsReadOnly(err) && !errors.Is(err, fs.ErrPermission) {
				return nil, err
			}
		}
	}
	return bundles, nil
}

// give writes what the stick lacks into a new bundle, and after that removes the
// bundles whose envelopes moved into it.
func (x *courier) give() error {
	lacks, folds := 0, false
	for f := range x.stock.forms {
		if b := x.held[f]; b == nil {
			lacks++
		}
	}
	for _, b := range x.bundles {
		folds = folds || b.folds
	}
	if lacks == 0 && !folds {
		return nil
	}
	w := &stickWriter{x: x, written: map[form]bool{}, odd: map[form]bool{}}
	err := w.all()
	if err == nil {
		err = w.finish()
	}
	if err != nil {
		w.abandon()
		return err
	}
	for _, b := range x.bundles {
		if b.folds {
			if err := x.folder.Remove(b.name); err != nil {
				return err
			}
			x.done.Removed = append(x.done.Removed, b.name)
		}
	}
	return nil
}

// tell prints what was done.
func (x *courier) tell() error {
	d := &x.done
	if x.JSON {
		return x.PrintJSON(d)
	}
	rows := append([]string{"folder\t" + shell.OneLine(d.Folder), "from the stick"}, carry.ImportRows(&d.Imported)...)
	rows = append(rows, "to the stick", fmt.Sprintf("written\t%d", d.Written))
	if d.Moved > 0 {
		rows = append(rows, fmt.Sprintf("moved\t%d", d.Moved))
	}
	for _, name := range d.Files {
		rows = append(rows, "new file\t"+name)
	}
	for _, name := range d.Removed {
		rows = append(rows, "cleared away\t"+name)
	}
	for _, one := range d.Damage {
		s := apitype.BundleState{Damaged: 1, Damage: []apitype.Damage{one.Damage}}
		for _, row := range carry.DamageRows(s) {
			rows = append(rows, row+" ("+one.File+")")
		}
	}
	x.Table(x.Stdout, rows)
	return nil
}

// stickError says what is wrong with a stick.
func stickError(dir string, err error) error {
	var f *exit.Failure
	switch {
	case errors.As(err, &f):
		return f
	case shell.IsFull(err):
		return exit.Errorf(exit.System, "the stick is full: nothing was added to %s: %w", dir, err).Hintf("what it held was read; free some space on it and try again")
	case shell.IsReadOnly(err), errors.Is(err, fs.ErrPermission):
		return exit.Errorf(exit.System, "the stick cannot be written to: nothing was added to %s: %w", dir, err).Hintf("what it held was read; look for a switch on it, or mount it for writing")
	case shell.IsGone(err):
		return exit.Errorf(exit.System, "the stick is gone or broken: %w", err).Hintf("plug it in again and repeat: what was written half is cleared away")
	}
	return exit.Errorf(exit.System, "exchange with %s: %w", dir, err)
}
