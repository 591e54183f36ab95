package cap

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
	"time"
)

// The package cannot reach network or disk, because it imports nothing that
// could.
func TestImports(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	forbidden := []string{"os", "net", "syscall", "unsafe", "plugin", "log", "embed", "C"}
	seen := 0
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		seen++
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range f.Imports {
			name := strings.Trim(spec.Path.Value, `"`)
			for _, bad := range forbidden {
				if name == bad || strings.HasPrefix(name, bad+"/") {
					t.Errorf("%s imports %s", e.Name(), name)
				}
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d files looked at", seen)
	}
}

func TestLimits(t *testing.T) {
	for name, src := range map[string]string{
		"size":       sample + strings.Repeat(" ", MaxDocument),
		"elements":   "<alert>" + strings.Repeat("<a/>", maxElements) + "</alert>",
		"depth":      strings.Repeat("<a>", maxDepth+1),
		"attributes": "<alert" + manyAttributes(maxAttributes+1) + "/>",
	} {
		a, problems, err := Parse([]byte(src))
		if a != nil || !errors.Is(err, ErrLimit) || len(problems) != 1 || problems[0].Rule != "limit" {
			t.Errorf("%s: %v %v", name, problems, err)
		}
	}
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` a%d="x"`, i)
	}
	return b.String()
}

func TestProblemsAreBounded(t *testing.T) {
	info := "<info>" + strings.Repeat("<category>?</category>", MaxProblems-40) + "</info>"
	src := strings.Replace(sample, "</alert>", info+strings.Repeat("<geocode/>", 100)+"</alert>", 1)
	_, problems, err := Parse([]byte(src))
	if err != nil || len(problems) != MaxProblems+1 {
		t.Fatalf("%d problems, %v", len(problems), err)
	}
	if last := problems[MaxProblems]; last.Rule != "limit-problems" || last.Severity != LevelError {
		t.Errorf("last entry %+v", last)
	}
	// What is not listed does not make the document invalid if it is harmless.
	circles := strings.Repeat("<circle>1,2 0</circle>", MaxProblems+5)
	src = strings.Replace(sample, "      <geocode>", circles+"<geocode>", 1)
	_, problems, _ = Parse([]byte(src))
	if last := problems[len(problems)-1]; !Valid(problems) || last.Severity != LevelWarning || !strings.HasPrefix(last.Message, "5 more") {
		t.Errorf("last entry %+v", last)
	}
}

// timeLimit is what one kilobyte of hostile input may cost: a tenth of what is
// promised and ten times of what the reader needs. Quadratic work on these
// inputs would cost more.
const timeLimit = 5 * time.Millisecond

// holdCheap fails if reading takes too much of the processor, three times in a
// row.
func holdCheap(t *testing.T, name string, size int, read func()) {
	t.Helper()
	var cost time.Duration
	for range 3 {
		start, ok := cpuTime()
		if !ok {
			t.Skip("processor time is not known")
		}
		read()
		end, _ := cpuTime()
		if cost = (end - start) * 1024 / time.Duration(size); cost <= timeLimit {
			t.Logf("%-22s %5d kB %10v per kB", name, size>>10, cost)
			return
		}
	}
	t.Errorf("%s costs %v per kB, more than %v", name, cost, timeLimit)
}

// hostile inputs each try to make one part of the reader do quadratic work.
func hostile() map[string]string {
	body := func(s string) string { return strings.Replace(sample, "    <area>", s+"    <area>", 1) }
	const n = 20_000
	sig := `<s:Signature xmlns:s="http://www.w3.org/2000/09/xmldsig#"/>`
	return map[string]string{
		"one ring":             body("<area><areaDesc>x</areaDesc><polygon>" + strings.Repeat("50.12345,6.54321 ", n) + "</polygon></area>"),
		"many rings":           body("<area><areaDesc>x</areaDesc>" + strings.Repeat("<polygon>"+strings.Repeat("50.1,6.5 51.3,7.4 ", 120)+"</polygon>", 300) + "</area>"),
		"short rings":          body("<area><areaDesc>x</areaDesc>" + strings.Repeat("<polygon>1,2</polygon>", n) + "</area>"),
		"bad points":           body("<area><areaDesc>x</areaDesc><polygon>" + strings.Repeat("x", n) + "</polygon></area>"),
		"long text":            body("<description>" + strings.Repeat("Das Wasser steigt. ", n) + "</description>"),
		"open tags in text":    body("<description>" + strings.Repeat("&lt;a", n) + "</description>"),
		"ampersands in text":   body("<description>" + strings.Repeat("&amp;a", n) + "</description>"),
		"many infos":           strings.Replace(sample, "</alert>", strings.Repeat("<info><language>x</language><headline>h</headline></info>", n/4)+"</alert>", 1),
		"unknown elements":     body(strings.Repeat("<x/>", n)),
		"elements in text":     body("<description>" + strings.Repeat("<b>x</b>", n) + "</description>"),
		"misplaced elements":   strings.Replace(sample, "</alert>", strings.Repeat("<sender>x</sender>", n)+"</alert>", 1),
		"signatures":           strings.Replace(sample, "</alert>", strings.Repeat(sig, n/2)+"</alert>", 1),
		"nested declarations":  strings.Replace(sample, "</alert>", nestedDeclarations()+"</alert>", 1),
		"attributes":           body(strings.Repeat("<x"+manyAttributes(maxAttributes)+"/>", 1000)),
		"long attribute":       body(`<x a="` + strings.Repeat("y", 1<<18) + `"/>`),
		"long name":            body("<" + strings.Repeat("y", 1<<18) + "/>"),
		"long names":           body(strings.Repeat("<"+strings.Repeat("y", 1<<12)+"/>", 300)),
		"long comment":         body("<!-- " + strings.Repeat("- ", n) + " -->"),
		"references":           strings.Replace(sample, "<info>", "<references>"+strings.Repeat("a,b,c ", n)+"</references><info>", 1),
		"quotes":               strings.Replace(sample, "<info>", "<incidents>"+strings.Repeat(`" `, n)+"</incidents><info>", 1),
		"character references": body("<description>" + strings.Repeat("&#228;", n) + "</description>"),
		"base64":               body("<resource><resourceDesc>x</resourceDesc><mimeType>a/b</mimeType><derefUri>" + strings.Repeat("YWJj ", n) + "</derefUri></resource>"),
		"nesting":              strings.Repeat("<alert>", n),
		"text pieces":          body("<description>" + strings.Repeat("<!---->x", n) + "</description>"),
		"geocodes":             body("<area><areaDesc>x</areaDesc>" + strings.Repeat("<geocode><valueName></valueName></geocode>", n/3) + "</area>"),
		"empty lines":          strings.Repeat("\n", 1<<18) + sample,
	}
}

func nestedDeclarations() string {
	var b strings.Builder
	for i := range 25 {
		b.WriteString("<alert")
		for j := range maxAttributes {
			fmt.Fprintf(&b, ` xmlns:p%d_%d="u"`, i, j)
		}
		b.WriteString(">")
	}
	b.WriteString(strings.Repeat(`<p0_0:x xmlns:q="u"/>`, 10_000))
	b.WriteString(strings.Repeat("</alert>", 25))
	return b.String()
}

func TestHostileInputIsCheap(t *testing.T) {
	inputs := hostile()
	inputs["many alerts"] = "<alerts xmlns='urn:oasis:names:tc:emergency:cap:1.2'>" + strings.Repeat("<alert/>", maxEmbedded) +
		strings.Repeat("<x/>", 20_000) + "</alerts>"
	for name, src := range inputs {
		holdCheap(t, name, len(src), func() {
			if name == "many alerts" {
				_, _ = Embedded([]byte(src))
			} else {
				_, _, _ = Parse([]byte(src))
			}
		})
	}
}

func TestHostileNINAIsCheap(t *testing.T) {
	const n = 20_000
	doc := func(fields string) string {
		return `{"identifier":"mow.1","sender":"a","msgType":"Alert",` + fields + `}`
	}
	parameter := func(v string) string {
		return `"info":[{"parameter":[{"valueName":"warnVerwaltungsbereiche","value":"` + v + `"}]}]`
	}
	for name, in := range map[string][2]string{
		"references":    {doc(`"references":"` + strings.Repeat("s", n) + "," + strings.Repeat("i ", n) + `,t","info":[]`)},
		"keys":          {doc(parameter(strings.Repeat("071310000000,071310000001,", n)))},
		"bad keys":      {doc(parameter(strings.Repeat(",", n)))},
		"markup":        {doc(`"info":[{"description":"` + strings.Repeat("<a href='http://x", n) + `"}]`)},
		"links":         {doc(`"info":[{"description":"<a href='http://x'>` + strings.Repeat("</a><b>", n) + `"}]`)},
		"unknown":       {doc(strings.Repeat(`"x":1,`, n) + `"info":[]`)},
		"infos":         {doc(`"info":[` + strings.Repeat("{},", n/4) + `{}]`)},
		"nesting":       {strings.Repeat("[", n)},
		"deep geometry": {doc(`"info":[]`), strings.Repeat(`{"features":[`, n)},
		"rings":         {doc(`"info":[]`), `{"features":[{"geometry":{"type":"Polygon","coordinates":[` + strings.Repeat("[[1,2]],", n) + `[]]}}]}`},
		"features":      {doc(`"info":[]`), `{"features":[` + strings.Repeat(`{"geometry":{"type":"x"}},`, n) + `{}]}`},
	} {
		holdCheap(t, name, len(in[0])+len(in[1]), func() { _, _, _, _ = ParseNINA([]byte(in[0]), []byte(in[1])) })
	}
}
