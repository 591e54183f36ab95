package dialogue

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert/compose"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// DraftFlags say what a warning is about.
func DraftFlags() []cli.Flag {
	var names []string
	for _, t := range compose.Templates {
		names = append(names, t.Name)
	}
	return []cli.Flag{
		&cli.StringFlag{Name: "template", Aliases: []string{"t"}, Usage: "begin with the `TEMPLATE` " + strings.Join(names, ", ")},
		&cli.StringSliceFlag{Name: "area", Aliases: []string{"a"}, Usage: "warn the `REGION`: a district, a Land or a Regionalschlüssel; may be repeated"},
		&cli.StringFlag{Name: "area-name", Usage: "call the area `NAME`", DefaultText: "the region's name"},
		&cli.StringSliceFlag{Name: "polygon", Usage: "warn only inside \"`LAT,LON LAT,LON ...`\"; may be repeated"},
		&cli.StringSliceFlag{Name: "circle", Usage: "warn only inside \"`LAT,LON KM`\"; may be repeated"},
		&cli.StringFlag{Name: "ellipse", Usage: "warn the circle around \"`LAT,LON KM KM DEGREES`\": half axes, direction of the longer one from north"},
		&cli.StringFlag{Name: "severity", Usage: "`SEVERITY` Extreme, Severe, Moderate, Minor or Unknown", DefaultText: "the template's"},
		&cli.StringFlag{Name: "urgency", Usage: "`URGENCY` Immediate, Expected, Future, Past or Unknown", DefaultText: "the template's"},
		&cli.StringFlag{Name: "certainty", Usage: "`CERTAINTY` Observed, Likely, Possible, Unlikely or Unknown", DefaultText: "the template's"},
		&cli.StringSliceFlag{Name: "category", Usage: "CAP `CATEGORY` such as Met or Fire; may be repeated", DefaultText: "the template's"},
		&cli.StringSliceFlag{Name: "response", Usage: "CAP `RESPONSE` type such as Shelter; may be repeated", DefaultText: "the template's"},
		&cli.StringFlag{Name: "onset", Usage: "begins at `TIME`", DefaultText: "now"},
		&cli.StringFlag{Name: "expires", Usage: "ends at `TIME`: 6h, 18:30 or 2027-01-31T18:30", DefaultText: "the template's"},
		&cli.StringFlag{Name: "language", Usage: "the texts given here are in `LANGUAGE`", Value: compose.LangGerman},
		&cli.StringFlag{Name: "event", Usage: "`TEXT`: what it is"},
		&cli.StringFlag{Name: "headline", Usage: "`TEXT`: one line"},
		&cli.StringFlag{Name: "description", Usage: "`TEXT`: what is happening"},
		&cli.StringFlag{Name: "instruction", Usage: "`TEXT`: what people should do"},
		&cli.StringFlag{Name: "note", Usage: "`TEXT` for other agencies"},
		&cli.StringFlag{Name: "contact", Usage: "`TEXT`: whom to ask"},
		&cli.StringFlag{Name: "web", Usage: "`URL` with more"},
	}
}

// DraftFlagSet reports which of DraftFlags, but for expires, is given: they
// exclude a file.
func DraftFlagSet(c *cli.Context) string {
	for _, f := range DraftFlags() {
		if name := f.Names()[0]; name != "expires" && name != "language" && c.IsSet(name) {
			return name
		}
	}
	return ""
}

// FillDraft puts what the flags say into a draft and leaves the rest.
func FillDraft(e *shell.Env, c *cli.Context, d *compose.Draft) error {
	set := func(field *string, flag string) {
		if c.IsSet(flag) {
			*field = c.String(flag)
		}
	}
	set(&d.Template, "template")
	set(&d.Note, "note")
	set(&d.Contact, "contact")
	set(&d.Web, "web")
	if c.IsSet("severity") {
		d.Severity = oneOf(c.String("severity"), cap.Extreme, cap.Severe, cap.Moderate, cap.Minor, cap.UnknownSeverity)
	}
	if c.IsSet("urgency") {
		d.Urgency = oneOf(c.String("urgency"), cap.Immediate, cap.Expected, cap.Future, cap.Past, cap.UnknownUrgency)
	}
	if c.IsSet("certainty") {
		d.Certainty = oneOf(c.String("certainty"), cap.Observed, cap.Likely, cap.Possible, cap.Unlikely, cap.UnknownCertainty)
	}
	if c.IsSet("category") {
		d.Category = listOf[cap.Category](c.StringSlice("category"))
	}
	if c.IsSet("response") {
		d.Response = listOf[cap.ResponseType](c.StringSlice("response"))
	}
	if err := fillTimes(e, c, d); err != nil {
		return err
	}
	text := compose.Text{Language: c.String("language"), Event: c.String("event"), Headline: c.String("headline"),
		Description: c.String("description"), Instruction: c.String("instruction")}
	putText(d, text)
	areas, err := draftAreas(c)
	if len(areas) > 0 {
		d.Areas = areas
	}
	return err
}

// putText puts the fields of a text that are given over those of its language.
func putText(d *compose.Draft, text compose.Text) {
	if text == (compose.Text{Language: text.Language}) {
		return
	}
	i := slices.IndexFunc(d.Texts, func(t compose.Text) bool { return strings.EqualFold(t.Language, text.Language) })
	if i < 0 {
		d.Texts = append(d.Texts, text)
		return
	}
	d.Texts = slices.Clone(d.Texts)
	for _, f := range []struct {
		into *string
		from string
	}{
		{&d.Texts[i].Event, text.Event}, {&d.Texts[i].Headline, text.Headline},
		{&d.Texts[i].Description, text.Description}, {&d.Texts[i].Instruction, text.Instruction},
	} {
		if f.from != "" {
			*f.into = f.from
		}
	}
}

// oneOf spells a word of CAP as CAP does; an unknown one stays, and is refused
// with the rest of what is wrong.
func oneOf[T ~string](text string, known ...T) T {
	for _, k := range known {
		if strings.EqualFold(text, string(k)) {
			return k
		}
	}
	return T(text)
}

func listOf[T ~string](texts []string) (list []T) {
	for _, t := range texts {
		list = append(list, T(t))
	}
	return list
}

// LaneOf is what --live and --drill say. There is no default.
func LaneOf(c *cli.Context) (wire.Lane, error) {
	live, drill := c.Bool("live"), c.Bool("drill")
	switch {
	case live == drill:
		return 0, exit.Errorf(exit.Usage, "a real warning or an exercise? there is no default").
			Hintf("--live warns the public (ECHTE WARNUNG), --drill is an exercise (ÜBUNG)")
	case live && c.Bool("yes"):
		return 0, ErrYes
	case live:
		return wire.LaneLive, nil
	}
	return wire.LaneDrill, nil
}

// ErrYes refuses --yes on a real warning.
var ErrYes = exit.Errorf(exit.Usage, "--yes never holds for a real warning").Hintf("leave it away; the question must be answered by a person")

// ComposeFailure tells the officer what keeps a warning from being issued.
func ComposeFailure(err error) error {
	var refused *compose.Refused
	if !errors.As(err, &refused) {
		return err
	}
	var b strings.Builder
	b.WriteString("die Warnung kann so nicht herausgegeben werden (the alert cannot be issued):")
	for _, p := range refused.Problems {
		fmt.Fprintf(&b, "\n  %s: %s (%s)", p.Field, p.German, p.English)
	}
	return exit.Errorf(exit.No, "%s", b.String())
}
