package store

import (
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

func storeVerifyCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
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
			if err := command.WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			r, err := verifyStore(e, c, c.Bool("repair"))
			if err != nil {
				return err
			}
			return printReport(e, &r)
		},
	}, exit.OK, exit.No, exit.Usage, exit.Data, exit.Busy, exit.System)
}

func verifyStore(e *shell.Env, c *cli.Context, repair bool) (r apitype.StoreReport, err error) {
	tell, done := e.Steps("verify")
	defer done()
	err = withStore(e, c, func(dev *client.Client) (err error) {
		r, err = dev.VerifyStore(c.Context, repair, func(p apitype.Progress) { tell(p.Done, p.Of) })
		return err
	}, func(d datadir.Dir) error {
		count := func(n int) { tell(n, 0) }
		var found persist.Report
		var err error
		if repair {
			err = writeStore(c.Context, e, d, func(st *persist.Store) (err error) {
				found, err = st.Repair(c.Context, count)
				return err
			})
			if errors.As(err, new(*persist.DamagedError)) {
				if found, err = persist.Salvage(c.Context, d.Store(), count); err == nil && found.Total == 0 {
					e.Notef("the database was damaged and is rebuilt; nothing that is known was lost")
				}
				err = Failure(e, d, err)
			}
		} else {
			err = readStore(c.Context, e, d, func(st *persist.Store) (err error) {
				found, err = st.Verify(c.Context, count)
				return Failure(e, d, err)
			})
		}
		r = node.DescribeReport(found, repair && err == nil)
		return err
	})
	return r, err
}

// printReport ends with exit.No if something is wrong and stays so.
func printReport(e *shell.Env, r *apitype.StoreReport) error {
	if e.JSON {
		if err := e.PrintJSON(r); err != nil {
			return err
		}
	} else {
		e.Printf("whole     %d envelopes, %d parts, %d events, %d local values\n", r.Envelopes, r.Parts, r.Events, r.Local)
		for _, p := range r.Problems {
			e.Printf("wrong     %s\n", shell.Printable(p))
		}
		if n := r.Total - len(r.Problems); n > 0 {
			e.Printf("wrong     and %d more\n", n)
		}
		if r.Lost != (apitype.StoreLoss{}) {
			e.Printf("lost      %s\n", LossText(persist.Loss(r.Lost)))
		}
		switch {
		case r.Total == 0:
			e.Printf("%s\n", e.Paint(shell.Green, "The store is sound."))
		case r.Repaired:
			e.Printf("%s\n", e.Paint(shell.Green, "The store is repaired."))
		default:
			e.Printf("%s\n", e.Paint(shell.Yellow, "kreidfeuer store verify --repair drops what cannot be read and makes the rest consistent."))
		}
	}
	if r.Total > 0 && !r.Repaired {
		return exit.Silent(exit.No)
	}
	return nil
}
