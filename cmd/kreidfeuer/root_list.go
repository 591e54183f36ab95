package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/row"
)

// listRoots lists the domains that the running device trusts or, if none runs,
// that the data folder has pinned.
func (e *env) listRoots(c *cli.Context) error {
	dev, err := e.runningClient(c)
	if err != nil {
		return err
	}
	var roots []apitype.Root
	if dev != nil {
		defer dev.Close()
		for r, err := range dev.Roots(c.Context) {
			if err != nil {
				return deviceError(err)
			}
			roots = append(roots, r)
		}
	} else if err := e.pinned(c, func(s identity.DomainStatus) { roots = append(roots, row.Root(s)) }); err != nil {
		return err
	}
	if len(roots) == 0 {
		e.notef("No root is pinned here: this device trusts nobody. kreidfeuer root pin --help")
	}
	for i, r := range roots {
		if e.json {
			r.Schema = apitype.SchemaRoot
			if err := e.printJSON(r); err != nil {
				return err
			}
			continue
		}
		if i > 0 {
			e.printf("\n")
		}
		state := "in force"
		if r.Frozen {
			state = e.paint(sgrRed, fmt.Sprintf("FROZEN: %d versions claim to succeed this one; ask the root's holders", len(r.Conflict)))
		}
		e.table(e.stdout, []string{"root\t" + oneLine(r.Name), fmt.Sprintf("version\t%d", r.Version),
			fmt.Sprintf("threshold\t%d of %d", r.Threshold, len(r.Keys)), "state\t" + state, "domain\t" + r.Fingerprint})
	}
	return nil
}
