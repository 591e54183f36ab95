package compact

import "github.com/kreidfeuer/kreidfeuer/gossip/cap"

// A registry numbers texts that are frequent. The numbers are part of the
// format: append only, never reorder, and state each entry in FORMAT.md. A text
// that is not listed is stored as text, and a reader accepts a listed one as
// text too: its writer may not have known the entry yet.
type registry struct {
	name   string
	texts  []string
	number map[string]int
}

func newRegistry(name string, texts ...string) *registry {
	r := &registry{name: name, texts: texts, number: make(map[string]int, len(texts))}
	for i, t := range texts {
		r.number[t] = i
	}
	return r
}

// append writes a text by its number, or as it is.
func (g *registry) append(b []byte, s string) []byte {
	if n, ok := g.number[s]; ok {
		return appendUint(b, uint64(n))
	}
	return appendText(b, s)
}

func (g *registry) read(r *reader) string {
	if r.peek() == majorText {
		return r.text()
	}
	n := r.uint()
	if r.err == nil && n >= uint64(len(g.texts)) {
		r.unsupported(g.name, n)
	}
	if r.err != nil {
		return ""
	}
	return g.texts[n]
}

// The registries. CAP's enumerations stand in the order of the schema; the
// empty text means that a mandatory element is missing.
var (
	versions  = newRegistry("version", string(cap.V12), string(cap.V11), string(cap.V10))
	statuses  = newRegistry("status", "Actual", "Exercise", "System", "Test", "Draft", "")
	msgTypes  = newRegistry("msgType", "Alert", "Update", "Cancel", "Ack", "Error", "")
	scopes    = newRegistry("scope", "Public", "Restricted", "Private", "")
	urgencies = newRegistry("urgency", "Immediate", "Expected", "Future", "Past", "Unknown")
	severity  = newRegistry("severity", "Extreme", "Severe", "Moderate", "Minor", "Unknown")
	certainty = newRegistry("certainty", "Observed", "Likely", "Possible", "Unlikely", "Unknown", "Very Likely")

	categories = newRegistry("category", "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport",
		"Infra", "CBRNE", "Other")
	responses = newRegistry("responseType", "Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess",
		"AllClear", "None")

	languages = newRegistry("language", "de-DE", "de", "en-US", "en", "en-GB", "fr-FR", "fr", "tr", "ar", "ru", "uk", "pl", "es",
		"it", "de-LS", "DE", "EN", "fa", "ro", "nl", "da", "cs", "fr-CA", "en-CA", "de-AT", "de-CH", "hsb", "dsb", "fy", "nds")

	events = newRegistry("event", "Gefahreninformation", "Gefahrenmitteilung", "Gefahrendurchsage", "Probealarm", "Entwarnung",
		"Hochwasser", "Sturzflut", "Unwetter", "Stromausfall", "Rauch", "Gefahrstoff", "Trinkwasser", "Evakuierung", "Waldbrand",
		"Bombenfund")

	codes = newRegistry("code", "DVN:5", "nina", "medien_ueberregional", "Materna:noPush", "IPAWSv1.0", "profile:CAP-CP:0.4")

	// names are valueNames of eventCode, parameter and geocode.
	names = newRegistry("valueName", "ARS", "SHN", "profile:DE-BBK-EVENTCODE", "profile:DE-BBK-EVENTCODE:01.00R",
		"instructionCode", "WARNCELLID", "AGS", "NUTS3", "EMMA_ID", "UGC", "FIPS6", "SAME",
		"sender_langname", "sender_signature", "warnVerwaltungsbereiche", "cellBroadcastId", "PHGEM", "ZGEM", "GRID",
		"EXCLUDE_POLYGON", "awareness_level", "awareness_type",
		"II", "GROUP", "AREA_COLOR", "PROFILE_VERSION", "LICENSE", "STATE", // DWD
		"VTEC", "TIME...MOT...LOC", "EAS-ORG", "BLOCKCHANNEL", "WEAHandling", "CMAMtext", "CMAMlongtext", "PIL", "HTEC", // NWS
		"profile:CAP-CP:Event:0.4", "profile:CAP-CP:Location:0.3", "layer:SOREM:1.0:Broadcast_Immediately",
		"layer:SOREM:2.0:WirelessImmediate", "profile:CAP-CP:0.4:MinorChange",
		"NUTS2", "ISO 3166-1", "ISO 3166-2", "timezone", "ellipse")

	// coreNames are the valueNames of parameters that a device acts on without
	// any text: they stay in the core. A choice of the encoder.
	coreNames = map[string]bool{"instructionCode": true, "awareness_level": true, "awareness_type": true, "cellBroadcastId": true,
		"BLOCKCHANNEL": true, "WEAHandling": true, "layer:SOREM:1.0:Broadcast_Immediately": true,
		"layer:SOREM:2.0:WirelessImmediate": true}

	// regionNames are the geocodes whose places every device can name by
	// itself, so that areaDesc is text. A choice of the encoder.
	regionNames = map[string]bool{"ARS": true, "SHN": true}

	// elements are the optional elements that Alert.Empty and its like name.
	elements = newRegistry("element", "source", "restriction", "addresses", "code", "note", "references", "incidents", "language",
		"responseType", "audience", "eventCode", "effective", "onset", "expires", "senderName", "headline", "description",
		"instruction", "web", "contact", "parameter", "resource", "area", "size", "uri", "derefUri", "digest", "polygon",
		"circle", "geocode", "altitude", "ceiling", "password", "info", "mimeType")

	mimeTypes = newRegistry("mimeType", "image/jpeg", "image/png", "image/gif", "audio/mpeg", "audio/x-wav", "text/html",
		"text/plain", "application/pdf", "application/x-url")

	formats = newRegistry("format", "CAP 1.2", "CAP 1.1", "CAP 1.0", "NINA", "DWD", "IPAWS", "CAP-CP", "MeteoAlarm", "AlertSwiss")

	// words are the beginnings of coded words: such a word is one of them and
	// three digits.
	words = []string{"BBK-EVC-", "BBK-ISC-", "shortCode:BBK-ISC-"}
)
