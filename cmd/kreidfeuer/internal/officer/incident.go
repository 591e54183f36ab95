package officer

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/inbox"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// OpenIncident finds the officer and all versions of the incident that is named.
func OpenIncident(e *shell.Env, c *cli.Context) (*Officer, []*alert.Alert, error) {
	id := c.Args().First()
	if (id == "") == (len(c.StringSlice("alert")) == 0) {
		return nil, nil, exit.Errorf(exit.Usage, "which alert?").Hintf("its ID, as kreidfeuer alert list shows it, or --alert FILE")
	}
	return OpenIncidentOf(e, c, id)
}

// OpenIncidentOf is OpenIncident for the alert with this ID, or for the files of --alert.
func OpenIncidentOf(e *shell.Env, c *cli.Context, id string) (*Officer, []*alert.Alert, error) {
	o, err := Open(e, c)
	if err != nil {
		return nil, nil, err
	}
	var prev []*alert.Alert
	if files := c.StringSlice("alert"); len(files) > 0 {
		prev, err = o.incidentFiles(files)
	} else {
		prev, err = o.incident(id)
	}
	if err != nil {
		return nil, nil, err
	}
	for _, a := range prev {
		if a.Header.DomainID() != o.Unit.Domain || !alert.IsWithin(a.Header.Authority, o.Unit.Authority) {
			return nil, nil, exit.Errorf(exit.Trust, "the warning is one of %q; %q cannot follow it up", a.Header.Authority, o.Unit.Authority).
				Hintf("the same authority can, and those above it")
		}
	}
	return o, prev, nil
}

// incident reads what the running device knows of an alert's incident.
func (o *Officer) incident(id string) ([]*alert.Alert, error) {
	if o.Dev == nil {
		return nil, exit.Errorf(exit.Daemon, "no device is running here that could know the warning %s", id).
			Hintf("start kreidfeuer up in another terminal, or give the signed warning with --alert FILE")
	}
	found, err := inbox.Find(o.C, o.Dev, id)
	if err != nil {
		return nil, err
	}
	if over := ended(found); over != "" {
		return nil, exit.Errorf(exit.No, "the warning %s is over already: %s", found.ID[:inbox.ShortIDLen], over)
	}
	var prev []*alert.Alert
	for row, err := range o.Dev.Alerts(o.C.Context, apitype.AlertFilter{Incident: found.Incident}) {
		if err != nil {
			return nil, device.Error(err)
		}
		_, a, err := inbox.Held(o.C, o.Dev, row.ID)
		if err != nil {
			return nil, err
		}
		if !a.Kind.Ends() && a.Header.Lane == lane(found) {
			prev = append(prev, a)
		}
	}
	if len(prev) == 0 {
		return nil, exit.Errorf(exit.No, "alert %s ends an incident; there is nothing to follow up", found.ID[:inbox.ShortIDLen])
	}
	return prev, nil
}

func lane(a *apitype.AlertSummary) wire.Lane {
	l, _ := wire.ParseLane(a.Lane)
	return l
}

// ended says why nothing can follow an alert any more.
func ended(a *apitype.AlertSummary) string {
	if a.State == apitype.StateWithdrawn && a.Kind != apitype.KindWithdrawal {
		return inbox.States[a.State]
	}
	return ""
}

// incidentFiles reads signed alerts from files and verifies them.
func (o *Officer) incidentFiles(files []string) ([]*alert.Alert, error) {
	var prev []*alert.Alert
	for _, name := range files {
		envelopes, err := armor.ReadFile(o.Env, name)
		if err != nil {
			return nil, err
		}
		for _, e := range envelopes {
			if e.Header.Type != wire.TypeAlert {
				return nil, exit.Errorf(exit.Usage, "%s holds a %s, want an alert", shell.InputName(name), e.Header.Type)
			}
			if _, err := o.Pool.AddChain(e); err != nil {
				return nil, trust.Failure(fmt.Errorf("%s: %w", shell.InputName(name), err))
			}
			d, err := JudgeAlert(o.Pool, e)
			if err != nil {
				return nil, trust.Failure(fmt.Errorf("%s: %w", shell.InputName(name), err))
			}
			prev = append(prev, d.Alert)
		}
	}
	return prev, nil
}
