package cap

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// complete is an alert with every element of CAP 1.2.
func complete() *Alert {
	pair := []NamedValue{{"name", "a <b> & \"c\""}, {"zwei", "x\ty\nz"}}
	return &Alert{
		Version: V12, Identifier: "id-1", Sender: "a@b.example", Sent: "2026-07-14T17:18:00+02:00",
		Status: Exercise, MsgType: MsgUpdate, Source: "Leitstelle", Scope: Restricted, Restriction: "nur Feuerwehr",
		Addresses: `a@b "c d"`, Code: []string{"x", ""}, Note: "Übung 7 ]]>", References: "a@b,id-0,2026-07-14T15:00:00-00:00",
		Incidents: "Ahr", Empty: nil,
		Info: []Info{{
			Language: "de-DE", Category: []Category{Met, Safety}, Event: "Hochwasser", ResponseType: []ResponseType{Shelter, Avoid},
			Urgency: Immediate, Severity: Severe, Certainty: Likely, Audience: "alle", EventCode: pair,
			Effective: "2026-07-14T17:18:00+02:00", Onset: "2026-07-14T18:18:00+02:00", Expires: "2026-07-15T17:18:00+02:00",
			SenderName: "Kreis", Headline: "Hochwasser", Description: "Zeile 1\nZeile\r2", Instruction: "Gehen Sie hoch",
			Web: "https://a.example/ä", Contact: "112", Parameter: pair,
			Resource: []Resource{{ResourceDesc: "Bild", MimeType: "text/plain", Size: "3", URI: "a.txt", DerefURI: "YW Jj",
				Digest: "a9993e364706816aba3e25717850c26c9cd0d89d"}},
			Area: []Area{{AreaDesc: "Tal", Polygon: []Polygon{"50.4,6.8 50.4,7.3 50.6,7.3 50.4,6.8"}, Circle: []Circle{"50.4,6.8 1.5"},
				Geocode: pair, Altitude: "100.50", Ceiling: "200"}},
		}, {
			Category: []Category{OtherCategory}, Event: "Hochwasser", Urgency: Past, Severity: Minor, Certainty: Unlikely,
			Expires: "2026-07-15T17:18:00+02:00", Empty: []string{"headline", "contact"},
		}},
		Signature: [][]byte{[]byte(`<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><X a="1">y</X></Signature>`)},
	}
}

func TestWriteComplete(t *testing.T) {
	a := complete()
	if problems := Check(a); !Valid(problems) {
		t.Fatal(problems)
	}
	var strict, fidelity bytes.Buffer
	if err := Write(&strict, a, WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := Write(&fidelity, a, WriteOptions{Fidelity: true}); err != nil || !bytes.Equal(strict.Bytes(), fidelity.Bytes()) {
		t.Error("fidelity mode writes a valid alert differently", err)
	}
	again, problems, err := Parse(strict.Bytes())
	if err != nil || !Valid(problems) {
		t.Fatal(err, problems)
	}
	if diff := cmp.Diff(a, again); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(a, a.Clone()); diff != "" {
		t.Error("clone differs", diff)
	}
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("xmllint is not installed")
	}
	name := filepath.Join(t.TempDir(), "complete.xml")
	if err := os.WriteFile(name, strict.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	schema := filepath.Join(corpusDir(t), "ibm-cap", "resources__CAP-v1.2.xsd")
	if out, err := exec.Command(xmllint, "--nonet", "--noout", "--schema", schema, name).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestWriteRefuses(t *testing.T) {
	for name, e := range map[string]struct {
		change func(*Alert)
		want   string
	}{
		"missing":     {func(a *Alert) { a.Identifier = "" }, "/alert: schema-missing"},
		"enumeration": {func(a *Alert) { a.Info[1].Severity = "severe" }, "/alert/info[2]/severity: schema-enumeration"},
		"time":        {func(a *Alert) { a.Sent = "2026-07-14T17:18:00Z" }, "/alert/sent: schema-datetime"},
		"polygon":     {func(a *Alert) { a.Info[0].Area[0].Polygon[0] = "1,2 3,4" }, "/alert/info[1]/area[1]/polygon[1]: polygon-short"},
		"references":  {func(a *Alert) { a.References = "" }, "/alert: references-missing"},
		"version":     {func(a *Alert) { a.Version = "2.0" }, "unknown CAP version"},
		"password":    {func(a *Alert) { a.Password = "x" }, "/alert/password: schema-version"},
		"old version": {func(a *Alert) { a.Version = V11 }, "schema-enumeration"}, // Avoid
		"character":   {func(a *Alert) { a.Info[0].Headline = "a\x00b" }, "/alert/info[1]/headline: character: U+0000"},
	} {
		a := complete()
		e.change(a)
		var out bytes.Buffer
		err := Write(&out, a, WriteOptions{})
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), e.want) || out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes written", name, err, out.Len())
		}
		if Valid(Check(a)) {
			t.Errorf("%s: Check finds nothing", name)
		}
	}
}

func TestUpgrade(t *testing.T) {
	src := strings.NewReplacer("00-07:00</sent>", "00.5Z</sent>", "a/b@c", "b@c,a0,2003-06-11T22:39:00Z",
		"<event>", "<category>Met</category><event>", "<password>x</password>", "<password>x</password><scope>Public</scope>",
		"<geocode>", "<polygon>[50.4,6.8] [50.4,7.3] [50.6,7.3]</polygon><geocode>").Replace(old)
	a, _, err := Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	before := a.Clone()
	u, changes := Upgrade(a)
	if diff := cmp.Diff(before, a); diff != "" {
		t.Error("Upgrade changed its argument", diff)
	}
	if len(changes) != 6 {
		t.Errorf("%d changes: %v", len(changes), changes)
	}
	var out bytes.Buffer
	if err := Write(&out, u, WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	if u.Version != V12 || u.Sent != "2003-06-11T22:39:00-00:00" || u.Info[0].Certainty != Likely ||
		u.Info[0].EventCode[0] != (NamedValue{"SAME", "SVR"}) || u.Info[0].Resource[0].MimeType != "application/octet-stream" ||
		u.Info[0].Area[0].Polygon[0] != "50.4,6.8 50.4,7.3 50.6,7.3 50.4,6.8" {
		t.Errorf("%+v", u)
	}
	if same, none := Upgrade(complete()); len(none) > 0 || !cmp.Equal(same, complete()) {
		t.Error("a strict alert is changed", none)
	}
}
