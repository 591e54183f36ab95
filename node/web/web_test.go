package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

var noon = time.Date(2027, 7, 14, 12, 0, 0, 0, time.UTC)

// device is a backend that shows what it is given.
type device struct {
	status apitype.Status
	alerts []apitype.AlertDetail
	asked  atomic.Int64
}

func (d *device) Status(context.Context) (apitype.Status, error) {
	d.asked.Add(1)
	return d.status, nil
}

// Alerts lists the newest first, as a node does.
func (d *device) Alerts(_ context.Context, f apitype.AlertFilter, p apitype.Page) (l apitype.List[apitype.AlertSummary], err error) {
	for _, a := range d.alerts {
		if (f.Lane == "" || f.Lane == a.Lane) && (!f.Active || isActive(&a.AlertSummary)) {
			l.Items = append(l.Items, a.AlertSummary)
		}
	}
	slices.SortStableFunc(l.Items, func(a, b apitype.AlertSummary) int { return b.Created.Compare(a.Created) })
	from := slices.IndexFunc(l.Items, func(a apitype.AlertSummary) bool { return a.ID == p.Cursor }) + 1
	if l.Items = l.Items[from:]; len(l.Items) > p.Limit {
		l.Items = l.Items[:p.Limit]
		l.Next = l.Items[p.Limit-1].ID
	}
	return l, nil
}

// TestManyHideNothing: however many exercises, ends and lesser warnings came later,
// the gravest stands first.
func TestManyHideNothing(t *testing.T) {
	t.Parallel()
	d := newDevice(flood())
	end := flood()
	end.ID, end.Kind, end.State, end.Created = "the-end", apitype.KindAllClear, "all-clear", noon.Add(-23*time.Hour)
	d.alerts = append(d.alerts, end)
	for i := range 3 * apitype.MaxLimit {
		a := flood()
		a.ID, a.Created, a.Warnstufe = fmt.Sprint("later", i), noon.Add(-time.Minute), 3
		switch i % 3 {
		case 0:
			a.Lane, a.Test = "drill", true
		case 1:
			a.State = apitype.StateSuperseded
		}
		d.alerts = append(d.alerts, a)
	}
	body := get(serve(d), "/").Body.String()
	if !strings.Contains(body, "/w/floodabcdefgh?") {
		t.Error("the warning of Warnstufe 1 is not on the page")
	}
	if v, err := serve(d).shown(t.Context(), noon); err != nil || !slices.ContainsFunc(v, func(a apitype.AlertSummary) bool { return a.ID == "the-end" }) {
		t.Error("the all-clear is not there", err)
	}
}

func (d *device) Alert(_ context.Context, id string) (apitype.AlertDetail, error) {
	for _, a := range d.alerts {
		if a.ID == id {
			return a, nil
		}
	}
	return apitype.AlertDetail{}, &apitype.Error{Code: apitype.CodeNotFound}
}

func (d *device) Envelope(_ context.Context, id string) ([]byte, error) { return []byte(id), nil }

// flood is a warning of Warnstufe 1 in German, Leichte Sprache and English.
func flood() apitype.AlertDetail {
	return apitype.AlertDetail{
		AlertSummary: apitype.AlertSummary{
			ID: "floodabcdefgh", Kind: apitype.KindAlert, State: apitype.StateInForce, Lane: "live", Severity: "Extreme", Warnstufe: 1,
			Headline: "Hochwasser an der Ahr", Authority: "rp/07131", AuthorityName: "Kreis Ahrweiler", Chain: []string{"Land RP", "Kreis Ahrweiler"},
			Signers: []apitype.Signer{{Name: "Anna Weber", Function: "Lagedienst"}, {Name: "Ole Kern"}}, Level: 2, Needed: 2,
			Created: noon.Add(-time.Hour), Expires: noon.Add(5 * time.Hour), Received: noon,
			Concerns: apitype.ConcernsYes, Places: []string{"SECRET HOME"}, From: "12D3KooSECRETPEER",
		},
		Infos: []apitype.Info{
			{Language: "de", Event: "Hochwasser", Headline: "Hochwasser an der Ahr", Description: "Der Pegel steigt.\nSehr schnell.",
				Instruction: "Gehen Sie in obere Stockwerke.", Severity: "Extreme", SenderName: "Leitstelle", Contact: "0800 1",
				Web: "https://example.org/a?b=1&c=2", Areas: []apitype.Area{{Description: "Kreis Ahrweiler"}}},
			{Language: "de-LS", Event: "Hochwasser", Headline: "Viel Wasser", Instruction: "Gehen Sie nach oben.", Severity: "Extreme"},
			{Language: "en-GB", Event: "Flood", Headline: "Flood on the Ahr", Instruction: "Go to upper floors.", Severity: "Extreme"},
			{Language: "ar", Event: "x", Headline: "فيضان", Instruction: "اصعد", Severity: "Extreme"},
		},
	}
}

func heard() apitype.Sign {
	return apitype.Sign{Name: "Land RP", State: apitype.SignHeard, SilentS: 60, AgeS: 60, Complete: true}
}

func newDevice(alerts ...apitype.AlertDetail) *device {
	return &device{alerts: alerts, status: apitype.Status{
		Clock: apitype.Clock{Now: noon}, Signs: []apitype.Sign{heard()},
		Roots: []apitype.Root{{Name: "Land RP", Fingerprint: "abcd-efgh-ijkl"}},
	}}
}

func serve(d *device, change ...func(*Config)) *Server {
	c := Config{Backend: d, Zone: time.UTC}
	for _, f := range change {
		f(&c)
	}
	return New(c)
}

func frames(envelope []byte) ([]string, error) {
	return []string{"KF1:" + string(envelope), "KF2:" + string(envelope)}, nil
}

// get asks for a page; header lines are "Name: value".
func get(s http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// want fails for each text that a page lacks, and for each after "!" that it has.
func want(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if no, ok := strings.CutPrefix(text, "!"); ok {
			if strings.Contains(page, no) {
				t.Errorf("the page has %q", no)
			}
		} else if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if t.Failed() {
		_, body, _ := strings.Cut(page, "<body>")
		t.Logf("page:\n%s", body)
	}
}

// TestList: who, what, where, when, what to do, how grave, checked by whom.
func TestList(t *testing.T) {
	page := get(serve(newDevice(flood())), "/").Body.String()
	want(t, page, `<html lang="de">`, "Warnung, Warnstufe 1", "<h3>Hochwasser an der Ahr</h3>", `<p class="i">Gehen Sie in obere Stockwerke.</p>`,
		"<p>Der Pegel steigt.</p><p>Sehr schnell.</p>", "<bdi>Kreis Ahrweiler</bdi>", "<bdi>14.07.2027 17:00 Uhr</bdi>", "<bdi>Leitstelle</bdi>",
		"<bdi>extrem</bdi>", "Land RP › Kreis Ahrweiler", "Unterschrieben von 2 Personen (2 von 2 nötigen): Anna Weber (Lagedienst), Ole Kern",
		`<a href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer nofollow">`, "Diese Seite kann fälschen, wer diese Box betreibt",
		"Lebenszeichen: Land RP: gehört vor 1 Min.", "14.07.2027 12:00 Uhr", "abcd-efgh-ijkl", `<meta http-equiv="refresh" content="60">`,
		"!SECRET", "!<script", "!NOCH NICHT", "!ÜBUNG")
}

func TestLanguages(t *testing.T) {
	s := serve(newDevice(flood()))
	for _, test := range []struct{ path, accept, lang, text string }{
		{"/", "", "de", "Hochwasser an der Ahr"},
		{"/", "en-US,en;q=0.5", "en", "Flood on the Ahr"},
		{"/", "de-simple", "de-simple", "Viel Wasser"},
		{"/", "tr;q=0.9, en;q=0.2", "en", "Flood on the Ahr"},
		{"/", "tr", "en", "Flood on the Ahr"},
		{"/", "en;q=0, de", "de", "Hochwasser an der Ahr"},
		{"/", "en;q=NaN, de;q=1e9", "de", "Hochwasser an der Ahr"},
		{"/", strings.Repeat("xx,", 5000) + "de", "en", "Flood on the Ahr"},
		{"/?l=de-simple", "en", "de-simple", "Viel Wasser"},
		{"/?l=xx", "en", "en", "Flood on the Ahr"},
	} {
		w := get(s, test.path, "Accept-Language: "+test.accept)
		want(t, w.Body.String(), `<html lang="`+test.lang+`">`, "<h3>"+test.text+"</h3>")
		if w.Header().Get("Vary") != "Accept-Language, Accept-Encoding" {
			t.Errorf("vary: %q", w.Header().Get("Vary"))
		}
	}
	page := get(s, "/w/floodabcdefgh").Body.String()
	want(t, page, "In anderen Sprachen", `lang="ar" dir="auto"><h3>فيضان</h3>`, "Viel Wasser", "Flood on the Ahr")
}

// TestSilenceIsNotQuiet: "no warnings" and "cut off" never look alike.
func TestSilenceIsNotQuiet(t *testing.T) {
	d := newDevice()
	want(t, get(serve(d), "/").Body.String(), `<p class="ok">Diese Box kennt zurzeit keine geltende Warnung.`, "!NICHT")
	d.status.Signs[0] = apitype.Sign{Name: "Land RP", State: apitype.SignCutOff, SilentS: 3 * 3600}
	want(t, get(serve(d), "/").Body.String(), `<p class="bad" role="alert">Land RP: Seit 3 Std. abgeschnitten: Warnungen können fehlen`,
		`<p class="bad">Diese Box kennt keine geltende Warnung. Das heißt NICHT`)
	want(t, get(serve(d), "/?l=en").Body.String(), "Cut off for 3 h: warnings may be missing", "silence is not quiet")
	d.status.Signs[0].State, d.status.Clock.Doubt = apitype.SignUnknown, true
	want(t, get(serve(d), "/").Body.String(), "Uhr unsicher", "Die Uhr dieser Box ist unsicher")
	d.status.Roots, d.status.Signs = nil, nil
	want(t, get(serve(d), "/").Body.String(), "Diese Box vertraut noch keiner Stelle", "!kennt zurzeit keine", `!role="alert"></p>`)
}

// TestKindsOfWarnings: an exercise cannot look real, an end cannot look like a
// warning, and what is not confirmed says so.
func TestKindsOfWarnings(t *testing.T) {
	drill, clear, single, old := flood(), flood(), flood(), flood()
	drill.ID, drill.Lane, drill.Test = "drill", "drill", true
	clear.ID, clear.Kind, clear.State, clear.Infos[0].Headline = "clear", apitype.KindAllClear, apitype.StateAllClear, "ALARM! Flut!"
	single.ID, single.Unconfirmed, single.Level = "single", true, 1
	old.ID, old.State = "old", apitype.StateExpired
	page := get(serve(newDevice(drill, clear, single, old)), "/").Body.String()
	want(t, page, `<p class="m">ÜBUNG / PROBEALARM: keine echte Gefahr</p>`, `class="w x" id="w-drill"`,
		`class="w e" id="w-clear"`, "Entwarnung: Hochwasser", "Die Gefahr ist vorbei.", "!ALARM! Flut!",
		`<p class="m">NOCH NICHT BESTÄTIGT</p>`, "Unterschrieben von einer Person (1 von 2 nötigen)", `!id="w-old"`)
	if strings.Index(page, `id="w-single"`) > strings.Index(page, `id="w-clear"`) || strings.Index(page, `id="w-clear"`) > strings.Index(page, `id="w-drill"`) {
		t.Error("want what is in force first, then what ended, then exercises")
	}
	imported := flood()
	imported.Origin = apitype.Origin{By: "Gateway <b>", Format: "NINA", Signature: "none"}
	want(t, get(serve(newDevice(imported)), "/").Body.String(), "Importiert durch Gateway &lt;b&gt; aus NINA; Originalsignatur: keine")
}

// TestManyWarnings: beyond a page's length there are links, and nothing is lost.
func TestManyWarnings(t *testing.T) {
	var many []apitype.AlertDetail
	for i := range maxFull + maxLinks + 7 {
		a := flood()
		a.ID = fmt.Sprintf("w%07d", i)
		many = append(many, a)
	}
	page := get(serve(newDevice(many...)), "/").Body.String()
	if n := strings.Count(page, "<article"); n != maxFull {
		t.Errorf("%d in full", n)
	}
	if n := strings.Count(page, "<li><a href=\"/w/w"); n != maxLinks {
		t.Errorf("%d links", n)
	}
	want(t, page, "und 7 weitere")
}

func TestOneWithQR(t *testing.T) {
	spelled := 0
	s := serve(newDevice(flood()), func(c *Config) {
		c.Frames = func(b []byte) ([]string, error) { spelled++; return frames(b) }
	})
	page := get(s, "/w/floodabcdefgh").Body.String()
	if get(s, "/w/floodabcdefgh?l=en"); spelled != 1 {
		t.Errorf("the alert was spelled %d times", spelled)
	}
	if n := strings.Count(page, "<svg class=\"qr\""); n != 2 {
		t.Errorf("%d codes", n)
	}
	want(t, page, "Teil 1 von 2", "Teil 2 von 2", "kreidfeuer carry import", "<title>Warnung, Warnstufe 1: Hochwasser an der Ahr</title>")
	if w := get(s, "/w/unknown"); w.Code != http.StatusNotFound {
		t.Errorf("unknown: %d", w.Code)
	}
	want(t, get(s, "/poster").Body.String(), "abcd-efgh-ijkl", "<svg class=\"qr\"", "Vergleichen Sie alle Gruppen")
}

var tag = regexp.MustCompile(`<[^>]*>`)

// TestInjection: whatever a warning says, it stays text.
func TestInjection(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>'` + "\x00\x1b[31m\u202Eevil\u2066"
	a := flood()
	a.Headline, a.AuthorityName, a.Chain = evil, evil, []string{evil}
	a.Signers[0] = apitype.Signer{Name: evil, Function: evil}
	a.Areas, a.Origin = []string{evil}, apitype.Origin{By: evil, Format: evil, Signature: evil}
	for i := range a.Infos {
		in := &a.Infos[i]
		in.Event, in.Headline, in.Description, in.Instruction, in.Contact, in.SenderName = evil, evil, evil, evil, evil, evil
		in.Areas, in.Instructions = []apitype.Area{{Description: evil}}, []string{evil}
	}
	a.Infos[0].Web, a.Infos[3].Language = "javascript:alert(1)", `"onload="x`
	d := newDevice(a)
	d.status.Roots[0].Name, d.status.Signs[0].Name = evil, evil
	s := serve(d, func(c *Config) { c.Frames = frames })
	var print, poster strings.Builder
	if err := WritePrint(&print, &a, Print{Frames: []string{evil}, Printed: noon}); err != nil {
		t.Fatal(err)
	}
	if err := WritePoster(&poster, d.status.Roots); err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{"print": print.String(), "poster file": poster.String()}
	for _, path := range []string{"/", "/w/floodabcdefgh", "/poster", "/app"} {
		for _, l := range languages {
			pages[path+" in "+l] = get(s, path+"?l="+l).Body.String()
		}
	}
	for name, page := range pages {
		t.Run(name, func(t *testing.T) {
			if len(page) < 500 {
				t.Fatalf("page: %q", page)
			}
			want(t, page, "!javascript:", "!\u202E", "!\u2066", "!\x00", "!\x1b", "!ZgotmplZ")
			for _, one := range tag.FindAllString(page, -1) {
				if l := strings.ToLower(one); strings.Contains(l, "script") || strings.Contains(l, "onerror") || strings.Contains(l, "onload") || strings.HasPrefix(l, "<img") {
					t.Errorf("the page has the element %s", one)
				}
			}
		})
	}
}

func TestWebAddress(t *testing.T) {
	for in, want := range map[string]string{
		"https://example.org/x": "https://example.org/x", " http://a ": "http://a", "javascript:alert(1)": "", "JAVASCRIPT:x": "",
		"data:text/html,x": "", "//example.org": "", "/x": "", "https:///x": "", "ftp://a/b": "", "": "", "https://bank.de@evil.org/": "",
		"http://a\x00b/": "http://ab/", "ht\ntp://a/": "",
	} {
		if got := webAddress(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// TestPrint: one sheet, German first, English below, with its codes.
func TestPrint(t *testing.T) {
	a := flood()
	var b strings.Builder
	if err := WritePrint(&b, &a, Print{Frames: []string{"one"}, Zone: time.UTC, Printed: noon}); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	want(t, page, "<h1>Hochwasser an der Ahr</h1>", "<h1>Flood on the Ahr</h1>", "<svg class=\"qr\"", "ID floodabcdefgh", "@page{size:A4",
		"Gehen Sie in obere Stockwerke.", "Go to upper floors.", "Anna Weber (Lagedienst)", "!http://", "!<script", "!<link")
	if strings.Index(page, "Hochwasser an der Ahr") > strings.Index(page, "Flood on the Ahr") {
		t.Error("German comes first")
	}
}
