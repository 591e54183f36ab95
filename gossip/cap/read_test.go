package cap

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

func TestEncodings(t *testing.T) {
	text := strings.Replace(sample, "Hochwasser an der Ahr", "Überflutung „Ahr“", 1)
	latin := strings.NewReplacer("„", "", "“", "").Replace(text)
	utf16 := func(e unicode.Endianness, bom unicode.BOMPolicy, s string) string {
		out, err := unicode.UTF16(e, bom).NewEncoder().String(strings.Replace(s, `"UTF-8"`, `"UTF-16"`, 1))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	single := func(m *charmap.Charmap, name, s string) string {
		out, err := m.NewEncoder().String(strings.Replace(s, `"UTF-8"`, `"`+name+`"`, 1))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, e := range []struct{ name, src, headline, rule string }{
		{"UTF-8", text, "Überflutung „Ahr“", ""},
		{"UTF-8 with mark", "\xef\xbb\xbf" + text, "Überflutung „Ahr“", ""},
		{"UTF-16LE", utf16(unicode.LittleEndian, unicode.UseBOM, text), "Überflutung „Ahr“", ""},
		{"UTF-16BE", utf16(unicode.BigEndian, unicode.UseBOM, text), "Überflutung „Ahr“", ""},
		{"UTF-16BE without mark", utf16(unicode.BigEndian, unicode.IgnoreBOM, text), "Überflutung „Ahr“", ""},
		{"ISO-8859-1", single(charmap.ISO8859_1, "ISO-8859-1", latin), "Überflutung Ahr", ""},
		{"ISO-8859-15", single(charmap.ISO8859_15, "iso-8859-15", latin), "Überflutung Ahr", ""},
		{"Windows-1252", single(charmap.Windows1252, "Windows-1252", text), "Überflutung „Ahr“", ""},
		{"Windows-1252 as ISO-8859-1", single(charmap.Windows1252, "ISO-8859-1", text), "Überflutung „Ahr“", "xml-charset"},
		{"Windows-1252 as UTF-8", single(charmap.Windows1252, "UTF-8", text), "Überflutung „Ahr“", "xml-encoding"},
	} {
		a, problems, err := Parse([]byte(e.src))
		if err != nil {
			t.Errorf("%s: %v", e.name, err)
			continue
		}
		if a.Info[0].Headline != e.headline {
			t.Errorf("%s: headline %q", e.name, a.Info[0].Headline)
		}
		if len(problems) > 1 || e.rule == "" != (len(problems) == 0) || e.rule != "" && problems[0].Rule != e.rule {
			t.Errorf("%s: %v", e.name, problems)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for src, want := range map[string]error{
		"":              ErrSyntax,
		"hello":         ErrSyntax,
		"<alert>":       ErrSyntax,
		"<!DOCTYPE x>":  ErrDoctype,
		"<x/>":          ErrNotAlert,
		"<rss/>":        ErrNotAlert,
		"{}":            ErrNotAlert,
		"\xd8\x62\x84":  ErrNotAlert,
		"\xff\xfe<":     ErrSyntax,
		"<alert>&x;</>": ErrSyntax,
		`<?xml version="1.0" encoding="EBCDIC"?><alert/>`: ErrEncoding,
	} {
		a, problems, err := Parse([]byte(src))
		if a != nil || !errors.Is(err, want) || Valid(problems) || problems[0].Line < 1 {
			t.Errorf("%q: %v %v, want %v", src, err, problems, want)
		}
	}
}

// Messages do not grow with the names they complain about.
func TestMessagesAreBounded(t *testing.T) {
	long := strings.Repeat("y", 1<<16)
	for _, src := range []string{"<alert><" + long + "\x01/></alert>", "<a><" + long + "></a>", "<" + long + "/>", "<alert><x>&" + long + ";</x></alert>",
		strings.Replace(sample, "DE-RP-AW-0001", "a "+long, 1), strings.Replace(sample, "Extreme", long, 1)} {
		_, problems, err := Parse([]byte(src))
		if err != nil && len(err.Error()) > 300 || Valid(problems) || len(problems[0].Message) > 300 || len(problems[0].Path) > 300 {
			t.Errorf("%.20s: %d bytes of message", src, len(problems[0].Message))
		}
	}
}

// An alert that is damaged everywhere still yields what can be read.
func TestLenient(t *testing.T) {
	src := `<alert><info><area><circle>1,2 3</circle></area><severity> severe </severity><headline>a</headline>
<headline>b</headline><eventCode>SAME=SVR</eventCode><x/></info><status>Actual</status><sent>2026-01-01T00:00:00Z</sent></alert>`
	a, problems, err := Parse([]byte(src))
	if err != nil || Valid(problems) {
		t.Fatal(err, problems)
	}
	i := a.Info[0]
	if a.Version != V12 || a.Status != Actual || a.Sent != "2026-01-01T00:00:00Z" || i.Severity != "severe" ||
		i.Headline != "a" || i.EventCode[0] != (NamedValue{"SAME", "SVR"}) || i.Area[0].Circle[0] != "1,2 3" {
		t.Errorf("%+v", a)
	}
	roundTripModel(t, a)
}

func TestMarkupInTextKeepsItsOrder(t *testing.T) {
	src := strings.Replace(sample, "Hochwasser an der Ahr", "Nicht <b>über <i>die</i> Brücke</b> fahren<br/>!", 1)
	a, _, err := Parse([]byte(src))
	if err != nil || fold(a.Info[0].Headline) != "Nicht über die Brücke fahren !" {
		t.Error(a.Info[0].Headline, err)
	}
}

func TestEmptyElementsAreKept(t *testing.T) {
	src := strings.Replace(sample, "  <info>", "<code/><note> </note><info>", 1)
	a, problems, err := Parse([]byte(src))
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	if len(a.Code) != 1 || len(a.Empty) != 1 || a.Empty[0] != "note" {
		t.Errorf("code %q, empty %q", a.Code, a.Empty)
	}
	roundTripModel(t, a)
}

func TestWhiteSpace(t *testing.T) {
	src := strings.NewReplacer("Hochwasser an der Ahr", " Erste Zeile\r\n\u00a0zweite &#13; Zeile\n", "50.4,6.8 50.4", "\n50.4,6.8\r\n\t50.4").Replace(sample)
	a, _, err := Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Info[0].Headline; got != "Erste Zeile\n\u00a0zweite \r Zeile" {
		t.Errorf("headline %q", got)
	}
	if got := a.Info[0].Area[0].Polygon[0]; got != "50.4,6.8 50.4,7.3 50.6,7.3 50.4,6.8" {
		t.Errorf("polygon %q", got)
	}
	roundTripModel(t, a)
}

// A signature takes along the declarations it needs, also from a document
// whose elements have a prefix.
func TestSignatureStandsAlone(t *testing.T) {
	src := strings.NewReplacer("</", "</c:", "<?", "<?", "<", "<c:", "xmlns=", `xmlns:d="http://www.w3.org/2000/09/xmldsig#" xmlns:u="urn:unused" xmlns:c=`).Replace(sample)
	src = strings.Replace(src, "</c:alert>", "<d:Signature\n a='1'><d:SignedInfo><x c:y=''/></d:SignedInfo></d:Signature></c:alert>", 1)
	a, problems, err := Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	sameFindings(t, problems, []string{"signature-unchecked /alert:2"})
	want := `<d:Signature xmlns="" xmlns:c="urn:oasis:names:tc:emergency:cap:1.2" xmlns:d="http://www.w3.org/2000/09/xmldsig#"` +
		"\n a='1'><d:SignedInfo><x c:y=''/></d:SignedInfo></d:Signature>"
	if len(a.Signature) != 1 || string(a.Signature[0]) != want {
		t.Errorf("got  %s\nwant %s", a.Signature, want)
	}
	roundTripModel(t, a)
}

func TestSniff(t *testing.T) {
	for src, want := range map[string]Format{
		"": Unknown, "x": Unknown, "<alert/>": CAP, sample: CAP, "<!-- x -->\n<c:alert xmlns:c='u'/>": CAP,
		"<feed/>": Atom, "<rss/>": RSS, "<EDXLDistribution/>": EDXL, "<s:Envelope xmlns:s='u'/>": SOAP, "<html>": XML,
		`{"identifier":"mow.1","info":[]}`: NINA, ` {"a":1}`: JSON, "\xd8\x62\x84": Wire, "\xd2\x84": Wire,
		"\xff\xfe<\x00a\x00l\x00e\x00r\x00t\x00>\x00": CAP,
	} {
		if got := Sniff([]byte(src)); got != want {
			t.Errorf("%.30q: %s, want %s", src, got, want)
		}
	}
}

func TestEmbedded(t *testing.T) {
	alert := sample[strings.Index(sample, "<alert"):]
	src := "<feed xmlns='http://www.w3.org/2005/Atom'><entry/><entry><content>" + alert + "</content></entry><entry>" +
		strings.Replace(alert, "DE-RP-AW-0001", "DE RP", 1) + "</entry></feed>"
	docs, err := Embedded([]byte(src))
	if err != nil || len(docs) != 2 {
		t.Fatal(docs, err)
	}
	if docs[0].Path != "/*/*[2]/*[1]/*[1]" || len(docs[0].Problems) != 0 || docs[0].Alert.Identifier != "DE-RP-AW-0001" {
		t.Errorf("%+v", docs[0])
	}
	if docs[1].Path != "/*/*[3]/*[1]" {
		t.Errorf("%+v", docs[1])
	}
	sameFindings(t, docs[1].Problems, []string{"identifier-form /alert/identifier:29"})
	for _, bad := range []string{"<feed/>", "<alert/>", "<!DOCTYPE x>"} {
		if docs, err := Embedded([]byte(bad)); err == nil {
			t.Errorf("%s: %+v", bad, docs)
		}
	}
}
