package cap

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sample is valid and free of any finding.
const sample = `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>DE-RP-AW-0001</identifier>
  <sender>leitstelle@kreis-ahrweiler.example</sender>
  <sent>2026-07-14T17:18:00+02:00</sent>
  <status>Actual</status>
  <msgType>Alert</msgType>
  <scope>Public</scope>
  <info>
    <language>de-DE</language>
    <category>Met</category>
    <event>Hochwasser</event>
    <responseType>Evacuate</responseType>
    <urgency>Immediate</urgency>
    <severity>Extreme</severity>
    <certainty>Observed</certainty>
    <expires>2026-07-15T17:18:00+02:00</expires>
    <headline>Hochwasser an der Ahr</headline>
    <area>
      <areaDesc>Kreis Ahrweiler</areaDesc>
      <polygon>50.4,6.8 50.4,7.3 50.6,7.3 50.4,6.8</polygon>
      <geocode>
        <valueName>SHN</valueName>
        <value>071310000000</value>
      </geocode>
    </area>
  </info>
</alert>
`

func TestSampleHasNoProblem(t *testing.T) {
	if _, problems, err := Parse([]byte(sample)); err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
}

// edit is a change of the sample and what it must give: rules as
// "rule path:line"; all findings must be named.
type edit struct {
	name     string
	old, new string
	want     []string
}

var edits = []edit{
	{"bad root", `emergency:cap:1.2"`, `emergency:cap:1.3"`, []string{"schema-root /alert:2"}},
	{"foreign element", "<status>", "<x>1</x><status>", []string{"schema-element /alert/x:6"}},
	{"element without namespace", "<scope>Public", `<scope xmlns="">Public`, []string{"schema-namespace /alert/scope:8"}},
	{"old namespace", "<scope>Public", `<scope xmlns="urn:oasis:names:tc:emergency:cap:1.1">Public`, []string{"schema-namespace /alert/scope:8"}},
	{"password", "<scope>", "<password>x</password><scope>", []string{"schema-version /alert/password:8"}},
	{"order", "<scope>Public</scope>\n  <info>", "<info>", []string{"schema-missing /alert:2"}},
	{"swapped", "<status>Actual</status>\n  <msgType>Alert</msgType>", "<msgType>Alert</msgType>\n  <status>Actual</status>",
		[]string{"schema-order /alert/status:7"}},
	{"repeated", "<scope>", "<status>Test</status><scope>", []string{"schema-order /alert/status[2]:8", "schema-repeated /alert/status[2]:8"}},
	{"attribute", "<scope>", `<scope xml:lang="de">`, []string{"schema-attribute /alert/scope:8"}},
	{"text between", "<scope>", `x<scope>`, []string{"schema-text /alert:2"}},
	{"markup inside", "Hochwasser an der Ahr", "Hochwasser <b>an der Ahr</b>", []string{"schema-content /alert/info[1]/headline:18"}},
	{"enumeration", "Extreme", "extreme", []string{"schema-enumeration /alert/info[1]/severity:15"}},
	{"enumeration with space", "Extreme", " Extreme", []string{"schema-enumeration /alert/info[1]/severity:15"}},
	{"zulu", "2026-07-14T17:18:00+02:00", "2026-07-14T17:18:00Z", []string{"schema-datetime /alert/sent:5"}},
	{"no such day", "2026-07-15T17", "2026-06-31T17", []string{"schema-datetime /alert/info[1]/expires:17"}},
	{"language", "de-DE", "de_DE", []string{"schema-language /alert/info[1]/language:10"}},
	{"size", "<area>", "<resource><resourceDesc>a</resourceDesc><mimeType>a/b</mimeType><size>1.5</size></resource><area>",
		[]string{"schema-integer /alert/info[1]/resource[1]/size:19"}},
	{"altitude", "</geocode>", "</geocode><altitude>high</altitude>", []string{"schema-decimal /alert/info[1]/area[1]/altitude:25"}},
	{"web", "<area>", "<web>http://a%zz/</web><area>",
		[]string{"schema-order /alert/info[1]/web:19", "schema-uri /alert/info[1]/web:19"}[1:]},
	{"identifier", "DE-RP-AW-0001", "DE RP", []string{"identifier-form /alert/identifier:3"}},
	{"empty identifier", "DE-RP-AW-0001", " ", []string{"identifier-form /alert/identifier:3"}},
	{"sender", "leitstelle@", "leit,stelle@", []string{"sender-form /alert/sender:4"}},
	{"utc", "2026-07-14T17:18:00+02:00", "2026-07-14T17:18:00+00:00", []string{"time-utc /alert/sent:5"}},
	{"private", ">Public<", ">Private<", []string{"addresses-missing /alert:2"}},
	{"restricted", ">Public<", ">Restricted<", []string{"restriction-missing /alert:2"}},
	{"restriction", "</scope>", "</scope><restriction>x</restriction>", []string{"restriction-scope /alert/restriction:8"}},
	{"update", ">Alert<", ">Update<", []string{"references-missing /alert:2"}},
	{"references", "<info>", "<references>a,b</references><info>", []string{"references-form /alert/references:9"}},
	{"reference time", "<info>", "<references>a,b,c</references><info>", []string{"references-form /alert/references:9"}},
	{"self", "<info>", "<references>leitstelle@kreis-ahrweiler.example,DE-RP-AW-0001,2026-07-14T15:18:00-00:00</references><info>",
		[]string{"references-self /alert/references:9"}},
	{"later", "<info>", "<references>a,b,2026-07-14T15:18:01-00:00</references><info>", []string{"references-later /alert/references:9"}},
	{"reuse", "<info>", "<references>leitstelle@kreis-ahrweiler.example,DE-RP-AW-0001,2026-07-14T15:17:00-00:00</references><info>",
		[]string{"references-reuse /alert/references:9"}},
	{"quotes", "<info>", `<incidents>"Ahr 2026</incidents><info>`, []string{"list-quotes /alert/incidents:9"}},
	{"exercise", ">Actual<", ">Exercise<", []string{"note-missing /alert:2"}},
	{"wmo", "DE-RP-AW-0001", "2.49.0.0.276.1", []string{"wmo-oid /alert/identifier:3"}},
	{"signature", "</alert>", `<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"/></alert>`, []string{"signature-unchecked /alert:2"}},
	{"early signature", "<info>", `<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"/><info>`,
		[]string{"signature-unchecked /alert:2", "schema-order /alert/info[1]:9"}},
	{"signature in info", "<area>", `<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"/><area>`,
		[]string{"schema-element /alert/info[1]/Signature:19", "schema-order /alert/info[1]/area[1]:19"}},
	{"Leichte Sprache", "de-DE", "DE-LS", []string{"language-region /alert/info[1]/language:10"}},
	{"empty value name", "SHN", "", []string{"empty-value /alert/info[1]/area[1]/geocode[1]:22"}},
	{"no expires", "<expires>2026-07-15T17:18:00+02:00</expires>", "", []string{"expires-missing /alert/info[1]:9"}},
	{"expired at once", "2026-07-15T17", "2026-07-14T17", []string{"expires-order /alert/info[1]/expires:17"}},
	{"year 3021", "2026-07-15T17", "3021-07-15T17", []string{"expires-far /alert/info[1]/expires:17"}},
	{"onset", "<expires>", "<onset>2026-07-15T17:18:00+02:00</onset><expires>", []string{"onset-order /alert/info[1]/onset:17"}},
	{"effective", "<expires>", "<effective>2026-07-14T17:17:00+02:00</effective><expires>", []string{"effective-order /alert/info[1]/effective:17"}},
	{"long headline", "Hochwasser an", strings.Repeat("ä", 160), []string{"headline-length /alert/info[1]/headline:18"}},
	{"relative web", "<area>", "<web>www.darmstadt.de</web><area>", []string{"web-relative /alert/info[1]/web:19"}},
	{"tag in text", "an der Ahr", "an &lt;br/&gt;der Ahr", []string{"text-markup /alert/info[1]/headline:18"}},
	{"entity in text", "an der Ahr", "an der&amp;nbsp;Ahr", []string{"text-markup /alert/info[1]/headline:18"}},
	{"no markup", "an der Ahr", "&lt;90 km/h &amp; mehr; a &lt; b", nil},
	{"probe", "an der Ahr", "Probealarm", []string{"test-actual /alert/info[1]:9"}},
	{"all-clear", "Evacuate</responseType>", "AllClear</responseType>", nil},
	{"mime", "<area>", "<resource><resourceDesc>a</resourceDesc><mimeType>jpeg</mimeType></resource><area>",
		[]string{"mimetype-form /alert/info[1]/resource[1]/mimeType:19"}},
	{"negative size", "<area>", "<resource><resourceDesc>a</resourceDesc><mimeType>a/b</mimeType><size>-1</size></resource><area>",
		[]string{"size-negative /alert/info[1]/resource[1]/size:19"}},
	{"content", "<area>", "<resource><resourceDesc>a</resourceDesc><mimeType>a/b</mimeType><size>4</size><uri>x.png</uri><derefUri>YW\nJj</derefUri>" +
		"<digest>a9993e364706816aba3e25717850c26c9cd0d89d</digest></resource><area>",
		[]string{"size-mismatch /alert/info[1]/resource[1]/size:19"}},
	{"digest", "<area>", "<resource><resourceDesc>a</resourceDesc><mimeType>a/b</mimeType><size>3</size><derefUri>YWJj</derefUri>" +
		"<digest>b9993e364706816aba3e25717850c26c9cd0d89d</digest></resource><area>",
		[]string{"digest-mismatch /alert/info[1]/resource[1]/digest:19"}},
	{"digest form", "<area>", "<resource><resourceDesc>a</resourceDesc><mimeType>a/b</mimeType><uri>http://a/b</uri><digest>x</digest></resource><area>",
		[]string{"digest-form /alert/info[1]/resource[1]/digest:19"}},
	{"relative uri", "<area>", "<resource><resourceDesc>a</resourceDesc><mimeType>a/b</mimeType><uri>b</uri></resource><area>",
		[]string{"uri-relative /alert/info[1]/resource[1]/uri:19"}},
	{"base64", "<area>", "<resource><resourceDesc>a</resourceDesc><mimeType>a/b</mimeType><derefUri>***</derefUri></resource><area>",
		[]string{"derefuri-base64 /alert/info[1]/resource[1]/derefUri:19"}},
	{"circle", "<polygon>50.4,6.8 50.4,7.3 50.6,7.3 50.4,6.8</polygon>", "<circle>50.4,6.8</circle>",
		[]string{"circle-form /alert/info[1]/area[1]/circle[1]:21"}},
	{"epicentre", "<polygon>50.4,6.8 50.4,7.3 50.6,7.3 50.4,6.8</polygon>", "<circle>50.4,6.8 0</circle>",
		[]string{"circle-zero /alert/info[1]/area[1]/circle[1]:21"}},
	{"far circle", "<polygon>50.4,6.8 50.4,7.3 50.6,7.3 50.4,6.8</polygon>", "<circle>50.4,186.8 1</circle>",
		[]string{"longitude-range /alert/info[1]/area[1]/circle[1]:21"}},
	{"polygon words", "50.4,6.8 50.4,7.3", "50.4 6.8", []string{"polygon-form /alert/info[1]/area[1]/polygon[1]:21"}},
	{"off the earth", "50.6,7.3", "150.6,7.3", []string{"polygon-form /alert/info[1]/area[1]/polygon[1]:21"}},
	{"brackets", ">50.4,6.8 50.4,7.3", ">[50.4,6.8] (50.4,7.3)", []string{"polygon-brackets /alert/info[1]/area[1]/polygon[1]:21"}},
	{"short", " 50.6,7.3", "", []string{"polygon-short /alert/info[1]/area[1]/polygon[1]:21"}},
	{"open", "7.3 50.4,6.8<", "7.3 50.4,6.7<", []string{"polygon-open /alert/info[1]/area[1]/polygon[1]:21"}},
	{"filler", " 50.6,7.3", " -1.0,-1.0", []string{"polygon-filler /alert/info[1]/area[1]/polygon[1]:21"}},
	{"crossing", "50.4,6.8 50.4,7.3 50.6,7.3", "50.4,6.8 50.6,7.3 50.4,7.3 50.6,6.8",
		[]string{"polygon-crossing /alert/info[1]/area[1]/polygon[1]:21"}},
	{"beyond", "50.6,7.3", "50.6,181", []string{"longitude-range /alert/info[1]/area[1]/polygon[1]:21"}},
	{"wrap", "50.4,7.3 50.6,7.3", "50.4,-179 50.6,-179", []string{"polygon-antimeridian /alert/info[1]/area[1]/polygon[1]:21"}},
	{"hole", "SHN</valueName>\n        <value>071310000000", "EXCLUDE_POLYGON</valueName><value>50.4,6.8 50.4,7.3 50.6,7.3 50.4,6.8",
		[]string{"geocode-hole /alert/info[1]/area[1]/geocode[1]:22"}},
	{"broken hole", "SHN", "EXCLUDE_POLYGON", []string{"polygon-form /alert/info[1]/area[1]/geocode[1]:22"}},
	{"Saarland", "Kreis Ahrweiler</areaDesc>", "Deutschland</areaDesc><geocode><valueName>SHN</valueName><value>100000000000</value></geocode>",
		[]string{"schema-order /alert/info[1]/area[1]/polygon[1]:21", "geocode-saarland /alert/info[1]/area[1]/geocode[1]:20"}},
	{"ceiling", "</geocode>", "</geocode><ceiling>100</ceiling>", []string{"ceiling-alone /alert/info[1]/area[1]/ceiling:25"}},
	{"low ceiling", "</geocode>", "</geocode><altitude>100.5</altitude><ceiling>100</ceiling>", []string{"ceiling-order /alert/info[1]/area[1]/ceiling:25"}},
	{"empty language", ">de-DE<", "><", nil},
	{"comment", "Hochwasser an", "<!-- x -->Hochwasser<?x?> an", nil},
	{"doctype", "<alert ", "<!DOCTYPE alert><alert ", []string{"xml-doctype /:2"}},
	{"entity", "Hochwasser an", "Hochwasser&nbsp;an", []string{"xml-syntax /:18"}},
	{"two roots", "</alert>", "</alert><alert/>", []string{"xml-syntax /:28"}},
	{"tail", "</alert>", "</alert>x", []string{"xml-syntax /:28"}},
	{"mismatch", "</alert>", "</alarm>", []string{"xml-syntax /:28"}},
	{"unclosed", "</alert>", "", []string{"xml-syntax /:29"}},
	{"prefix", "<scope>Public</scope>", "<c:scope>Public</c:scope>", []string{"xml-syntax /:8"}},
	{"double attribute", "<scope>", `<scope a="1" a="2">`, []string{"xml-syntax /:8"}},
	{"double attribute by prefix", "<scope>", `<scope xmlns:p="u" xmlns:q="u" p:a="1" q:a="2">`, []string{"xml-syntax /:8"}},
	{"attribute spacing", "<scope>", `<scope a="1"b="2">`, []string{"xml-syntax /:8"}},
	{"late declaration", "<alert ", `<?xml version="1.0"?><alert `, []string{"xml-syntax /:2"}},
	{"leading line", `<?xml version="1.0" enc`, "\n" + `<?xml version="1.0" enc`, []string{"xml-leading /:1"}},
	{"colons", "<scope>", `<:x/><scope>`, []string{"xml-syntax /:8"}},
	{"depth", "</alert>", strings.Repeat("<a>", 40) + strings.Repeat("</a>", 40) + "</alert>", []string{"limit /:28"}},
	{"not an alert", "alert", "alarm", []string{"not-alert /alarm:2"}},
	{"utf-8", "Ahr<", "Ahr\xe4<", []string{"xml-encoding /:18"}},
	{"latin", `UTF-8"?>`, `ISO-8859-1"?><!-- ` + "\x84" + ` -->`, []string{"xml-charset /:1"}},
	{"unknown charset", `UTF-8"?>`, `KOI-7"?>`, []string{"xml-encoding /:1"}},
}

func TestRules(t *testing.T) {
	for _, e := range edits {
		t.Run(e.name, func(t *testing.T) {
			count := 1
			if e.old == "alert" {
				count = -1
			}
			src := strings.Replace(sample, e.old, e.new, count)
			if src == sample {
				t.Fatal("the edit changes nothing")
			}
			_, problems, _ := Parse([]byte(src))
			sameFindings(t, problems, e.want)
		})
	}
}

func sameFindings(t *testing.T, problems []Problem, want []string) {
	t.Helper()
	var got []string
	for _, p := range problems {
		got = append(got, p.Rule+" "+p.Path+":"+itoa(p.Line))
		if ruleLevels[p.Rule] != p.Severity && p.Rule != "limit-problems" {
			t.Errorf("severity of %+v", p)
		}
	}
	slices.Sort(got)
	want = slices.Clone(want)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
		for _, p := range problems {
			t.Log(p)
		}
	}
}

// old is a complete CAP 1.0 document.
const old = `<alert xmlns="http://www.incident.com/cap/1.0"><identifier>a</identifier><sender>b@c</sender>
<sent>2003-06-11T22:39:00-07:00</sent><status>Actual</status><msgType>Update</msgType><password>x</password>
<references>a/b@c</references><info><event>e</event><urgency>Past</urgency><severity>Minor</severity><certainty>Very Likely</certainty>
<eventCode>SAME=SVR</eventCode><expires>2003-06-12T22:39:00-07:00</expires><resource><resourceDesc>r</resourceDesc></resource>
<area><areaDesc>d</areaDesc><geocode>FIPS6=036061</geocode><altitude>12</altitude></area></info></alert>`

func TestVersions(t *testing.T) {
	v11 := strings.Replace(sample, "cap:1.2", "cap:1.1", 1)
	for _, e := range []struct {
		name, src, old, new string
		want                []string
	}{
		{"1.0", old, "", "", nil},
		{"1.0 draft", old, "Actual", "Draft", []string{"schema-enumeration /alert/status:2"}},
		{"1.0 observed", old, "Very Likely", "Observed", []string{"schema-enumeration /alert/info[1]/certainty:3"}},
		{"1.0 response", old, "<urgency>", "<responseType>None</responseType><urgency>",
			[]string{"schema-version /alert/info[1]/responseType[1]:3", "schema-enumeration /alert/info[1]/responseType[1]:3"}},
		{"1.0 pair as elements", old, "SAME=SVR", "<valueName>SAME</valueName><value>SVR</value>", []string{"schema-content /alert/info[1]/eventCode[1]:4"}},
		{"1.0 fraction", old, "39:00-07:00</sent>", "39:00.25</sent>", []string{"time-form /alert/sent:2"}},
		{"1.0 altitude", old, ">12<", ">high<", []string{"altitude-form /alert/info[1]/area[1]:5"}},
		{"1.0 derefUri", old, "</resourceDesc>", "</resourceDesc><derefUri>YWJj</derefUri>", []string{"schema-version /alert/info[1]/resource[1]/derefUri:4"}},
		{"1.1", v11, "", "", nil},
		{"1.1 zulu", v11, "00+02:00</sent>", "00Z</sent>", []string{"time-zulu /alert/sent:5"}},
		{"1.1 avoid", v11, "Evacuate", "Avoid", []string{"schema-enumeration /alert/info[1]/responseType[1]:13"}},
		{"1.1 all-clear", v11, "Evacuate", "AllClear", []string{"schema-enumeration /alert/info[1]/responseType[1]:13"}},
		{"1.1 no mime", v11, "<area>", "<resource><resourceDesc>r</resourceDesc></resource><area>", nil},
		{"1.2 no mime", sample, "<area>", "<resource><resourceDesc>r</resourceDesc></resource><area>", []string{"schema-missing /alert/info[1]/resource[1]:19"}},
		{"1.1 scope", v11, "<scope>Public</scope>", "", []string{"schema-missing /alert:2"}},
		{"1.1 signature", v11, "</alert>", `<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"/></alert>`,
			[]string{"schema-version /alert/Signature:28", "signature-unchecked /alert:2"}},
		{"1.2 no category", sample, "<category>Met</category>", "", []string{"schema-missing /alert/info[1]:9"}},
		{"1.2 pair as text", sample, "<valueName>SHN</valueName>\n        <value>071310000000</value>", "SHN=071310000000",
			[]string{"schema-text /alert/info[1]/area[1]/geocode[1]:22", "schema-missing /alert/info[1]/area[1]/geocode[1]:22", "schema-missing /alert/info[1]/area[1]/geocode[1]:22"}},
		{"error without note", sample, ">Alert<", ">Error<", []string{"note-missing /alert:2", "references-missing /alert:2"}},
		{"cancel headed as alert", strings.Replace(sample, "<info>", "<references>a,b,2026-07-14T15:00:00-00:00</references><info>", 1),
			">Alert<", ">Cancel<", nil},
	} {
		t.Run(e.name, func(t *testing.T) {
			src := strings.Replace(e.src, e.old, e.new, 1)
			a, problems, err := Parse([]byte(src))
			if err != nil {
				t.Fatal(err)
			}
			sameFindings(t, problems, e.want)
			roundTripModel(t, a)
		})
	}
}

func TestAllClearHeadline(t *testing.T) {
	src := strings.NewReplacer("Evacuate", "AllClear", "Hochwasser an der Ahr", "تحذير").Replace(sample)
	_, problems, _ := Parse([]byte(src))
	sameFindings(t, problems, []string{"allclear-headline /alert/info[1]/headline:18"})
}

func TestSameTextInTwoLanguages(t *testing.T) {
	start, end := strings.Index(sample, "  <info>"), strings.Index(sample, "</alert>")
	info := sample[start:end]
	english := strings.Replace(info, "de-DE", "en-US", 1)
	_, problems, _ := Parse([]byte(sample[:end] + english + sample[end:]))
	sameFindings(t, problems, []string{"language-text /alert/info[2]/headline:37"})
	german := strings.Replace(info, "de-DE", "de-AT", 1)
	_, problems, _ = Parse([]byte(sample[:end] + german + sample[end:]))
	sameFindings(t, problems, nil)
}

func TestInfoMissing(t *testing.T) {
	start, end := strings.Index(sample, "  <info>"), strings.Index(sample, "</alert>")
	_, problems, _ := Parse([]byte(sample[:start] + sample[end:]))
	sameFindings(t, problems, []string{"info-missing /alert:2"})
}

// Every rule stands in RULES.md with its severity, and in the sources; and no
// other does.
func TestRulesAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("RULES.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]Level{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)` \\| (\\w+) \\|").FindAllStringSubmatch(string(doc), -1) {
		listed[m[1]] = Level(m[2])
	}
	for rule, level := range ruleLevels {
		if listed[rule] != level {
			t.Errorf("RULES.md gives %s severity %q, the table %q", rule, listed[rule], level)
		}
		delete(listed, rule)
	}
	for rule := range listed {
		t.Errorf("RULES.md lists %s, which does not exist", rule)
	}
}
