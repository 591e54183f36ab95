package compose

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

const now = 1_793_600_000

// zeros is a source of randomness that gives the same identifiers.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func leitstelle() Author {
	domain, _ := wire.ParseID("a" + strings.Repeat("b", 50) + "a")
	return Author{Domain: domain, Authority: "rp/07131/lst", Name: "Leitstelle Ahrweiler", Contact: "02641 9750", Now: now, Offset: 60}
}

func draft(change func(*Draft)) Draft {
	d := Draft{Author: leitstelle(), Lane: wire.LaneLive, Template: "hochwasser", Areas: []Area{{Key: "07131"}}}
	if change != nil {
		change(&d)
	}
	return d
}

// must returns a function that passes a value on or fails the test.
func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func clock(s uint64) identity.Clock { return identity.Clock{Now: s} }

func factOf(a *alert.Alert) alert.Fact {
	return alert.FactOf(a, &identity.Verified{Level: 2, Needed: 2})
}

// issued gives a message an ID and the header under which it travels.
func issued(t testing.TB, m *Message) *alert.Alert {
	t.Helper()
	h := must[wire.Header](t)(alert.Header(m.CAP))
	payload, _, err := alert.Payload(m.CAP, m.Extras)
	if err != nil {
		t.Fatal(err)
	}
	domain := leitstelle().Domain
	h.Domain, h.Issuer, h.Authority, h.Sequence = &domain, &domain, "rp/07131/lst", 1
	e, err := wire.New(h, payload)
	if err != nil {
		t.Fatal(err)
	}
	_, parts, _ := alert.Payload(m.CAP, m.Extras)
	e.Parts = parts
	contents, err := alert.OpenParts(e)
	if err != nil {
		t.Fatal(err)
	}
	a, err := alert.Open(e, contents)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestTemplates: with a place alone, each is a complete warning in every
// language that fits a phone, and valid CAP.
func TestTemplates(t *testing.T) {
	if len(Templates) != 7 {
		t.Errorf("%d templates", len(Templates))
	}
	for _, tpl := range Templates {
		t.Run(tpl.Name, func(t *testing.T) {
			m, err := Compose(draft(func(d *Draft) { d.Template = tpl.Title }), zeros{})
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := cap.Write(&b, m.CAP, cap.WriteOptions{}); err != nil {
				t.Error(err)
			}
			var languages []string
			for _, in := range m.CAP.Info {
				languages = append(languages, in.Language)
				for _, s := range []string{in.Event, in.Headline, in.Description, in.Instruction} {
					if s == "" || strings.Contains(s, "{") {
						t.Errorf("%s: text %q", in.Language, s)
					}
				}
				if !strings.Contains(in.Headline, "Ahrweiler") || utf8.RuneCountInString(in.Headline) > 160 {
					t.Errorf("%s: headline %q", in.Language, in.Headline)
				}
			}
			if !slices.Equal(languages, []string{"de", "de-simple", "en"}) {
				t.Errorf("languages %v", languages)
			}
			a := issued(t, m)
			for _, limit := range []int{alert.ShortWEA, alert.LongWEA, alert.ShortDisplay, alert.DEAlert} {
				s := a.Short(limit, alert.Condition{})
				if utf8.RuneCountInString(s) > limit || !strings.HasPrefix(s, "Warnung: ") {
					t.Errorf("%d characters: %q", limit, s)
				}
			}
			if s := a.Short(alert.DEAlert, alert.Condition{}); strings.Contains(s, "…") {
				t.Errorf("does not fit a phone whole: %q", s)
			}
		})
	}
	if _, ok := ByName("HOCHWASSER"); !ok {
		t.Error("names are not found in capitals")
	}
}

func TestCompose(t *testing.T) {
	m, err := Compose(draft(func(d *Draft) {
		d.Texts = []Text{{Language: "de-DE", Instruction: "Gehen Sie zur Schule am Berg."}, {Language: "fr", Event: "Inondation", Headline: "Inondation", Instruction: "Montez."}}
		d.Areas = append(d.Areas, Area{Key: "071310007007", Name: "Bad Neuenahr-Ahrweiler", Polygons: []cap.Polygon{"50.5,7.0 50.5,7.2 50.6,7.2 50.5,7.0"}})
		d.Onset = now + 600
	}), zeros{})
	if err != nil {
		t.Fatal(err)
	}
	c := m.CAP
	got := []string{c.Identifier, c.Sender, string(c.Sent), string(c.Status), string(c.MsgType), string(c.Scope), c.Info[0].Instruction,
		c.Info[3].Language, string(c.Info[0].Onset), string(c.Info[0].Expires), c.Info[0].Area[0].AreaDesc, c.Info[0].Area[0].Geocode[0].Value,
		c.Info[0].Headline, c.Info[0].SenderName}
	want := []string{"kf-20261102T061320Z-aaaaaaaa", "lst.07131.rp.abbbbbbb.kreidfeuer", "2026-11-02T07:13:20+01:00", "Actual", "Alert", "Public",
		"Gehen Sie zur Schule am Berg.", "fr", "2026-11-02T07:23:20+01:00", "2026-11-02T19:23:20+01:00", "Landkreis Ahrweiler", "071310000000",
		"Lebensgefahr durch Hochwasser: Landkreis Ahrweiler, Bad Neuenahr-Ahrweiler", "Leitstelle Ahrweiler"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if c.Info[0].Parameter != nil || c.Info[2].Parameter != nil {
		t.Error("a coded instruction stands beside a text that does not say it")
	}
	if strings.ContainsAny(c.Sender+c.Identifier, " ,<&") {
		t.Error("sender or identifier holds what CAP forbids")
	}
}

// TestRefusals: what must not be sent names the field that is wrong, in German
// and English.
func TestRefusals(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Draft)
		want   string // field; empty: issued
	}{
		{"complete", nil, ""},
		{"lane not said", func(d *Draft) { d.Lane = 0 }, "lane"},
		{"lane mail", func(d *Draft) { d.Lane = wire.LaneMail }, "lane"},
		{"no authority", func(d *Draft) { d.Authority = "" }, "authority"},
		{"unknown template", func(d *Draft) { d.Template = "godzilla" }, "template"},
		{"live and severe without area", func(d *Draft) { d.Areas = nil }, "area"},
		{"drill and severe without area", func(d *Draft) { d.Areas, d.Lane = nil, wire.LaneDrill }, ""},
		{"area without key or shape", func(d *Draft) { d.Areas = []Area{{Name: "irgendwo"}} }, "area"},
		{"area by shape", func(d *Draft) { d.Areas = []Area{{Name: "hier", Circles: []cap.Circle{"50.5,7.1 3"}}} }, ""},
		{"malformed key", func(d *Draft) { d.Areas = []Area{{Key: "0713x"}} }, "geocode"},
		{"malformed polygon", func(d *Draft) { d.Areas[0].Polygons = []cap.Polygon{"hier"} }, "polygon"},
		{"polygon of too many corners", func(d *Draft) {
			var b strings.Builder
			for i := range 101 {
				b.WriteString("50." + strings.Repeat("1", i%5+1) + ",7.1 ")
			}
			d.Areas[0].Polygons = []cap.Polygon{cap.Polygon("50,7 " + b.String() + "50,7")}
		}, "polygon"},
		{"no template, nothing", func(d *Draft) { d.Template = "" }, "info"},
		{"no template, no instruction and expiry", func(d *Draft) {
			d.Template, d.Severity, d.Category = "", cap.Severe, []cap.Category{cap.Met}
			d.Texts = []Text{{Language: "de", Event: "Sturm", Headline: "Sturm"}}
		}, "instruction"},
		{"no expiry", func(d *Draft) {
			d.Template, d.Severity, d.Category = "", cap.Severe, []cap.Category{cap.Met}
			d.Texts = []Text{{Language: "de", Event: "Sturm", Headline: "Sturm", Instruction: "Bleiben Sie im Haus."}}
		}, "expires"},
		{"minor needs less", func(d *Draft) {
			d.Template, d.Severity, d.Category = "", cap.Minor, []cap.Category{cap.Met}
			d.Texts = []Text{{Language: "de", Event: "Sturm", Headline: "Sturm"}}
		}, ""},
		{"no headline", func(d *Draft) {
			d.Template, d.Severity, d.Category = "", cap.Minor, []cap.Category{cap.Met}
			d.Texts = []Text{{Language: "de", Event: "Sturm"}}
		}, "headline"},
		{"no German", func(d *Draft) {
			d.Template, d.Severity, d.Category = "", cap.Minor, []cap.Category{cap.Met}
			d.Texts = []Text{{Language: "en", Event: "Storm", Headline: "Storm"}}
		}, "language"},
		{"too long", func(d *Draft) { d.Expires = now + 8*24*hour }, "expires"},
		{"over before it begins", func(d *Draft) { d.Expires = now - hour }, "expires"},
		{"test code on live", func(d *Draft) { d.EventCode = []cap.NamedValue{{ValueName: eventCodeName, Value: "BBK-EVC-078"}} }, "status"},
		{"test word on live", func(d *Draft) { d.Texts = []Text{{Language: "de", Headline: "Probealarm"}} }, "status"},
		{"test word on drill", func(d *Draft) { d.Lane, d.Texts = wire.LaneDrill, []Text{{Language: "de", Headline: "Probealarm"}} }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Compose(draft(test.change), zeros{})
			var r *Refused
			if err != nil && !errors.As(err, &r) {
				t.Fatal(err)
			}
			if (r == nil) != (test.want == "") {
				t.Fatalf("got %v, want a problem with %q", err, test.want)
			}
			if r == nil {
				return
			}
			if !slices.ContainsFunc(r.Problems, func(p Problem) bool {
				return p.Field == test.want && p.German != "" && p.English != "" && p.German != p.English
			}) {
				t.Errorf("problems %v, want one with %q", r.Problems, test.want)
			}
			if !strings.Contains(r.Error(), test.want) {
				t.Errorf("error %q does not name %q", r, test.want)
			}
		})
	}
	if _, err := Compose(draft(nil), strings.NewReader("abc")); err == nil || errors.As(err, new(*Refused)) {
		t.Errorf("short randomness: %v", err)
	}
	if p := Issuable(&cap.Alert{MsgType: cap.MsgAck, Status: cap.Draft}); len(p) == 0 {
		t.Error("an empty acknowledgement may be issued")
	}
}

func TestDrill(t *testing.T) {
	m, err := Compose(draft(func(d *Draft) { d.Lane = wire.LaneDrill }), zeros{})
	if err != nil {
		t.Fatal(err)
	}
	a := issued(t, m)
	if m.CAP.Status != cap.Exercise || !a.Drill() {
		t.Errorf("status %s", m.CAP.Status)
	}
	for i, want := range []string{"ÜBUNG: ", "ÜBUNG: ", "EXERCISE: "} {
		if in := m.CAP.Info[i]; !strings.HasPrefix(in.Headline, want) || !strings.HasPrefix(in.Description, want) {
			t.Errorf("%s: %q, %q", in.Language, in.Headline, in.Description)
		}
	}
	again, err := Update([]*alert.Alert{a}, DraftOf(a, leitstelle()), zeros{})
	if err != nil || again.CAP.Status != cap.Exercise || strings.Count(again.CAP.Info[0].Headline, "ÜBUNG") != 1 {
		t.Errorf("update of a drill: %v, %+v", err, again)
	}
	live := DraftOf(a, leitstelle())
	live.Lane = wire.LaneLive
	if u, err := Update([]*alert.Alert{a}, live, zeros{}); err != nil || u.CAP.Status != cap.Exercise {
		t.Errorf("a drill became %+v, %v", u, err)
	}
	clearance, err := AllClear([]*alert.Alert{a}, leitstelle(), zeros{})
	if err != nil || clearance.CAP.Status != cap.Exercise || !strings.HasPrefix(clearance.CAP.Info[0].Headline, "ÜBUNG: Entwarnung") {
		t.Errorf("all-clear of a drill: %v, %+v", err, clearance)
	}
}

// TestDraftOf: an alert that is turned into a draft and composed again says the same.
func TestDraftOf(t *testing.T) {
	m, err := Compose(draft(func(d *Draft) {
		d.Areas = append(d.Areas, Area{Key: "07138"}, Area{Name: "Tal", Circles: []cap.Circle{"50.5,7.1 3"}})
	}), zeros{})
	if err != nil {
		t.Fatal(err)
	}
	a := issued(t, m)
	again, err := Compose(DraftOf(a, leitstelle()), zeros{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.CAP, again.CAP); diff != "" {
		t.Error(diff)
	}
	several := issued(t, m)
	several.CAP.Info[0].Area = []cap.Area{{AreaDesc: "zwei Kreise", Geocode: []cap.NamedValue{{ValueName: "SHN", Value: "071310000000"}, {ValueName: "SHN", Value: "071380000000"}}}}
	if d := DraftOf(several, leitstelle()); len(d.Areas) != 2 || d.Areas[0].Key != "071310000000" || d.Areas[1].Key != "071380000000" {
		t.Errorf("areas %+v", d.Areas)
	}
}

// TestFollowUps composes a whole incident and plays it to the lifecycle.
func TestFollowUps(t *testing.T) {
	first := issued(t, must[*Message](t)(Compose(draft(nil), zeros{})))
	d := DraftOf(first, leitstelle())
	d.Now = now - 5000 // a clock that is behind
	d.Areas = append(d.Areas, Area{Key: "07138"})
	update := issued(t, must[*Message](t)(Update([]*alert.Alert{first}, d, zeros{})))
	if update.Kind != alert.KindUpdate || !slices.Equal(update.References, []wire.ID{first.ID}) || update.Header.Created != first.Header.Created+1 {
		t.Errorf("update %+v refers to %v", update.Header, update.References)
	}
	correction := must[*Message](t)(Correction([]*alert.Alert{first}, DraftOf(first, leitstelle()), zeros{}))
	if correction.CAP.MsgType != cap.MsgUpdate || correction.CAP.Note == "" {
		t.Errorf("correction %+v", correction.CAP)
	}

	for _, test := range []struct {
		name     string
		make     func([]*alert.Alert, Author, io.Reader) (*Message, error)
		kind     alert.Kind
		phase    alert.Phase
		headline string
	}{
		{"all-clear", func(p []*alert.Alert, a Author, r io.Reader) (*Message, error) { return AllClear(p, a, r) },
			alert.KindAllClear, alert.PhaseAllClear, "Entwarnung: Hochwasser"},
		{"withdrawal", func(p []*alert.Alert, a Author, r io.Reader) (*Message, error) { return Withdraw(p, a, r) },
			alert.KindWithdrawal, alert.PhaseWithdrawn, "Rücknahme (Fehlalarm): Hochwasser"},
	} {
		t.Run(test.name, func(t *testing.T) {
			by := leitstelle()
			by.Now += 3 * hour
			m, err := test.make([]*alert.Alert{first, update}, by, zeros{})
			if err != nil {
				t.Fatal(err)
			}
			end := issued(t, m)
			if end.Kind != test.kind || !slices.Equal(end.References, []wire.ID{update.ID, first.ID}) {
				t.Errorf("%s refers to %v", end.Kind, end.References)
			}
			in := end.CAP.Info[0]
			if in.Headline != test.headline || in.Severity != cap.Extreme || len(in.Area) != 2 {
				t.Errorf("%q, %s, %d areas", in.Headline, in.Severity, len(in.Area))
			}
			if len(end.CAP.Info) != 3 || end.Header.Expires <= update.Header.Expires {
				t.Errorf("%d languages, expires %d after what it ends", len(end.CAP.Info), end.Header.Expires-update.Header.Expires)
			}
			s := alert.New(nil)
			for _, a := range []*alert.Alert{end, first, update} {
				s.Add(clock(by.Now), factOf(a))
			}
			list := s.Incidents(clock(by.Now))
			if len(list) != 1 || list[0].Phase != test.phase {
				t.Errorf("incidents %+v", list)
			}
			if again, err := test.make([]*alert.Alert{end}, by, zeros{}); err == nil {
				t.Errorf("the end of an end: %+v", again)
			}
		})
	}
	if _, err := Update(nil, draft(nil), zeros{}); err == nil {
		t.Error("an update of nothing")
	}
}

// TestEndWithoutWords: languages without fixed words are left out, never guessed.
func TestEndWithoutWords(t *testing.T) {
	m := must[*Message](t)(Compose(draft(func(d *Draft) {
		d.Texts = []Text{{Language: "it", Event: "Alluvione", Headline: "Alluvione: allarme", Instruction: "Salite."}}
	}), zeros{}))
	end := must[*Message](t)(AllClear([]*alert.Alert{issued(t, m)}, leitstelle(), zeros{}))
	for _, in := range end.CAP.Info {
		if in.Language == "it" || strings.Contains(in.Headline, "allarme") {
			t.Errorf("%s: %q", in.Language, in.Headline)
		}
	}
	var b bytes.Buffer
	if err := cap.Write(&b, end.CAP, cap.WriteOptions{}); err != nil {
		t.Error(err)
	}
}
