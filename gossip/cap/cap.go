// Package cap reads, checks and writes alerts of the Common Alerting Protocol
// (OASIS CAP 1.2, and its ancestors 1.1 and 1.0).
//
// An [Alert] holds every element of a document as text, so that nothing of a
// foreign document is lost: numbers, times and polygons keep their spelling
// and are interpreted by accessors. [Parse] is lenient and reports everything
// that is wrong as a list of [Problem] values; [Write] is strict. The rules
// are listed in RULES.md.
//
// The package is pure: it never touches network, disk or clock, refuses every
// DOCTYPE, and its cost is linear in its input (see limits.go).
package cap

// Version is the CAP version a document declares by its namespace.
type Version string

// The three published versions. The empty Version means V12.
const (
	V10 Version = "1.0"
	V11 Version = "1.1"
	V12 Version = "1.2"
)

// Alert is one CAP message (CAP 1.2 section 3.2.1).
//
// In every type of this package an empty string or slice means that the
// element is absent; elements that stood in a document without any text are
// named in Empty. Outer white space is never kept. Inner white space is kept
// in free text (headline, description, ...) and folded to single spaces in
// lists and geometry (references, addresses, polygon, ...).
type Alert struct {
	Version     Version
	Identifier  string
	Sender      string
	Sent        Time
	Status      Status
	MsgType     MsgType
	Password    string // CAP 1.0 only
	Source      string
	Scope       Scope
	Restriction string
	Addresses   string // as in the document; see AddressList
	Code        []string
	Note        string
	References  string // as in the document; see ReferenceList
	Incidents   string // as in the document; see IncidentList
	Info        []Info

	// Signature holds each element of the XML signature namespace below
	// alert, opaque, as XML that carries the namespace declarations it needs.
	// Re-serialising a document breaks the signature it carries; it is kept
	// as evidence, not as proof.
	Signature [][]byte

	// Empty names the optional child elements that were present without text,
	// in schema order. A writer repeats them; everyone else may ignore them.
	Empty []string
}

// Info is one info block (CAP 1.2 section 3.2.2).
type Info struct {
	Language     string // RFC 3066; absent means DefaultLanguage
	Category     []Category
	Event        string
	ResponseType []ResponseType
	Urgency      Urgency
	Severity     Severity
	Certainty    Certainty
	Audience     string
	EventCode    []NamedValue
	Effective    Time
	Onset        Time
	Expires      Time
	SenderName   string
	Headline     string
	Description  string
	Instruction  string
	Web          string
	Contact      string
	Parameter    []NamedValue
	Resource     []Resource
	Area         []Area
	Empty        []string // see Alert.Empty
}

// NamedValue is the content of eventCode, parameter and geocode. CAP 1.0
// writes it as "name=value"; a CAP 1.0 text without "=" has an empty
// ValueName.
type NamedValue struct {
	ValueName string
	Value     string
}

// Resource is an attached or linked file (CAP 1.2 section 3.2.3).
type Resource struct {
	ResourceDesc string
	MimeType     string
	Size         string // xs:integer, bytes, as spelled
	URI          string
	DerefURI     string // base64, white space folded to single spaces
	Digest       string // SHA-1 of the content, hexadecimal
	Empty        []string
}

// Area is the place an info block speaks about (CAP 1.2 section 3.2.4): the
// union of its polygons, circles and geocodes.
type Area struct {
	AreaDesc string
	Polygon  []Polygon
	Circle   []Circle
	Geocode  []NamedValue
	Altitude Decimal // feet above mean sea level
	Ceiling  Decimal // feet; upper end of a range that starts at Altitude
	Empty    []string
}

// Decimal is an xs:decimal as spelled in the document.
type Decimal string

// Polygon is the text of a polygon element: "lat,lon" pairs in degrees
// (WGS 84) separated by single spaces. See Points.
type Polygon string

// Circle is the text of a circle element: "lat,lon radius" with the radius in
// kilometres. See Parse.
type Circle string

// Time is the text of a dateTime element. See Unix and Offset.
type Time string

// DefaultLanguage is the language of an info block that names none
// (CAP 1.2 section 3.2.2).
const DefaultLanguage = "en-US"

// Lang returns the language of the block, DefaultLanguage if it names none.
func (i *Info) Lang() string {
	if i.Language == "" {
		return DefaultLanguage
	}
	return i.Language
}
