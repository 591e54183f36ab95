package root

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/row"
)

// listRoots lists the domains that the running device trusts or, if none runs,
// that the data folder has pinned.
func listRoots(e *shell.Env, c *cli.Context) error {
	dev, err := device.Running(e, c)
	if err != nil {
		return err
	}
	var roots []apitype.Root
	if dev != nil {
		defer dev.Close()
		for r, err := range dev.Roots(c.Context) {
			if err != nil {
				return device.Error(err)
			}
			roots = append(roots, r)
		}
	} else if err := trust.EachDomain(e, c, func(s identity.DomainStatus) { roots = append(roots, row.Root(s)) }); err != nil {
		return err
	}
	if len(roots) == 0 {
		e.Notef("No root is pinned here: this device trusts nobody. kreidfeuer root pin --help")
	}
	for i, r := range roots {
		if e.JSON {
			r.Schema = apitype.SchemaRoot
			if err := e.PrintJSON(r); err != nil {
				return err
			}
			continue
		}
		if i > 0 {
			e.Printf("\n")
		}
		state := "in force"
		if r.Frozen {
			state = e.Paint(shell.Red, fmt.Sprintf("FROZEN: %d versions claim to succeed this one; ask the root's holders", len(r.Conflict)))
		}
		e.Table(e.Stdout, []string{"root\t" + shell.OneLine(r.Name), fmt.Sprintf("version\t%d", r.Version),
			fmt.Sprintf("threshold\t%d of %d", r.Threshold, len(r.Keys)), "state\t" + state, "domain\t" + r.Fingerprint})
	}
	return nil
}
