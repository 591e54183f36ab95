package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/inbox"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

func alertApproveCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "approve",
		Usage:     "add the second signature to a draft; the last one needed sends it",
		ArgsUsage: "ID|FILE",
		Description: "Shows the full text, level, place and author first, and what an update changes, and\n" +
			"wants the place typed. Nobody approves what they wrote. An all-clear or an emergency\n" +
			"warning that was sent already is confirmed so.\n\n" +
			"Examples:\n" +
			"  kreidfeuer alert approve 7kq3abcd --key braun.key\n" +
			"  kreidfeuer alert approve draft.pem --key braun.key --out complete.pem",
		Flags: append(officerFlags(), sendingFlags()...),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the draft's ID or file"); err != nil {
				return err
			}
			return approveAlert(e, c, c.Args().First())
		},
	}, exit.OK, exit.No, exit.Usage, exit.Daemon, exit.Trust, exit.Data, exit.System, exit.Aborted)
}

func approveAlert(e *shell.Env, c *cli.Context, name string) error {
	o, err := openOfficer(e, c)
	if err != nil {
		return err
	}
	if c.String("out") == "" && o.dev == nil {
		return noDevice()
	}
	u, err := findUnsigned(e, c, o.dev, name)
	if err != nil {
		return err
	}
	if _, err := o.pool.AddChain(u.envelope); err != nil {
		return trust.Failure(err)
	}
	before, err := judgeAlert(o.pool, u.envelope)
	if err != nil {
		return trust.Failure(err)
	}
	if err := o.mayApprove(before, u.draft); err != nil {
		return err
	}
	dialog, closeDialog := newDialog(e, name == "-")
	defer closeDialog()
	details, err := o.approvalDetails(before)
	if err != nil {
		return err
	}
	if a := before.alert; a.Header.Lane == wire.LaneLive && c.Bool("yes") {
		return errYes
	} else if !c.Bool("yes") {
		if err := dialog.confirm(a, screen{action: "Freigeben", details: details, all: true}); err != nil {
			return err
		}
	}
	done, err := o.countersign(before)
	if err != nil {
		return err
	}
	return o.deliverApproval(done, u.draft)
}

// mayApprove refuses before anything is asked.
func (o *officer) mayApprove(d *issued, draft *apitype.DraftSummary) error {
	a := d.alert
	if draft != nil && draft.State == apitype.DraftRejected {
		return exit.Errorf(exit.No, "the draft was rejected: %s", shell.OneLine(draft.Comment))
	}
	if a.Header.Authority != o.unit.Authority || d.verified.Domain != o.unit.Domain {
		return exit.Errorf(exit.Trust, "the draft is one of %q; officers of %q cannot approve it", a.Header.Authority, o.unit.Authority)
	}
	if int(d.verified.Level) >= d.verified.Needed {
		return exit.Errorf(exit.No, "all signatures that it needs are there").Hintf("kreidfeuer alert publish FILE sends a file")
	}
	for _, s := range d.verified.Signers {
		if s != nil && o.is(s) {
			return exit.Errorf(exit.Trust, "%s has signed this already: a second person must approve it", s.Name).
				Hintf("with another officer's key: --key FILE")
		}
	}
	if a.Header.Expires <= o.env.Unix() {
		return exit.Errorf(exit.No, "it has expired at %s", shell.Stamp(a.Header.Expires)).Hintf("compose it anew")
	}
	return nil
}

// approvalDetails are what an approver weighs beside the text.
func (o *officer) approvalDetails(d *issued) ([]string, error) {
	var lines []string
	for _, s := range d.verified.Signers {
		if s != nil {
			lines = append(lines, fmt.Sprintf("Unterschrieben hat: %s", personText(s)))
		}
	}
	lines = append(lines, "Verfasst: "+inbox.DayTime(o.env, unixTime(d.alert.Header.Created)), fmt.Sprintf("Es unterschreibt: %s, %s", personText(o.cert), o.unit.Name))
	changes, err := o.changes(d.alert)
	return append(lines, changes...), err
}

// changes are what an update changes against the latest version it names that
// this device holds.
func (o *officer) changes(a *alert.Alert) ([]string, error) {
	if a.Kind != alert.KindUpdate || o.dev == nil {
		return nil, nil
	}
	var last *alert.Alert
	for _, id := range a.References {
		_, before, err := inbox.Held(o.c, o.dev, id.String())
		if err != nil {
			continue // not here; what it says is shown in full anyway
		}
		if last == nil || before.Header.Created > last.Header.Created {
			last = before
		}
	}
	if last == nil {
		return []string{"Die Warnung, die das ändert, ist auf diesem Gerät nicht vorhanden."}, nil
	}
	return difference(o.env, last, a), nil
}

// countersign adds the officer's signature as approver.
func (o *officer) countersign(before *issued) (*issued, error) {
	s, err := o.open()
	if err != nil {
		return nil, err
	}
	done, err := o.finish(s.Key.Sign(before.envelope, o.cert.Ref(), wire.RoleApprover))
	if err != nil {
		return nil, err
	}
	if err := permits(done.verified.Signers, done.alert.Demand()); err != nil {
		return nil, err
	}
	if done.verified.Level <= before.verified.Level {
		return nil, exit.Errorf(exit.Trust, "the signature of %s does not count for this", o.cert.Name).
			Hintf("officers count if the unit above has certified them, or enough officers of the unit; see kreidfeuer cert show")
	}
	return done, nil
}

func permits(signers []*identity.Certificate, demand identity.Demand) error {
	for _, s := range signers {
		if s == nil {
			continue
		}
		if err := s.Scope.Permit(demand); err != nil {
			return exit.Errorf(exit.Trust, "%s may not sign this: %w", s.Name, err)
		}
	}
	return nil
}

// deliverApproval sends what is complete, and hands on what still is not.
func (o *officer) deliverApproval(d *issued, draft *apitype.DraftSummary) error {
	if d.missing == 0 || o.c.String("out") != "" || draft == nil {
		return o.deliver(d, o.c.String("out"))
	}
	answered, err := o.dev.AnswerDraft(o.c.Context, draft.ID,
		apitype.DraftAnswer{Answer: apitype.DraftApproved, Envelope: d.envelope.EncodeFull()})
	if err != nil {
		return device.Error(err)
	}
	return printDraft(o.env, &answered)
}
