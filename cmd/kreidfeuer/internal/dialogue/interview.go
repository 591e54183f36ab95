package dialogue

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert/compose"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// Interview asks for what the flags have not said.
type Interview struct {
	Dialog   *Dialog
	Flags    *cli.Context
	Draft    *compose.Draft
	Language string // of the questions, BCP 47; there are German and English ones

	questions *questions
}

// Run asks one question after the other, and fills the draft.
func (i *Interview) Run() error {
	i.questions = questionsIn(i.Language)
	for _, step := range []func() error{i.template, i.place, i.level, i.until, i.words} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// repeat asks until the answer can be read. In a pipe, nobody can answer again.
func (i *Interview) repeat(prompt string, read func(answer string) error) error {
	for {
		answer, err := i.Dialog.Ask(prompt)
		if err != nil {
			return err
		}
		err = read(answer)
		if err == nil || !i.Dialog.person {
			return err
		}
		f := exit.Classify(err)
		i.Dialog.Printf("  %s\n", shell.Printable(strings.TrimSpace(f.Error()+". "+f.Hint)))
	}
}

func (i *Interview) template() error {
	if i.Draft.Template != "" {
		return nil
	}
	i.Dialog.Printf("%s\n", i.questions.templates)
	for n, t := range compose.Templates {
		i.Dialog.Printf("  %d  %s\n", n+1, t.Title)
	}
	return i.repeat(i.questions.what, func(answer string) error {
		for n, t := range compose.Templates {
			if answer == fmt.Sprint(n+1) || strings.EqualFold(answer, t.Name) || strings.EqualFold(answer, t.Title) {
				i.Draft.Template = t.Name
				return nil
			}
		}
		if answer == "" {
			return nil // without a template everything is asked
		}
		return exit.Errorf(exit.Usage, "no template %q", answer)
	})
}

func (i *Interview) place() error {
	if len(i.Draft.Areas) > 0 {
		return nil
	}
	return i.repeat(i.questions.where, func(answer string) error {
		var areas []compose.Area
		for _, text := range strings.Split(answer, ";") {
			a, err := draftArea(strings.TrimSpace(text))
			if err != nil {
				return err
			}
			areas = append(areas, a)
		}
		i.Draft.Areas = areas
		return nil
	})
}

// levels are the severities that a person chooses from: Warnstufe 1 to 3.
var levels = []cap.Severity{cap.Extreme, cap.Severe, cap.Moderate}

func (i *Interview) level() error {
	if i.Draft.Severity != "" {
		return nil
	}
	suggested := cap.Severe
	if t, ok := compose.ByName(i.Draft.Template); ok {
		suggested = t.Severity
	}
	return i.repeat(fmt.Sprintf(i.questions.level, alert.Warnstufe(suggested)), func(answer string) error {
		if answer == "" {
			i.Draft.Severity = suggested
			return nil
		}
		if len(answer) != 1 || answer[0] < '1' || answer[0] > '3' {
			return exit.Errorf(exit.Usage, "%q is no Warnstufe", answer).Hintf("1, 2 or 3")
		}
		i.Draft.Severity = levels[answer[0]-'1']
		return nil
	})
}

func (i *Interview) until() error {
	if i.Draft.Expires != 0 {
		return nil
	}
	suggested := "6h"
	if t, ok := compose.ByName(i.Draft.Template); ok {
		suggested = fmt.Sprintf("%dh", t.Lifetime/3600)
	}
	return i.repeat(fmt.Sprintf(i.questions.until, suggested), func(answer string) (err error) {
		if answer == "" {
			answer = suggested
		}
		i.Draft.Expires, err = ParseMoment(i.Dialog.env, answer)
		return err
	})
}

// words asks for the texts; Enter keeps the template's.
func (i *Interview) words() error {
	t, known := compose.ByName(i.Draft.Template)
	var old compose.Text
	for _, x := range t.Texts {
		if alert.LanguageOf(x.Language) == alert.LanguageOf(i.Flags.String("language")) {
			old = x
		}
	}
	text := compose.Text{Language: i.Flags.String("language")}
	for _, f := range []struct {
		flag, prompt, suggested string
		into                    *string
	}{
		{"event", i.questions.event, old.Event, &text.Event}, {"headline", i.questions.headline, old.Headline, &text.Headline},
		{"description", i.questions.description, old.Description, &text.Description}, {"instruction", i.questions.instruction, old.Instruction, &text.Instruction},
	} {
		if i.Flags.IsSet(f.flag) || f.flag == "event" && known {
			continue
		}
		answer, err := i.Dialog.Ask(f.prompt + suggestion(strings.ReplaceAll(f.suggested, "{place}", i.Draft.Areas[0].Name)) + ": ")
		if err != nil {
			return err
		}
		*f.into = answer
	}
	putText(i.Draft, text)
	if !known && len(i.Draft.Category) == 0 {
		return i.category()
	}
	return nil
}

func (i *Interview) category() error {
	return i.repeat(i.questions.category, func(answer string) error {
		if answer == "" {
			answer = string(cap.Safety)
		}
		i.Draft.Category = listOf[cap.Category](strings.Fields(answer))
		return nil
	})
}

func suggestion(text string) string {
	if text == "" {
		return ""
	}
	return " [" + text + "]"
}

// questions are the words of the interview.
type questions struct {
	templates, what, where, level, until, event, headline, description, instruction, category string
}

var german = questions{
	templates: "Wovor wird gewarnt?", what: "Nummer oder Name (leer: ohne Vorlage): ",
	where: "Wo? Kreis, Land oder Schlüssel, mehrere durch Semikolon: ",
	level: "Warnstufe 1 (Lebensgefahr), 2 (ernste Gefahr), 3 (Information) [%d]: ", until: "Gilt bis, zum Beispiel 6h oder 18:30 [%s]: ",
	event: "Was ist es (Ereignis)", headline: "Überschrift", description: "Was geschieht", instruction: "Was sollen die Menschen tun",
	category: "Kategorie nach CAP (Geo, Met, Safety, Security, Rescue, Fire, Health, Env, Transport, Infra, CBRNE, Other) [Safety]: ",
}

var english = questions{
	templates: "What is the warning about?", what: "Number or name (empty: no template): ",
	where: "Where? District, state or key, several separated by semicolons: ",
	level: "Warnstufe 1 (danger to life), 2 (serious danger), 3 (information) [%d]: ", until: "Until when, for example 6h or 18:30 [%s]: ",
	event: "What it is (event)", headline: "Headline", description: "What is happening", instruction: "What people should do",
	category: "CAP category (Geo, Met, Safety, Security, Rescue, Fire, Health, Env, Transport, Infra, CBRNE, Other) [Safety]: ",
}

func questionsIn(language string) *questions {
	if strings.HasPrefix(alert.LanguageOf(language), "de") {
		return &german
	}
	return &english
}
