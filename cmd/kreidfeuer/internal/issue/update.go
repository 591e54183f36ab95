package issue

import (
	"cmp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/dialogue"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/officer"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert/compose"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Update is "alert update".
func Update(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "update",
		Usage:     "issue a new version of a warning (Aktualisierung)",
		ArgsUsage: "ID [FILE.xml]",
		Description: "What the flags do not change stays as it was. The new version takes the place of all\n" +
			"versions that this device knows. Where two officers sign, it waits for the second.\n\n" +
			"Examples:\n" +
			"  kreidfeuer alert update 7kq3abcd --expires 6h --key weber.key\n" +
			"  kreidfeuer alert update 7kq3abcd --severity Extreme --instruction \"...\" --key weber.key\n" +
			"  kreidfeuer alert update 7kq3abcd --correction --area \"Kreis Ahrweiler\" --key weber.key",
		Flags: append(append(dialogue.DraftFlags(), followFlags()...),
			&cli.BoolFlag{Name: "correction", Usage: "what was said was wrong; the situation has not changed"},
			&cli.IntFlag{Name: "entry", Usage: "use the `N`-th alert of a feed", DefaultText: "the only one"},
		),
		Action: func(c *cli.Context) error { return updateAlert(e, c) },
	}, followCodes()...)
}

// updateAlert issues a new version.
func updateAlert(e *shell.Env, c *cli.Context) error {
	id, file, err := updateArgs(c)
	if err != nil {
		return err
	}
	o, prev, err := officer.OpenIncidentOf(e, c, id)
	if err != nil {
		return err
	}
	last := latestVersion(prev)
	if file != "" {
		doc, err := readAlertFile(e, c, file)
		if err != nil {
			return err
		}
		last = &alert.Alert{CAP: doc}
	}
	d := compose.DraftOf(last, o.Author())
	if err := dialogue.FillDraft(e, c, &d); err != nil {
		return err
	}
	warnStaleTexts(e, c, d.Texts)
	build := compose.Update
	if c.Bool("correction") {
		build = compose.Correction
	}
	m, err := build(prev, d, e.Random)
	if err != nil {
		return dialogue.ComposeFailure(err)
	}
	return issueUpdate(o, m, file == "-")
}

func latestVersion(prev []*alert.Alert) *alert.Alert {
	return slices.MaxFunc(prev, func(a, b *alert.Alert) int { return cmp.Compare(a.Header.Created, b.Header.Created) })
}

func updateArgs(c *cli.Context) (id, file string, err error) {
	rest := c.Args().Slice()
	if len(c.StringSlice("alert")) == 0 {
		if err := command.WantArgs(c, 1, 2, "the alert's ID"); err != nil {
			return "", "", err
		}
		id, rest = rest[0], rest[1:]
	} else if err := command.WantArgs(c, 0, 1, "at most a CAP file beside --alert"); err != nil {
		return "", "", err
	}
	if len(rest) > 0 {
		file = rest[0]
	}
	flag := dialogue.DraftFlagSet(c)
	switch {
	case file == "" && flag == "" && !c.IsSet("expires"):
		return "", "", exit.Errorf(exit.Usage, "what changes?").Hintf("--expires 6h, --severity Extreme, --instruction TEXT, ... or a CAP file")
	case file != "" && flag != "":
		return "", "", exit.Errorf(exit.Usage, "--%s does not change a file", flag).Hintf("change the file")
	}
	return id, file, nil
}

func issueUpdate(o *officer.Officer, m *compose.Message, stdinTaken bool) error {
	c := o.C
	dialog, closeDialog := dialogue.New(o.Env, stdinTaken)
	defer closeDialog()
	next, err := alert.Of(m.CAP)
	if err != nil {
		return err
	}
	if next.Header, err = alert.Header(m.CAP); err != nil {
		return exit.Errorf(exit.No, "%w", err)
	}
	next.References = m.Extras.References
	changes, err := changes(o, next)
	if err != nil {
		return err
	}
	_, err = o.Issue(m, officer.Sending{Role: wire.RoleAuthor, Out: c.String("out"), Yes: c.Bool("yes"), Dialog: dialog,
		Screen: dialogue.Screen{Action: "Herausgeben", Details: changes}})
	return err
}

// warnStaleTexts: who changes a text in one language leaves the others behind.
func warnStaleTexts(e *shell.Env, c *cli.Context, texts []compose.Text) {
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
		e.Warnf("only the text in %q changes; %s stay as they were", c.String("language"), strings.Join(others, ", "))
	}
}
