package main

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

func storeVerifyCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:  "verify",
		Usage: "read everything that is kept and say what is damaged",
		Description: "Recomputes every identifier and checksum and compares the index. A running device\n" +
			"goes on receiving meanwhile.\n\n" +
			"With --repair what cannot be read is dropped and the rest made consistent. Neighbours\n" +
			"bring lost warnings again as far as they are in force. A database that cannot be\n" +
			"opened is rebuilt from what can be read of it; the damaged one is kept beside it, in\n" +
			"the folder damaged of the store. kreidfeuer up does all this by itself.\n\n" +
			"Examples:\n" +
			"  kreidfeuer store verify\n" +
			"  kreidfeuer store verify --repair --json",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "repair", Usage: "drop what cannot be read and make the rest consistent"}},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			r, err := e.verifyStore(c, c.Bool("repair"))
			if err != nil {
				return err
			}
			return e.printReport(&r)
		},
	}, exitOK, exitNo, exitUsage, exitData, exitBusy, exitSystem)
}

func (e *env) verifyStore(c *cli.Context, repair bool) (r apitype.StoreReport, err error) {
	tell, done := e.steps("verify")
	defer done()
	err = e.withStore(c, func(dev *client.Client) (err error) {
		r, err = dev.VerifyStore(c.Context, repair, func(p apitype.Progress) { tell(p.Done, p.Of) })
		return err
	}, func(d dataDir) error {
		count := func(n int) { tell(n, 0) }
		var found persist.Report
		var err error
		if repair {
			err = e.writeStore(c.Context, d, func(st *persist.Store) (err error) {
				found, err = st.Repair(c.Context, count)
				return err
			})
			if errors.As(err, new(*persist.DamagedError)) {
				if found, err = persist.Salvage(c.Context, d.store(), count); err == nil && found.Total == 0 {
					e.notef("the database was damaged and is rebuilt; nothing that is known was lost")
				}
				err = e.storeFailure(d, err)
			}
		} else {
			err = e.readStore(c.Context, d, func(st *persist.Store) (err error) {
				found, err = st.Verify(c.Context, count)
				return e.storeFailure(d, err)
			})
		}
		r = node.DescribeReport(found, repair && err == nil)
		return err
	})
	return r, err
}

// printReport ends with exitNo if something is wrong and stays so.
func (e *env) printReport(r *apitype.StoreReport) error {
	if e.json {
		if err := e.printJSON(r); err != nil {
			return err
		}
	} else {
		e.printf("whole     %d envelopes, %d parts, %d events, %d local values\n", r.Envelopes, r.Parts, r.Events, r.Local)
		for _, p := range r.Problems {
			e.printf("wrong     %s\n", printable(p))
		}
		if n := r.Total - len(r.Problems); n > 0 {
			e.printf("wrong     and %d more\n", n)
		}
		if r.Lost != (apitype.StoreLoss{}) {
			e.printf("lost      %s\n", lossText(persist.Loss(r.Lost)))
		}
		switch {
		case r.Total == 0:
			e.printf("%s\n", e.paint(sgrGreen, "The store is sound."))
		case r.Repaired:
			e.printf("%s\n", e.paint(sgrGreen, "The store is repaired."))
		default:
			e.printf("%s\n", e.paint(sgrYellow, "kreidfeuer store verify --repair drops what cannot be read and makes the rest consistent."))
		}
	}
	if r.Total > 0 && !r.Repaired {
		return silent(exitNo)
	}
	return nil
}
