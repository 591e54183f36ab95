package issue

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/dialogue"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/inbox"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/officer"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Approve is "alert approve".
func Approve(e *shell.Env) *cli.Command {
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
		Flags: append(officer.Flags(), officer.SendingFlags()...),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the draft's ID or file"); err != nil {
				return err
			}
			return approveAlert(e, c, c.Args().First())
		},
	}, exit.OK, exit.No, exit.Usage, exit.Daemon, exit.Trust, exit.Data, exit.System, exit.Aborted)
}

func approveAlert(e *shell.Env, c *cli.Context, name string) error {
	o, err := officer.Open(e, c)
	if err != nil {
		return err
	}
	if c.String("out") == "" && o.Dev == nil {
		return officer.NoDevice()
	}
	u, err := findUnsigned(e, c, o.Dev, name)
	if err != nil {
		return err
	}
	if _, err := o.Pool.AddChain(u.envelope); err != nil {
		return trust.Failure(err)
	}
	before, err := officer.JudgeAlert(o.Pool, u.envelope)
	if err != nil {
		return trust.Failure(err)
	}
	if err := mayApprove(o, before, u.draft); err != nil {
		return err
	}
	dialog, closeDialog := dialogue.New(e, name == "-")
	defer closeDialog()
	details, err := approvalDetails(o, before)
	if err != nil {
		return err
	}
	if a := before.Alert; a.Header.Lane == wire.LaneLive && c.Bool("yes") {
		return dialogue.ErrYes
	} else if !c.Bool("yes") {
		if err := dialog.Confirm(a, dialogue.Screen{Action: "Freigeben", Details: details, All: true}); err != nil {
			return err
		}
	}
	done, err := countersign(o, before)
	if err != nil {
		return err
	}
	return deliverApproval(o, done, u.draft)
}

// mayApprove refuses before anything is asked.
func mayApprove(o *officer.Officer, d *officer.Issued, draft *apitype.DraftSummary) error {
	a := d.Alert
	if draft != nil && draft.State == apitype.DraftRejected {
		return exit.Errorf(exit.No, "the draft was rejected: %s", shell.OneLine(draft.Comment))
	}
	if a.Header.Authority != o.Unit.Authority || d.Verified.Domain != o.Unit.Domain {
		return exit.Errorf(exit.Trust, "the draft is one of %q; officers of %q cannot approve it", a.Header.Authority, o.Unit.Authority)
	}
	if int(d.Verified.Level) >= d.Verified.Needed {
		return exit.Errorf(exit.No, "all signatures that it needs are there").Hintf("kreidfeuer alert publish FILE sends a file")
	}
	for _, s := range d.Verified.Signers {
		if s != nil && o.Is(s) {
			return exit.Errorf(exit.Trust, "%s has signed this already: a second person must approve it", s.Name).
				Hintf("with another officer's key: --key FILE")
		}
	}
	if a.Header.Expires <= o.Env.Unix() {
		return exit.Errorf(exit.No, "it has expired at %s", shell.Stamp(a.Header.Expires)).Hintf("compose it anew")
	}
	return nil
}

// approvalDetails are what an approver weighs beside the text.
func approvalDetails(o *officer.Officer, d *officer.Issued) ([]string, error) {
	var lines []string
	for _, s := range d.Verified.Signers {
		if s != nil {
			lines = append(lines, fmt.Sprintf("Unterschrieben hat: %s", officer.PersonText(s)))
		}
	}
	lines = append(lines, "Verfasst: "+inbox.DayTime(o.Env, dialogue.UnixTime(d.Alert.Header.Created)), fmt.Sprintf("Es unterschreibt: %s, %s", officer.PersonText(o.Cert), o.Unit.Name))
	changes, err := changes(o, d.Alert)
	return append(lines, changes...), err
}

// changes are what an update changes against the latest version it names that
// this device holds.
func changes(o *officer.Officer, a *alert.Alert) ([]string, error) {
	if a.Kind != alert.KindUpdate || o.Dev == nil {
		return nil, nil
	}
	var last *alert.Alert
	for _, id := range a.References {
		_, before, err := inbox.Held(o.C, o.Dev, id.String())
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
	return dialogue.Difference(o.Env, last, a), nil
}

// countersign adds the officer's signature as approver.
func countersign(o *officer.Officer, before *officer.Issued) (*officer.Issued, error) {
	s, err := o.Open()
	if err != nil {
		return nil, err
	}
	done, err := o.Finish(s.Key.Sign(before.Envelope, o.Cert.Ref(), wire.RoleApprover))
	if err != nil {
		return nil, err
	}
	if err := permits(done.Verified.Signers, done.Alert.Demand()); err != nil {
		return nil, err
	}
	if done.Verified.Level <= before.Verified.Level {
		return nil, exit.Errorf(exit.Trust, "the signature of %s does not count for this", o.Cert.Name).
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
func deliverApproval(o *officer.Officer, d *officer.Issued, draft *apitype.DraftSummary) error {
	if d.Missing == 0 || o.C.String("out") != "" || draft == nil {
		return o.Deliver(d, o.C.String("out"))
	}
	answered, err := o.Dev.AnswerDraft(o.C.Context, draft.ID,
		apitype.DraftAnswer{Answer: apitype.DraftApproved, Envelope: d.Envelope.EncodeFull()})
	if err != nil {
		return device.Error(err)
	}
	return officer.PrintDraft(o.Env, &answered)
}
