package cap

// The enumerations keep the text of the document, also when it is none of the
// constants below; the rank methods answer such a text like Unknown.

// Status says how to handle the message (CAP 1.2 section 3.2.1).
type Status string

// Values of Status. Draft is not part of CAP 1.0.
const (
	Actual   Status = "Actual"
	Exercise Status = "Exercise"
	System   Status = "System"
	Test     Status = "Test"
	Draft    Status = "Draft"
)

// MsgType is the nature of the message (CAP 1.2 section 3.2.1).
type MsgType string

// Values of MsgType.
const (
	MsgAlert  MsgType = "Alert"
	MsgUpdate MsgType = "Update"
	MsgCancel MsgType = "Cancel"
	MsgAck    MsgType = "Ack"
	MsgError  MsgType = "Error"
)

// Scope is the intended distribution (CAP 1.2 section 3.2.1).
type Scope string

// Values of Scope.
const (
	Public     Scope = "Public"
	Restricted Scope = "Restricted"
	Private    Scope = "Private"
)

// Category classifies the event (CAP 1.2 section 3.2.2).
type Category string

// Values of Category. CBRNE is not part of CAP 1.0.
const (
	Geo           Category = "Geo"
	Met           Category = "Met"
	Safety        Category = "Safety"
	Security      Category = "Security"
	Rescue        Category = "Rescue"
	Fire          Category = "Fire"
	Health        Category = "Health"
	Env           Category = "Env"
	Transport     Category = "Transport"
	Infra         Category = "Infra"
	CBRNE         Category = "CBRNE"
	OtherCategory Category = "Other"
)

// ResponseType is the recommended action (CAP 1.2 section 3.2.2).
type ResponseType string

// Values of ResponseType. The element is not part of CAP 1.0; Avoid and
// AllClear are not part of CAP 1.1.
const (
	Shelter    ResponseType = "Shelter"
	Evacuate   ResponseType = "Evacuate"
	Prepare    ResponseType = "Prepare"
	Execute    ResponseType = "Execute"
	Avoid      ResponseType = "Avoid"
	Monitor    ResponseType = "Monitor"
	Assess     ResponseType = "Assess"
	AllClear   ResponseType = "AllClear"
	NoResponse ResponseType = "None"
)

// Urgency is the time available to act (CAP 1.2 section 3.2.2).
type Urgency string

// Values of Urgency.
const (
	Immediate      Urgency = "Immediate"
	Expected       Urgency = "Expected"
	Future         Urgency = "Future"
	Past           Urgency = "Past"
	UnknownUrgency Urgency = "Unknown"
)

// Severity is the threat to life or property (CAP 1.2 section 3.2.2).
type Severity string

// Values of Severity.
const (
	Extreme         Severity = "Extreme"
	Severe          Severity = "Severe"
	Moderate        Severity = "Moderate"
	Minor           Severity = "Minor"
	UnknownSeverity Severity = "Unknown"
)

// Certainty is how sure the author is (CAP 1.2 section 3.2.2).
type Certainty string

// Values of Certainty. VeryLikely is part of CAP 1.0 only, which lacks
// Observed; CAP 1.2 says to read it as Likely.
const (
	Observed         Certainty = "Observed"
	VeryLikely       Certainty = "Very Likely"
	Likely           Certainty = "Likely"
	Possible         Certainty = "Possible"
	Unlikely         Certainty = "Unlikely"
	UnknownCertainty Certainty = "Unknown"
)

// Rank orders severities: 0 unknown or absent, 1 Minor to 4 Extreme.
func (s Severity) Rank() int { return rank(s, Minor, Moderate, Severe, Extreme) }

// Rank orders urgencies: 0 unknown or absent, 1 Past to 4 Immediate.
func (u Urgency) Rank() int { return rank(u, Past, Future, Expected, Immediate) }

// Rank orders certainties: 0 unknown or absent, 1 Unlikely to 4 Observed.
// Very Likely (CAP 1.0) ranks as Likely.
func (c Certainty) Rank() int {
	if c == VeryLikely {
		c = Likely
	}
	return rank(c, Unlikely, Possible, Likely, Observed)
}

func rank[T ~string](v T, rising ...T) int {
	for i, r := range rising {
		if v == r {
			return i + 1
		}
	}
	return 0
}
