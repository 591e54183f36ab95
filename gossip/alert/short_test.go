package alert

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// flood is a warning in German and English, as a Leitstelle would write it.
func flood() *cap.Alert {
	area := []cap.Area{{AreaDesc: "Landkreis Ahrweiler", Geocode: []cap.NamedValue{geocode("SHN", "071310000000")}}}
	return &cap.Alert{
		Identifier: "kf-1", Sender: "lst.07131.rp.abcdefgh.kreidfeuer", Sent: "2026-07-14T20:15:00+02:00", Status: cap.Actual,
		MsgType: cap.MsgAlert, Scope: cap.Public,
		Info: []cap.Info{{
			Language: "en", Category: []cap.Category{cap.Met}, Event: "Flood", Urgency: cap.Immediate, Severity: cap.Extreme, Certainty: cap.Likely,
			Expires: "2026-07-15T08:00:00+02:00", SenderName: "Control room Ahrweiler", Headline: "Flood, danger to life",
			Instruction: "Leave basements now. Go to higher ground. Call 02641 975 0 for help.", Area: area,
		}, {
			Language: "de-DE", Category: []cap.Category{cap.Met}, Event: "Hochwasser", Urgency: cap.Immediate, Severity: cap.Extreme, Certainty: cap.Likely,
			Expires: "2026-07-15T08:00:00+02:00", SenderName: "Leitstelle Ahrweiler", Headline: "Lebensgefahr durch Hochwasser",
			Description: "Die Ahr steigt schnell.\nScheitel gegen 02:00 Uhr.",
			Instruction: "Verlassen Sie sofort Keller. Gehen Sie auf höheres Gelände. Hilfe unter 02641 975 0.", Area: area,
		}},
	}
}

func mustOf(t testing.TB, c *cap.Alert) *Alert {
	t.Helper()
	a, err := Of(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// allClearOf turns a warning into its all-clear and leaves its texts as they
// are, as real feeds do.
func allClearOf(c *cap.Alert) *cap.Alert {
	c.MsgType = cap.MsgCancel
	for i := range c.Info {
		c.Info[i].ResponseType = []cap.ResponseType{cap.AllClear}
	}
	return c
}

func TestShort(t *testing.T) {
	withdrawn := flood()
	withdrawn.MsgType = cap.MsgCancel
	arabic := allClearOf(flood())
	arabic.Info[0].Language, arabic.Info[0].Headline, arabic.Info[0].Event = "ar", "تحذير", "فيضان"
	drill := flood()
	drill.Status = cap.Exercise
	test := flood()
	test.Info[1].EventCode = []cap.NamedValue{geocode("profile:DE-BBK-EVENTCODE", "BBK-EVC-078")}
	tests := []struct {
		name  string
		cap   *cap.Alert
		limit int
		c     Condition
		want  string
	}{
		{"90", flood(), ShortWEA, Condition{},
			"Warnung: Lebensgefahr durch Hochwasser. Landkreis Ahrweiler. Verlassen Sie sofort Keller."},
		{"360", flood(), LongWEA, Condition{},
			"Warnung: Lebensgefahr durch Hochwasser. Landkreis Ahrweiler. Bis 15.07. 08:00 Uhr. Verlassen Sie sofort Keller. " +
				"Gehen Sie auf höheres Gelände. Hilfe unter 02641 975 0. Leitstelle Ahrweiler.\n\n" +
				"Warning: Flood, danger to life. Landkreis Ahrweiler. Until 15 Jul 08:00. Leave basements now. Go to higher ground. Call 02641 975 0 for help. Control room Ahrweiler."},
		{"drill", flood(), ShortWEA, Condition{Drill: true},
			"ÜBUNG: Warnung: Lebensgefahr durch Hochwasser. Verlassen Sie sofort Keller."},
		{"drill by its status", drill, ShortWEA, Condition{}, "ÜBUNG: Warnung: Lebensgefahr durch Hochwasser. Verlassen Sie sofort Keller."},
		{"imported", flood(), 200, Condition{ImportedBy: "rp/import"}, "Warnung: Lebensgefahr durch Hochwasser. Landkreis Ahrweiler. Bis 15.07. 08:00 Uhr. Verlassen Sie sofort Keller. " +
			"Gehen Sie auf höheres Gelände. Hilfe unter 02641 975 0. Leitstelle Ahrweiler."},
		{"imported, with room to say so", flood(), 230, Condition{ImportedBy: "rp/import"}, "Warnung: Lebensgefahr durch Hochwasser. Landkreis Ahrweiler. " +
			"Bis 15.07. 08:00 Uhr. Verlassen Sie sofort Keller. Gehen Sie auf höheres Gelände. Hilfe unter 02641 975 0. Leitstelle Ahrweiler (Import: rp/import)."},
		{"unconfirmed", flood(), ShortWEA, Condition{Unconfirmed: true},
			"NOCH NICHT BESTÄTIGT: Warnung: Lebensgefahr durch Hochwasser. Verlassen Sie sofort…"},
		{"test code", test, ShortWEA, Condition{}, "PROBEALARM: Warnung: Lebensgefahr durch Hochwasser. Verlassen Sie sofort Keller."},
		{"all-clear, whose headline still warns", allClearOf(flood()), ShortDisplay, Condition{},
			"Entwarnung: Hochwasser. Landkreis Ahrweiler. Die Gefahr ist vorbei. Leitstelle Ahrweiler.\n\n" +
				"All-clear: Flood. Landkreis Ahrweiler. The danger is over. Control room Ahrweiler."},
		{"all-clear in Arabic, whose headline still warns", arabic, ShortDisplay, Condition{Unconfirmed: true},
			"NOCH NICHT BESTÄTIGT: Entwarnung: Hochwasser. Landkreis Ahrweiler. Die Gefahr ist vorbei. Leitstelle Ahrweiler.\n\n" +
				"NOT YET CONFIRMED: All-clear. Landkreis Ahrweiler. The danger is over. Control room Ahrweiler.\n\n" +
				"لم يتم التأكيد بعد: زوال الخطر: فيضان. Landkreis Ahrweiler. انتهى الخطر. Control room Ahrweiler."},
		{"withdrawal", withdrawn, ShortWEA, Condition{}, "Rücknahme (Fehlalarm): Hochwasser. Landkreis Ahrweiler. Es besteht keine Gefahr."},
		{"withdrawal without info", &cap.Alert{Status: cap.Actual, MsgType: cap.MsgCancel, Sender: "lst"}, LongWEA, Condition{},
			"Rücknahme (Fehlalarm). Es besteht keine Gefahr. lst.\n\nWithdrawn (false alarm). There is no danger. lst."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := mustOf(t, test.cap).Short(test.limit, test.c)
			if got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			if n := utf8.RuneCountInString(got); n > test.limit {
				t.Errorf("%d characters, at most %d", n, test.limit)
			}
		})
	}
}

// TestShortLimits draws texts and limits: never too long, never a word or a
// number that the alert does not hold.
func TestShortLimits(t *testing.T) {
	word := rapid.StringMatching(`[A-Za-zäöüß]{1,14}[.,!]?|[0-9]{1,5}|km`)
	text := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(word, 0, 40).Draw(t, "words"), " ") })
	rapid.Check(t, func(t *rapid.T) {
		c := flood()
		for i := range c.Info {
			in := &c.Info[i]
			in.Headline, in.Instruction, in.Area[0].AreaDesc = text.Draw(t, "headline"), text.Draw(t, "instruction"), text.Draw(t, "area")
		}
		if rapid.Bool().Draw(t, "ends") {
			allClearOf(c)
		}
		a, err := Of(c)
		if err != nil {
			t.Fatal(err)
		}
		limit := rapid.IntRange(ShortWEA, 600).Draw(t, "limit")
		cond := Condition{Drill: rapid.Bool().Draw(t, "drill"), Unconfirmed: rapid.Bool().Draw(t, "unconfirmed")}
		got := a.Short(limit, cond)
		if n := utf8.RuneCountInString(got); n > limit {
			t.Fatalf("%d characters, at most %d: %q", n, limit, got)
		}
		if cond.Drill && !strings.HasPrefix(got, "ÜBUNG:") {
			t.Fatalf("a drill that does not say so: %q", got)
		}
		if a.Kind.Ends() && !strings.Contains(got, "Entwarnung") {
			t.Fatalf("an all-clear that does not say so: %q", got)
		}
		known := map[string]bool{}
		for i := range c.Info {
			for _, s := range []string{c.Info[i].Headline, c.Info[i].Instruction, c.Info[i].Area[0].AreaDesc, c.Info[i].Event, c.Info[i].SenderName} {
				for _, w := range fields(s) {
					known[w] = true
				}
			}
		}
		for _, w := range fields("ÜBUNG NOCH NICHT BESTÄTIGT Warnung Entwarnung Warning All clear Die Gefahr ist vorbei The danger is over bis until " +
			"Bis Until 15.07. 08:00 Uhr 15 Jul 08:00 EXERCISE NOT YET CONFIRMED Hochwasser Flood") {
			known[w] = true
		}
		for _, w := range fields(got) {
			if !known[w] {
				t.Fatalf("%q is not in the alert: %q", w, got)
			}
		}
	})
}

// fields are words and numbers without punctuation.
func fields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func TestFit(t *testing.T) {
	for _, test := range []struct {
		text string
		room int
		want string
	}{
		{"Kurz.", 10, "Kurz."},
		{"Gehen Sie ins Haus. Schließen Sie die Fenster.", 30, "Gehen Sie ins Haus."},
		{"Gehen Sie ins Haus. Schließen Sie die Fenster.", 45, "Gehen Sie ins Haus. Schließen Sie die…"},
		{"Rufen Sie 02641 975 0 an", 21, "Rufen Sie…"},
		{"Rufen Sie 02641 975 0 an", 23, "Rufen Sie 02641 975 0…"},
		{"Abstand 50 km halten", 15, "Abstand 50 km…"},
		{"Abstand 50 km halten", 13, "Abstand…"},
		{"Bis 14. Juli um 8 Uhr gilt das", 13, "Bis 14. Juli…"},
		{"Donaudampfschifffahrt", 10, ""},
		{"a, b, c", 5, "a…"},
		{"egal", 1, ""},
	} {
		if got := fit(test.text, test.room, false); got != test.want {
			t.Errorf("fit(%q, %d) = %q, want %q", test.text, test.room, got, test.want)
		}
	}
	if got := fit("zu lang", 3, true); got != "" {
		t.Errorf("a whole text was cut: %q", got)
	}
}

func TestText(t *testing.T) {
	a := mustOf(t, flood())
	want := `Warnung, Warnstufe 1
Lebensgefahr durch Hochwasser
Gebiet: Landkreis Ahrweiler
Bis: 15.07. 08:00 Uhr
Die Ahr steigt schnell.
  Scheitel gegen 02:00 Uhr.
Was tun: Verlassen Sie sofort Keller. Gehen Sie auf höheres Gelände. Hilfe
  unter 02641 975 0.
Herausgeber: Leitstelle Ahrweiler
`
	if got := Text(a, "de", Condition{}); got != want {
		t.Errorf("German:\n%s\nwant\n%s", got, want)
	}
	a.Origin = &compact.Origin{Signature: compact.SignatureValid}
	a.Parts = []compact.Part{{Kind: compact.KindGeometry}}
	got := Text(a, "en", Condition{Drill: true, Unconfirmed: true, ImportedBy: "rp/import"})
	for _, line := range []string{"*** EXERCISE / TEST: no real danger ***\n", "*** NOT YET CONFIRMED: one signature so far ***\n", "Warning, warning level 1\n",
		"imported by rp/import; original signature: valid according to rp/import\n", "Until: 15 Jul 08:00\n", "(the exact map is still missing)\n"} {
		if !strings.Contains(got, line) {
			t.Errorf("English lacks %q:\n%s", line, got)
		}
	}
}

// TestEndsSpeakForThemselves: no view of an end repeats the words of the danger.
func TestEndsSpeakForThemselves(t *testing.T) {
	for language := range vocabulary {
		c := allClearOf(flood())
		c.Info[0].Language = language
		a := mustOf(t, c)
		text, short := Text(a, language, Condition{Unconfirmed: true}), a.Short(DEAlert, Condition{})
		for _, danger := range []string{"Lebensgefahr", "danger to life", "Verlassen", "Leave", "Scheitel"} {
			if strings.Contains(text, danger) || strings.Contains(short, danger) {
				t.Errorf("%s: the all-clear says %q:\n%s\n%s", language, danger, text, short)
			}
		}
		if w := vocabulary[language]; !strings.Contains(short, w.allClear) || !strings.Contains(short, w.over) || !strings.Contains(text, w.over) {
			t.Errorf("%s: the all-clear does not say so:\n%s\n%s", language, text, short)
		}
	}
}

// TestHostileText: no text of an alert moves the cursor, reorders what is on
// screen or begins a line of its own.
func TestHostileText(t *testing.T) {
	c := flood()
	for i := range c.Info {
		c.Info[i].Headline = "x\x1b[2J\r\nEntwarnung\u202e abc\xff"
		c.Info[i].Description = "a\x1b]0;t\x07<br/>b\u2066"
		c.Info[i].SenderName = "Leit\nstelle"
	}
	a := mustOf(t, c)
	for _, s := range []string{Text(a, "de", Condition{}), a.Short(DEAlert, Condition{})} {
		for _, r := range s {
			if unicode.IsControl(r) && r != '\n' || reorders(r) {
				t.Errorf("%U in %q", r, s)
			}
		}
		if strings.Contains(s, "\nEntwarnung") || strings.Contains(s, "\nstelle") {
			t.Errorf("foreign text begins a line: %q", s)
		}
	}
}

func TestVocabulary(t *testing.T) {
	for language, w := range vocabulary {
		for i, s := range []string{w.alert, w.update, w.allClear, w.over, w.withdrawal, w.noDanger, w.exercise, w.test, w.unconfirmed, w.until, w.from, w.andMore, w.day} {
			if s == "" {
				t.Errorf("%s lacks word %d", language, i)
			}
		}
		if w.allClear == w.alert || w.allClear == w.withdrawal || w.over == w.noDanger {
			t.Errorf("%s does not tell the kinds apart", language)
		}
	}
	for tag, want := range map[string]string{"": "en", "de": "de", "DE": "de", "de-LS": simple, "de-simple": simple, "en-US": "en", "ar": "ar", "xx": "xx"} {
		if got := LanguageOf(tag); got != want {
			t.Errorf("LanguageOf(%q) = %q, want %q", tag, got, want)
		}
	}
	if Speaks("xx") || !Speaks("de-LS") {
		t.Error("Speaks is wrong")
	}
}

func TestTestCode(t *testing.T) {
	for _, test := range []struct {
		info cap.Info
		want string
	}{
		{cap.Info{Event: "Hochwasser", Headline: "Warnung vor Hochwasser"}, ""},
		{cap.Info{EventCode: []cap.NamedValue{geocode("profile:DE-BBK-EVENTCODE:01.00R", "BBK-EVC-078")}}, "BBK-EVC-078"},
		{cap.Info{EventCode: []cap.NamedValue{geocode("SAME", "RWT")}}, "RWT"},
		{cap.Info{EventCode: []cap.NamedValue{geocode("KZSTD", "RWT")}}, ""},
		{cap.Info{Event: "Probealarm"}, "probealarm"},
		{cap.Info{Headline: "Entwarnung: Probealarm - Land Hessen"}, "probealarm"},
		{cap.Info{Headline: "Bundesweiter Warntag 2026"}, "warntag"},
		{cap.Info{Headline: "TEST: bitte ignorieren"}, "test"},
		{cap.Info{Headline: "ÜBUNG: Hochwasser"}, "übung"},
		{cap.Info{Headline: "Brand im Corona-Test-Zentrum"}, ""},
		{cap.Info{Headline: "Testament gefunden"}, ""},
		{cap.Info{Headline: "Dies ist keine Übung"}, ""},
	} {
		if got := TestCode(&cap.Alert{Info: []cap.Info{test.info}}); got != test.want {
			t.Errorf("%+v: %q, want %q", test.info, got, test.want)
		}
	}
}

func TestLabels(t *testing.T) {
	for _, l := range []*Labels{&German, &English} {
		for k, want := range map[Kind]string{KindAlert: l.Warning, KindUpdate: l.Update, KindAllClear: l.AllClear, KindWithdrawal: l.Withdrawal} {
			if l.Kind(k) != want || want == "" {
				t.Errorf("kind %s is called %q", k, l.Kind(k))
			}
		}
		for p := range phaseNames {
			if l.State(Phase(p)) == "" {
				t.Errorf("phase %s has no name", Phase(p))
			}
		}
	}
	for _, test := range []struct {
		age  uint64
		want string
	}{{59, "vor 0 Min. herausgegeben"}, {3 * 3600, "vor 3 Std. herausgegeben"}, {72 * 3600, "vor 3 Tagen herausgegeben"}} {
		if got := LabelsIn("de").Since(test.age); got != test.want {
			t.Errorf("%d: %q", test.age, got)
		}
	}
	if got := LabelsIn("de").Cut(3 * 3600); got != "Seit 3 Std. abgeschnitten: Warnungen können fehlen" {
		t.Error(got)
	}
	if got := fmt.Sprintf(German.Level, Warnstufe(cap.Severe)); got != "Warnstufe 2" {
		t.Error(got)
	}
	if Warnstufe(severityNames[wire.PriorityExtreme]) != 1 || Warnstufe(cap.Minor) != 3 || Warnstufe("") != 3 {
		t.Error("Warnstufen are wrong")
	}
}

func TestPlaces(t *testing.T) {
	c := flood()
	var list []cap.Area
	for _, name := range []string{dwdPolygon, "Bovenden", "Bovenden", "Derental", "Eimen", "Adelebsen", "Fürstenberg"} {
		list = append(list, cap.Area{AreaDesc: name})
	}
	c.Info[1].Area = list
	a := mustOf(t, c)
	if got := a.Short(150, Condition{}); got !=
		"Warnung: Lebensgefahr durch Hochwasser. Bovenden, Derental u. a. Verlassen Sie sofort Keller. Gehen Sie auf höheres Gelände. Hilfe unter 02641 975 0." {
		t.Errorf("%d: %q", utf8.RuneCountInString(got), got)
	}
	if got := a.where("de"); len(got) != 5 {
		t.Errorf("places %q", got)
	}
}
