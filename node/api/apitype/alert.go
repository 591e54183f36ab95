package apitype

import "time"

// AlertState is the state of an alert in its incident.
type AlertState string

// The states.
const (
	StateInForce    AlertState = "in-force"
	StateUnknown    AlertState = "unknown"    // in force or not: the clock is in doubt; shown
	StateNotYet     AlertState = "not-yet"    // effective or onset lies ahead
	StateExpired    AlertState = "expired"    // by itself
	StateSuperseded AlertState = "superseded" // an update took its place
	StateAllClear   AlertState = "all-clear"  // the danger is over (Entwarnung)
	StateWithdrawn  AlertState = "withdrawn"  // it was false (Rücknahme)
	StateLapsed     AlertState = "lapsed"     // an emergency signature that nobody confirmed in time
	StateRevoked    AlertState = "revoked"    // a signing key was compromised
)

// AlertKind is what an alert says about its incident.
type AlertKind string

// The kinds.
const (
	KindAlert      AlertKind = "alert"      // Warnung
	KindUpdate     AlertKind = "update"     // Aktualisierung
	KindAllClear   AlertKind = "all-clear"  // Entwarnung
	KindWithdrawal AlertKind = "withdrawal" // Rücknahme (Fehlalarm)
)

// Concern says whether an alert concerns one of the device's places.
type Concern string

// The answers. Unknown is shown like yes.
const (
	ConcernsYes     Concern = "yes"
	ConcernsNo      Concern = "no"
	ConcernsUnknown Concern = "unknown"
)

// CAPTriple names a CAP message as other CAP systems do. It is unique only
// within one authority; the envelope ID decides.
type CAPTriple struct {
	Identifier string `json:"identifier"`
	Sender     string `json:"sender"`
	Sent       string `json:"sent"` // with the document's own offset
}

// Signer is a person who validly signed an alert.
type Signer struct {
	Person    string `json:"person"`    // label below the authority
	Name      string `json:"name"`      // as the certificate says
	Function  string `json:"function"`  // as the certificate says
	Authority string `json:"authority"` // path
	Role      string `json:"role"`      // author, approver, emergency
	Key       string `json:"key"`       // fingerprint of the certificate
}

// AlertSummary is one alert in a listing.
type AlertSummary struct {
	ID       string     `json:"id"`       // envelope
	Incident string     `json:"incident"` // envelope ID of the incident's first alert
	CAP      CAPTriple  `json:"cap"`
	Kind     AlertKind  `json:"kind"`
	State    AlertState `json:"state"`
	Lane     string     `json:"lane"` // live, drill
	// Test marks an exercise or test, on whichever lane: shown as ÜBUNG or PROBEALARM, without siren.
	Test     bool   `json:"test"`
	Severity string `json:"severity"` // CAP: Extreme, Severe, Moderate, Minor, Unknown; the highest
	// Warnstufe is 1 (Extreme), 2 (Severe), 3 (Moderate and Minor); 0: none.
	Warnstufe int      `json:"warnstufe"`
	Event     string   `json:"event"`
	Headline  string   `json:"headline"`
	Areas     []string `json:"areas"` // descriptions
	Concerns  Concern  `json:"concerns"`
	Places    []string `json:"places"` // names of the places it concerns

	Domain        string `json:"domain"`         // envelope ID of the genesis root
	Authority     string `json:"authority"`      // path
	AuthorityName string `json:"authority_name"` // as its certificate says
	// Chain names who vouches, from the root down to the authority.
	Chain   []string `json:"chain"`
	Signers []Signer `json:"signers"`
	Level   int      `json:"level"`  // persons who validly signed, up to needed
	Needed  int      `json:"needed"` // for this alert to be confirmed
	// Unconfirmed is true below needed: an emergency signature, or an all-clear
	// that a second person has not confirmed.
	Unconfirmed bool   `json:"unconfirmed"`
	Origin      Origin `json:"origin,omitzero"` // only of imports

	Created  time.Time `json:"created"` // by the author's clock
	Expires  time.Time `json:"expires"`
	Received time.Time `json:"received"` // by this device's clock
	// AgeS is the age at arrival in seconds by this device's clock: late alerts are shown with it.
	AgeS int64 `json:"age_s"`
	// From is the neighbour that brought it; empty: this device's own API.
	From string `json:"from"`
}

// Origin tells where an imported alert comes from.
type Origin struct {
	By     string `json:"by"`     // name of the gateway's authority
	Format string `json:"format"` // as CAP-DE, NINA, DWD
	Digest string `json:"digest"` // SHA-256 of the original document, hexadecimal
	// Signature is the original's: none, invalid, or valid-according-to-gateway.
	Signature string `json:"signature"`
}

// AlertDetail is one alert with its full content.
type AlertDetail struct {
	Schema Schema `json:"schema"`
	AlertSummary
	Infos []Info `json:"infos"`
	// References are the envelope IDs of the alerts it follows up.
	References []string `json:"references"`
	// FollowUps are the envelope IDs of the alerts that follow it up.
	FollowUps []string `json:"follow_ups"`
	// Short is the text for small displays, by its largest number of characters.
	Short map[int]string `json:"short"`
	// XML is the alert as CAP 1.2; incomplete lists the parts that have not arrived.
	XML        string   `json:"xml"`
	Incomplete []string `json:"incomplete"`
}

// Info is one info block of CAP, in the document's order.
type Info struct {
	Language     string    `json:"language"`
	Categories   []string  `json:"categories"`
	Event        string    `json:"event"`
	Responses    []string  `json:"responses"`
	Urgency      string    `json:"urgency"`
	Severity     string    `json:"severity"`
	Certainty    string    `json:"certainty"`
	Effective    time.Time `json:"effective,omitzero"`
	Onset        time.Time `json:"onset,omitzero"`
	Expires      time.Time `json:"expires,omitzero"`
	SenderName   string    `json:"sender_name"`
	Headline     string    `json:"headline"`
	Description  string    `json:"description"`
	Instruction  string    `json:"instruction"`
	Contact      string    `json:"contact"`
	Web          string    `json:"web"`
	Areas        []Area    `json:"areas"`
	Instructions []string  `json:"instructions"` // coded instructions, as words
}

// Area is one area of an info block.
type Area struct {
	Description string    `json:"description"`
	Geocodes    []Geocode `json:"geocodes"`
	Polygons    []string  `json:"polygons"` // as in CAP: "lat,lon lat,lon ..."
	Circles     []string  `json:"circles"`  // as in CAP: "lat,lon radius", radius in km
}

// Geocode is a key of an area, such as ARS 071310007007.
type Geocode struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// AlertFilter narrows a listing of alerts. Empty fields do not narrow.
type AlertFilter struct {
	Lane     string     // live, drill
	State    AlertState // exactly this
	Active   bool       // in force, unknown or not yet
	Concerns Concern    // exactly this
	Incident string     // envelope ID
}

// Submitted says what became of a submitted envelope. It is on disk.
type Submitted struct {
	Schema Schema `json:"schema"`
	ID     string `json:"id"`
	Level  int    `json:"level"`
	Known  bool   `json:"known"` // it was there before at this level or a higher one
	// Neighbours is the number of devices it was sent to at once; 0: it will go
	// out at the next contact.
	Neighbours int `json:"neighbours"`
}
