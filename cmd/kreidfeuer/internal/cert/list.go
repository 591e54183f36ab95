package cert

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/row"
)

// listCertificates lists the certificates that the running device knows or, if
// none runs, that came with the pinned roots.
func listCertificates(e *shell.Env, c *cli.Context) error {
	dev, err := device.Running(e, c)
	if err != nil {
		return err
	}
	var certs []apitype.Certificate
	if dev != nil && !c.IsSet("trust") {
		defer dev.Close()
		for cert, err := range dev.Certificates(c.Context, apitype.TrustFilter{}) {
			if err != nil {
				return device.Error(err)
			}
			certs = append(certs, cert)
		}
	} else if err := trust.EachDomain(e, c, func(s identity.DomainStatus) {
		for _, held := range s.Certificates {
			certs = append(certs, row.Certificate(held, e.Unix()))
		}
	}); err != nil {
		return err
	}
	if len(certs) == 0 {
		e.Notef("No certificates are known here. They come with kreidfeuer root pin, cert import and from neighbours.")
	}
	if e.JSON {
		for _, cert := range certs {
			if err := e.PrintItem(apitype.SchemaCertItem, cert); err != nil {
				return err
			}
		}
		return nil
	}
	var rows []string
	for _, cert := range certs {
		rows = append(rows, certificateRow(e, cert))
	}
	if len(rows) > 0 {
		e.Table(e.Stdout, append([]string{"AUTHORITY\tKIND\tNAME\tFUNCTION\tAREAS\tSTATE\tUNTIL\tID"}, rows...))
	}
	return nil
}

func certificateRow(e *shell.Env, c apitype.Certificate) string {
	authority := c.Authority
	if c.Person != "" {
		authority += ", " + c.Person
	}
	areas := strings.Join(c.Areas, "; ")
	if len(c.Areas) > 2 {
		areas = fmt.Sprintf("%s; %s and %d more", c.Areas[0], c.Areas[1], len(c.Areas)-2)
	}
	state := c.State
	if state == identity.Retired.String() || state == identity.Compromised.String() {
		state = "WITHDRAWN, " + state
	}
	return strings.Join([]string{authority, c.Kind, shell.OneLine(c.Name), shell.OneLine(c.Function), shell.OneLine(areas), state,
		c.Expires.Format("2006-01-02"), c.ID[:8]}, "\t")
}
