package carry

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/store"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// withOffline calls f with a device that has the data folder's store, pins and
// places and no network. Its store is locked meanwhile: up refuses to start.
func withOffline(ctx context.Context, e *shell.Env, c *cli.Context, looks bool, f func(context.Context, Device) error) error {
	d, err := datadir.Find(e, c)
	if err != nil {
		return err
	}
	o := offline{Env: e, dir: d}
	open := o.open
	if _, err := os.Stat(d.Config()); looks && errors.Is(err, fs.ErrNotExist) {
		open = o.openBlank
	}
	if err := open(ctx); err != nil {
		return err
	}
	return o.run(ctx, f)
}

// offline is a device without network.
type offline struct {
	*shell.Env
	dir   datadir.Dir
	cfg   datadir.Config
	key   ed25519.PrivateKey
	store *persist.Store
	// problem is why nothing is kept; nil: what is taken in is.
	problem *apitype.Problem
}

func (o *offline) open(ctx context.Context) error {
	var err error
	if o.cfg, err = o.dir.OpenConfig(); err != nil {
		return err
	}
	dev, err := o.dir.OpenDevice()
	if err != nil {
		return err
	}
	o.key = dev.Key
	o.store, err = store.Open(ctx, o.Env, o.dir, persist.LevelDB)
	if errors.Is(err, persist.ErrReadOnly) || errors.Is(err, persist.ErrFull) {
		return o.openReadOnly(ctx, err)
	}
	return err
}

// openReadOnly reads a store that cannot be written: what is in it can still be carried away.
func (o *offline) openReadOnly(ctx context.Context, why error) error {
	st, unread, err := persist.OpenReadOnly(ctx, o.dir.Store(), persist.Options{})
	if err != nil {
		return store.Failure(o.Env, o.dir, err)
	}
	if unread != nil {
		return errors.Join(why, st.Close())
	}
	o.store, o.problem = st, &apitype.Problem{Kind: "store-memory", Message: fmt.Sprintf("nothing is kept: %v", why)}
	return nil
}

// openBlank makes a device that is nobody and forgets everything.
func (o *offline) openBlank(ctx context.Context) error {
	var err error
	if _, o.key, err = ed25519.GenerateKey(o.Random); err != nil {
		return err
	}
	o.store, err = persist.OpenPath(ctx, "", persist.Memory, persist.Options{})
	return err
}

// run runs the device for as long as f does.
func (o *offline) run(ctx context.Context, f func(context.Context, Device) error) (err error) {
	defer func() { err = errors.Join(err, o.store.Close()) }()
	key, err := crypto.UnmarshalEd25519PrivateKey(o.key)
	if err != nil {
		return err
	}
	h, err := libp2p.New(libp2p.Identity(key), libp2p.NoListenAddrs, libp2p.NoTransports, libp2p.DisableRelay(), libp2p.DisableMetrics())
	if err != nil {
		return err
	}
	defer h.Close()
	n, err := node.New(ctx, node.Config{Name: o.cfg.Name, Version: o.Version, Dir: o.dir.Path, Backend: string(persist.LevelDB), Places: o.cfg.Places, StoreProblem: o.problem},
		node.Deps{Host: h, Store: o.store, Now: o.Now})
	if err != nil {
		return exit.Errorf(exit.Data, "%w", err)
	}
	pins, err := trust.ReadPins(o.dir)
	if err != nil {
		return err
	}
	for _, p := range pins {
		if err := n.Trust(ctx, p.Root, p.Objects); err != nil {
			return exit.Errorf(exit.Data, "pinned domain %s: %w", p.Root.Domain().Short(), err)
		}
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- n.Run(running) }()
	select {
	case <-n.Loaded():
		for _, p := range pins { // what came with the root goes along, too
			envelopes := p.Envelopes()
			if err := n.Pin(ctx, envelopes[0], p.Root.ID().String(), envelopes[1:]); err != nil && ctx.Err() == nil {
				o.Warnf("pinned domain %s: %v", p.Root.Domain().Short(), err)
			}
		}
		err = f(ctx, n.Control())
		stop()
		return errors.Join(err, <-done)
	case err := <-done:
		stop()
		return err
	}
}
