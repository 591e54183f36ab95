package stick

import (
	"errors"
	"io"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// take brings to the device what it lacks, as one bundle: what proves the rest
// may lie in another file. Where the device gives up because of a stranger's
// forgeries, or one bundle does not hold it all, each file is for itself, until
// none proves anything more: nobody can spoil what others left.
func (x *courier) take() error {
	var wanted []*stickBundle
	for _, b := range x.bundles {
		if b.wanted > 0 {
			wanted = append(wanted, b)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	m, err := x.hand(wanted)
	x.done.Imported = m
	if len(wanted) == 1 {
		return err
	}
	for round := 0; err == nil && (m.GaveUp != "" || x.full) && round < maxTakes; round++ {
		accepted := 0
		var one apitype.Imported
		for _, b := range wanted {
			if one, err = x.hand([]*stickBundle{b}); err != nil {
				return err
			}
			accepted += one.Accepted
			add(&x.done.Imported, one)
		}
		if accepted == 0 {
			break
		}
	}
	return err
}

// maxTakes bounds the rounds in which files prove each other's content: a chain's
// length.
const maxTakes = wire.MaxChain

// add adds what was accepted; what was refused and known has been counted, or is of the
// same kind as what was.
func add(sum *apitype.Imported, one apitype.Imported) {
	sum.Accepted, sum.Unsaved = sum.Accepted+one.Accepted, sum.Unsaved+one.Unsaved
	for _, l := range one.Lanes {
		i := slices.IndexFunc(sum.Lanes, func(s apitype.ImportedLane) bool { return s.Lane == l.Lane })
		if i < 0 {
			l.Known, l.Refused = 0, 0
			sum.Lanes = append(sum.Lanes, l)
			continue
		}
		sum.Lanes[i].Accepted += l.Accepted
	}
}

// hand gives the device what it lacks of some bundles.
func (x *courier) hand(list []*stickBundle) (apitype.Imported, error) {
	in, out := io.Pipe()
	sent := make(chan error, 1)
	go func() {
		err := x.send(out, list)
		out.CloseWithError(err)
		sent <- err
	}()
	m, err := x.dev.ImportBundle(x.ctx, in)
	in.CloseWithError(io.ErrClosedPipe) // the device may have given up
	if failed := <-sent; err == nil && failed != nil && !errors.Is(failed, io.ErrClosedPipe) {
		err = failed
	}
	if err != nil {
		return x.done.Imported, device.Error(err)
	}
	return m, nil
}

func (x *courier) send(out io.Writer, list []*stickBundle) error {
	w, err := bundle.NewWriter(out, bundle.Header{Created: x.now})
	if err != nil {
		return err
	}
	sent := map[form]bool{}
	for _, trust := range []bool{true, false} {
		for _, b := range list {
			err := x.each(b, false, func(r stickRecord) error {
				if r.e == nil || r.useless || r.gone || x.stock.holds(r.form) || (r.e.Header.Lane == wire.LaneTrust) != trust || sent[r.form] {
					return nil
				}
				sent[r.form] = r.proper // of a copy that may be bad, the next may be good
				return w.Write(r.raw)
			})
			if errors.Is(err, bundle.ErrFull) {
				x.full = true
				return w.Close()
			}
			if err != nil {
				return err
			}
		}
	}
	return w.Close()
}
