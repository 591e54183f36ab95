package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert/compose"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// followFlags belong to every command that follows an alert up. Live or drill
// is not asked: a follow-up is what its alert is.
func followFlags() []cli.Flag {
	return append(append(officerFlags(), sendingFlags()...),
		&cli.StringSliceFlag{Name: "alert", Usage: "the incident's signed alerts are in `FILE`, not on a running device; may be repeated"})
}

func alertUpdateCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:      "update",
		Usage:     "issue a new version of a warning (Aktualisierung)",
		ArgsUsage: "ID [FILE.xml]",
		Description: "What the flags do not change stays as it was. The new version takes the place of all\n" +
			"versions that this device knows. Where two officers sign, it waits for the second.\n\n" +
			"Examples:\n" +
			"  kreidfeuer alert update 7kq3abcd --expires 6h --key weber.key\n" +
			"  kreidfeuer alert update 7kq3abcd --severity Extreme --instruction \"...\" --key weber.key\n" +
			"  kreidfeuer alert update 7kq3abcd --correction --area \"Kreis Ahrweiler\" --key weber.key",
		Flags: append(append(draftFlags(), followFlags()...),
			&cli.BoolFlag{Name: "correction", Usage: "what was said was wrong; the situation has not changed"},
			&cli.IntFlag{Name: "entry", Usage: "use the `N`-th alert of a feed", DefaultText: "the only one"},
		),
		Action: func(c *cli.Context) error { return e.updateAlert(c) },
	}, followCodes()...)
}

func alertWithdrawCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:      "withdraw",
		Usage:     "take a false alarm back (Rücknahme, Fehlalarm)",
		ArgsUsage: "ID",
		Description: "There never was a danger. One signature is enough; it goes wherever the warning went.\n" +
			"When the danger is over, use allclear.\n\n" +
			"Example:\n  kreidfeuer alert withdraw 7kq3abcd --key weber.key",
		Flags:  followFlags(),
		Action: func(c *cli.Context) error { return e.endAlert(c, "Zurücknehmen", compose.Withdraw) },
	}, followCodes()...)
}

func alertAllClearCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:      "allclear",
		Usage:     "say that the danger is over (Entwarnung)",
		ArgsUsage: "ID",
		Description: "Goes out with one signature and stops the sirens. Where two officers sign warnings, it\n" +
			"shows \"noch nicht bestätigt\" until a second confirms it with kreidfeuer alert approve.\n" +
			"A false alarm is taken back with withdraw.\n\n" +
			"Example:\n  kreidfeuer alert allclear 7kq3abcd --key weber.key",
		Flags:  followFlags(),
		Action: func(c *cli.Context) error { return e.endAlert(c, "Entwarnen", compose.AllClear) },
	}, followCodes()...)
}

func followCodes() []exitCode {
	return []exitCode{exitOK, exitNo, exitUsage, exitDaemon, exitTrust, exitSystem, exitAborted}
}

// endAlert ends an incident: one question, one signature.
func (e *env) endAlert(c *cli.Context, action string, end endFunc) error {
	if err := wantArgs(c, 0, 1, "the alert's ID"); err != nil {
		return err
	}
	o, prev, err := e.openIncident(c)
	if err != nil {
		return err
	}
	m, err := end(prev, o.author(), e.random)
	if err != nil {
		return composeFailure(err)
	}
	dialog, closeDialog, err := e.newDialog(false)
	if err != nil {
		return err
	}
	defer closeDialog()
	ended := ""
	if in := latestVersion(prev).Language("de", "en"); in != nil {
		ended = in.Headline
	}
	done, err := o.issue(m, sending{role: wire.RoleAuthor, out: c.String("out"), yes: c.Bool("yes"), dialog: dialog,
		screen: screen{action: action, brief: true, details: []string{"Beendet: " + ended}}})
	if err != nil {
		return err
	}
	if done.alert.Kind == alert.KindAllClear && int(done.verified.Level) < done.verified.Needed && c.String("out") == "" {
		e.notef("Die Sirenen schweigen; es erscheint „%s“. Bestätigung durch eine zweite Person: kreidfeuer alert approve %s",
			alert.German.AllClearUnconfirmed, done.alert.ID.Short())
	}
	return nil
}

// updateAlert issues a new version.
func (e *env) updateAlert(c *cli.Context) error {
	id, file, err := updateArgs(c)
	if err != nil {
		return err
	}
	o, prev, err := e.openIncidentOf(c, id)
	if err != nil {
		return err
	}
	last := latestVersion(prev)
	if file != "" {
		doc, err := e.readAlertFile(c, file)
		if err != nil {
			return err
		}
		last = &alert.Alert{CAP: doc}
	}
	d := compose.DraftOf(last, o.author())
	if err := e.fillDraft(c, &d); err != nil {
		return err
	}
	e.warnStaleTexts(c, d.Texts)
	build := compose.Update
	if c.Bool("correction") {
		build = compose.Correction
	}
	m, err := build(prev, d, e.random)
	if err != nil {
		return composeFailure(err)
	}
	return o.issueUpdate(m, file == "-")
}

func latestVersion(prev []*alert.Alert) *alert.Alert {
	return slices.MaxFunc(prev, func(a, b *alert.Alert) int { return cmp.Compare(a.Header.Created, b.Header.Created) })
}

func updateArgs(c *cli.Context) (id, file string, err error) {
	high, rest := 2, c.Args().Slice()
	if len(c.StringSlice("alert")) == 0 {
		if err := wantArgs(c, 1, high, "the alert's ID"); err != nil {
			return "", "", err
		}
		id, rest = rest[0], rest[1:]
	} else if err := wantArgs(c, 0, 1, "at most a CAP file beside --alert"); err != nil {
		return "", "", err
	}
	if len(rest) > 0 {
		file = rest[0]
	}
	flag := draftFlagSet(c)
	switch {
	case file == "" && flag == "" && !c.IsSet("expires"):
		return "", "", failf(exitUsage, "what changes?").hintf("--expires 6h, --severity Extreme, --instruction TEXT, ... or a CAP file")
	case file != "" && flag != "":
		return "", "", failf(exitUsage, "--%s does not change a file", flag).hintf("change the file")
	}
	return id, file, nil
}

func (o *officer) issueUpdate(m *compose.Message, stdinTaken bool) error {
	c := o.c
	dialog, closeDialog, err := o.env.newDialog(stdinTaken)
	if err != nil {
		return err
	}
	defer closeDialog()
	next, err := alert.Of(m.CAP)
	if err != nil {
		return err
	}
	if next.Header, err = alert.Header(m.CAP); err != nil {
		return failf(exitNo, "%w", err)
	}
	next.References = m.Extras.References
	changes, err := o.changes(next)
	if err != nil {
		return err
	}
	_, err = o.issue(m, sending{role: wire.RoleAuthor, out: c.String("out"), yes: c.Bool("yes"), dialog: dialog,
		screen: screen{action: "Herausgeben", details: changes}})
	return err
}

// warnStaleTexts: who changes a text in one language leaves the others behind.
func (e *env) warnStaleTexts(c *cli.Context, texts []compose.Text) {
	changed := false
	for _, flag := range []string{"event", "headline", "description", "instruction"} {
		changed = changed || c.IsSet(flag)
	}
	var others []string
	for _, t := range texts {
		if !strings.EqualFold(t.Language, c.String("language")) {
			others = append(others, t.Language)
		}
	}
	if changed && len(others) > 0 {
		e.warnf("only the text in %q changes; %s stay as they were", c.String("language"), strings.Join(others, ", "))
	}
}

// endFunc builds the end of an incident.
type endFunc = func(prev []*alert.Alert, by compose.Author, random io.Reader) (*compose.Message, error)

// openIncident finds the officer and all versions of the incident that is named.
func (e *env) openIncident(c *cli.Context) (*officer, []*alert.Alert, error) {
	id := c.Args().First()
	if (id == "") == (len(c.StringSlice("alert")) == 0) {
		return nil, nil, failf(exitUsage, "which alert?").hintf("its ID, as kreidfeuer alert list shows it, or --alert FILE")
	}
	return e.openIncidentOf(c, id)
}

func (e *env) openIncidentOf(c *cli.Context, id string) (*officer, []*alert.Alert, error) {
	o, err := e.openOfficer(c)
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
		if a.Header.DomainID() != o.unit.Domain || !alert.IsWithin(a.Header.Authority, o.unit.Authority) {
			return nil, nil, failf(exitTrust, "the warning is one of %q; %q cannot follow it up", a.Header.Authority, o.unit.Authority).
				hintf("the same authority can, and those above it")
		}
	}
	return o, prev, nil
}

// incident reads what the running device knows of an alert's incident.
func (o *officer) incident(id string) ([]*alert.Alert, error) {
	if o.dev == nil {
		return nil, failf(exitDaemon, "no device is running here that could know the warning %s", id).
			hintf("start kreidfeuer up in another terminal, or give the signed warning with --alert FILE")
	}
	found, err := findAlert(o.c, o.dev, id)
	if err != nil {
		return nil, err
	}
	if over := ended(found); over != "" {
		return nil, failf(exitNo, "the warning %s is over already: %s", found.ID[:shortIDLen], over)
	}
	var prev []*alert.Alert
	for row, err := range o.dev.Alerts(o.c.Context, apitype.AlertFilter{Incident: found.Incident}) {
		if err != nil {
			return nil, deviceError(err)
		}
		_, a, err := heldAlert(o.c, o.dev, row.ID)
		if err != nil {
			return nil, err
		}
		if !a.Kind.Ends() && a.Header.Lane == lane(found) {
			prev = append(prev, a)
		}
	}
	if len(prev) == 0 {
		return nil, failf(exitNo, "alert %s ends an incident; there is nothing to follow up", found.ID[:shortIDLen])
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
		return alertStates[a.State]
	}
	return ""
}

// incidentFiles reads signed alerts from files and verifies them.
func (o *officer) incidentFiles(files []string) ([]*alert.Alert, error) {
	var prev []*alert.Alert
	for _, name := range files {
		envelopes, err := o.env.readObjectFile(name)
		if err != nil {
			return nil, err
		}
		for _, e := range envelopes {
			if e.Header.Type != wire.TypeAlert {
				return nil, failf(exitUsage, "%s holds a %s, want an alert", inputName(name), e.Header.Type)
			}
			if _, err := o.pool.AddChain(e); err != nil {
				return nil, trustFailure(fmt.Errorf("%s: %w", inputName(name), err))
			}
			d, err := judgeAlert(o.pool, e)
			if err != nil {
				return nil, trustFailure(fmt.Errorf("%s: %w", inputName(name), err))
			}
			prev = append(prev, d.alert)
		}
	}
	return prev, nil
}
