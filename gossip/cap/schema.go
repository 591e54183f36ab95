package cap

import "strings"

// CAP's element order is the same in all versions; what differs is which
// elements a version has, how often they may stand, and their types. Sources:
// the OASIS schemas cap:1.2 and cap:1.1, and the one of CAP 1.0
// (http://www.incident.com/cap/1.0).

// namespaces of the versions.
var namespaces = map[Version]string{
	V10: "http://www.incident.com/cap/1.0",
	V11: "urn:oasis:names:tc:emergency:cap:1.1",
	V12: "urn:oasis:names:tc:emergency:cap:1.2",
}

// columns is the position of a version in the tables below.
var columns = map[Version]int{V10: 0, V11: 1, V12: 2}

// element is one line of a content model. Occurrence has one character for
// each of 1.0, 1.1 and 1.2: '1' exactly once, '?' at most once, '+' at least
// once, '*' any number, '-' not in this version.
type element struct {
	name       string
	occurrence string
	kind       kind
	values     *enumeration // of kind enum
	content    []element    // of kind complex
}

type kind int

const (
	text     kind = iota // xs:string
	list                 // xs:string whose white space only separates
	enum                 // restriction of xs:string
	dateTime             // xs:dateTime, in 1.2 with a pattern
	integer              // xs:integer
	decimal              // xs:decimal in 1.2, xs:string before
	anyURI               // xs:anyURI
	language             // xs:language
	named                // valueName and value; in 1.0 a string "name=value"
	complex              // own content model
)

var alertElements = []element{
	{name: "identifier", occurrence: "111"},
	{name: "sender", occurrence: "111"},
	{name: "sent", occurrence: "111", kind: dateTime},
	{name: "status", occurrence: "111", kind: enum, values: &statusValues},
	{name: "msgType", occurrence: "111", kind: enum, values: &msgTypeValues},
	{name: "password", occurrence: "?--"},
	{name: "source", occurrence: "???"},
	{name: "scope", occurrence: "?11", kind: enum, values: &scopeValues},
	{name: "restriction", occurrence: "???"},
	{name: "addresses", occurrence: "???", kind: list},
	{name: "code", occurrence: "***"},
	{name: "note", occurrence: "???"},
	{name: "references", occurrence: "???", kind: list},
	{name: "incidents", occurrence: "???", kind: list},
	{name: "info", occurrence: "***", kind: complex, content: infoElements},
}

var infoElements = []element{
	{name: "language", occurrence: "???", kind: language},
	{name: "category", occurrence: "*++", kind: enum, values: &categoryValues},
	{name: "event", occurrence: "111"},
	{name: "responseType", occurrence: "-**", kind: enum, values: &responseTypeValues},
	{name: "urgency", occurrence: "111", kind: enum, values: &urgencyValues},
	{name: "severity", occurrence: "111", kind: enum, values: &severityValues},
	{name: "certainty", occurrence: "111", kind: enum, values: &certaintyValues},
	{name: "audience", occurrence: "???"},
	{name: "eventCode", occurrence: "***", kind: named, content: namedElements},
	{name: "effective", occurrence: "???", kind: dateTime},
	{name: "onset", occurrence: "???", kind: dateTime},
	{name: "expires", occurrence: "???", kind: dateTime},
	{name: "senderName", occurrence: "???"},
	{name: "headline", occurrence: "???"},
	{name: "description", occurrence: "???"},
	{name: "instruction", occurrence: "???"},
	{name: "web", occurrence: "???", kind: anyURI},
	{name: "contact", occurrence: "???"},
	{name: "parameter", occurrence: "***", kind: named, content: namedElements},
	{name: "resource", occurrence: "***", kind: complex, content: resourceElements},
	{name: "area", occurrence: "***", kind: complex, content: areaElements},
}

var namedElements = []element{
	{name: "valueName", occurrence: "-11"},
	{name: "value", occurrence: "-11"},
}

var resourceElements = []element{
	{name: "resourceDesc", occurrence: "111"},
	{name: "mimeType", occurrence: "??1"},
	{name: "size", occurrence: "???", kind: integer},
	{name: "uri", occurrence: "???", kind: anyURI},
	{name: "derefUri", occurrence: "-??", kind: list},
	{name: "digest", occurrence: "???"},
}

var areaElements = []element{
	{name: "areaDesc", occurrence: "111"},
	{name: "polygon", occurrence: "***", kind: list},
	{name: "circle", occurrence: "***", kind: list},
	{name: "geocode", occurrence: "***", kind: named, content: namedElements},
	{name: "altitude", occurrence: "???", kind: decimal},
	{name: "ceiling", occurrence: "???", kind: decimal},
}

// enumeration lists the values of 1.0, 1.1 and 1.2.
type enumeration [3][]string

func same(values string) enumeration { return enumOf(values, values, values) }

func enumOf(v10, v11, v12 string) enumeration {
	return enumeration{strings.Split(v10, "|"), strings.Split(v11, "|"), strings.Split(v12, "|")}
}

var (
	statusValues = enumOf("Actual|Exercise|System|Test",
		"Actual|Exercise|System|Test|Draft", "Actual|Exercise|System|Test|Draft")
	msgTypeValues  = same("Alert|Update|Cancel|Ack|Error")
	scopeValues    = same("Public|Restricted|Private")
	categoryValues = enumOf("Geo|Met|Safety|Security|Rescue|Fire|Health|Env|Transport|Infra|Other",
		"Geo|Met|Safety|Security|Rescue|Fire|Health|Env|Transport|Infra|CBRNE|Other",
		"Geo|Met|Safety|Security|Rescue|Fire|Health|Env|Transport|Infra|CBRNE|Other")
	responseTypeValues = enumOf("", "Shelter|Evacuate|Prepare|Execute|Monitor|Assess|None",
		"Shelter|Evacuate|Prepare|Execute|Avoid|Monitor|Assess|AllClear|None")
	urgencyValues   = same("Immediate|Expected|Future|Past|Unknown")
	severityValues  = same("Extreme|Severe|Moderate|Minor|Unknown")
	certaintyValues = enumOf("Very Likely|Likely|Possible|Unlikely|Unknown",
		"Observed|Likely|Possible|Unlikely|Unknown", "Observed|Likely|Possible|Unlikely|Unknown")
)

// repeatable tells whether any version lets the element stand several times;
// such elements carry an index in a path.
func (e *element) repeatable() bool { return strings.ContainsAny(e.occurrence, "*+") }

// find returns the position of an element in a content model, or -1.
func find(model []element, name string) int {
	for i := range model {
		if model[i].name == name {
			return i
		}
	}
	return -1
}
