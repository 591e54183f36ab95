package compact

import (
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// The tables are the format: FORMAT.md lists the same keys, and a test compares
// both. Append only.

// Keys of the core map that are not elements of alert.
const (
	keyInfo       = 17
	keyParts      = 18
	keyReferences = 19 // envelope IDs
	keyOrigin     = 20
)

var alertTable = []field[cap.Alert]{
	textField(1, "identifier", inCore, func(a *cap.Alert) *string { return &a.Identifier }),
	textField(2, "sender", inCore, func(a *cap.Alert) *string { return &a.Sender }),
	{3, "sent", inCore, putSent, getSent},
	enumField(4, "status", inCore, statuses, cap.Actual, func(a *cap.Alert) *cap.Status { return &a.Status }),
	enumField(5, "msgType", inCore, msgTypes, cap.MsgAlert, func(a *cap.Alert) *cap.MsgType { return &a.MsgType }),
	enumField(6, "scope", inCore, scopes, cap.Public, func(a *cap.Alert) *cap.Scope { return &a.Scope }),
	{7, "version", inCore, putVersion, getVersion},
	textField(8, "source", ifShort, func(a *cap.Alert) *string { return &a.Source }),
	textField(9, "restriction", ifShort, func(a *cap.Alert) *string { return &a.Restriction }),
	textField(10, "addresses", ifShort, func(a *cap.Alert) *string { return &a.Addresses }),
	listField(11, "code", ifShort, codes, func(a *cap.Alert) *[]string { return &a.Code }),
	textField(12, "note", inText, func(a *cap.Alert) *string { return &a.Note }),
	{13, "references", inCore,
		func(c *context, a *cap.Alert) []byte { return c.putReferences(a.References) },
		func(c *context, r *reader, a *cap.Alert) { a.References = c.getReferences(r) }},
	textField(14, "incidents", inCore, func(a *cap.Alert) *string { return &a.Incidents }),
	textField(15, "password", inText, func(a *cap.Alert) *string { return &a.Password }),
	listField(16, "alert's empty elements", ifShort, elements, func(a *cap.Alert) *[]string { return &a.Empty }),
}

// putVersion leaves out CAP 1.2, which the empty Version means as well.
func putVersion(_ *context, a *cap.Alert) []byte {
	if a.Version == "" || a.Version == cap.V12 {
		return nil
	}
	return versions.append(nil, string(a.Version))
}

func getVersion(_ *context, r *reader, a *cap.Alert) {
	if a.Version = cap.Version(versions.read(r)); a.Version == "" {
		r.bad("empty")
	}
}

func putSent(c *context, a *cap.Alert) []byte {
	if a.Sent == "" {
		return nil
	}
	c.sent = parseMoment(a.Sent)
	return appendTime(nil, a.Sent, moment{})
}

func getSent(c *context, r *reader, a *cap.Alert) { a.Sent, c.sent = readTime(r, moment{}) }

// signatureTable is the alert's part of a signature section.
var signatureTable = []field[cap.Alert]{
	sliceField(21, "signature", inSignature, func(a *cap.Alert) *[][]byte { return &a.Signature },
		func(_ *context, b []byte, s *[]byte) []byte { return appendBytes(b, *s) },
		func(_ *context, r *reader) []byte {
			b := r.bytes()
			r.spend(costText + len(b))
			return append([]byte(nil), b...)
		}),
}

// Keys of an info map that are not plain elements.
const (
	keyBase        = 0  // index of an earlier block, whose fields hold unless repeated
	keyParameter   = 19 // without those of keyParameterAt
	keyResource    = 20
	keyArea        = 21
	keyWithout     = 23 // keys of the base that do not hold
	keyParameterAt = 24 // [position, name, value, ...]
	keyAreaDescAt  = 25 // [area, text, ...]
	keyPolygonAt   = 26 // [area, position, polygon, ...]
	keyDerefURIAt  = 27 // [resource, content, ...]
	keyBounds      = 28
	firstPatch     = keyParameterAt
)

var infoTable = []field[cap.Info]{
	enumField(1, "language", ifShort, languages, "", func(i *cap.Info) *string { return &i.Language }),
	setField(2, "category", categories, func(i *cap.Info) *[]cap.Category { return &i.Category }),
	enumField(3, "event", ifShort, events, "", func(i *cap.Info) *string { return &i.Event }),
	setField(4, "responseType", responses, func(i *cap.Info) *[]cap.ResponseType { return &i.ResponseType }),
	enumField(5, "urgency", inCore, urgencies, "", func(i *cap.Info) *cap.Urgency { return &i.Urgency }),
	enumField(6, "severity", inCore, severity, "", func(i *cap.Info) *cap.Severity { return &i.Severity }),
	enumField(7, "certainty", inCore, certainty, "", func(i *cap.Info) *cap.Certainty { return &i.Certainty }),
	textField(8, "audience", inText, func(i *cap.Info) *string { return &i.Audience }),
	pairsField(9, "eventCode", ifShort, func(i *cap.Info) *[]cap.NamedValue { return &i.EventCode }),
	timeField(10, "effective", func(i *cap.Info) *cap.Time { return &i.Effective }),
	timeField(11, "onset", func(i *cap.Info) *cap.Time { return &i.Onset }),
	timeField(12, "expires", func(i *cap.Info) *cap.Time { return &i.Expires }),
	textField(13, "senderName", inText, func(i *cap.Info) *string { return &i.SenderName }),
	textField(14, "headline", ifShort, func(i *cap.Info) *string { return &i.Headline }),
	textField(15, "description", inText, func(i *cap.Info) *string { return &i.Description }),
	textField(16, "instruction", inText, func(i *cap.Info) *string { return &i.Instruction }),
	textField(17, "web", inText, func(i *cap.Info) *string { return &i.Web }),
	textField(18, "contact", inText, func(i *cap.Info) *string { return &i.Contact }),
	pairsField(keyParameter, "parameter", inCore, func(i *cap.Info) *[]cap.NamedValue { return &i.Parameter }),
	sliceField(keyResource, "resource", inText, func(i *cap.Info) *[]cap.Resource { return &i.Resource },
		func(c *context, b []byte, v *cap.Resource) []byte { return putMap(c, resourceTable, b, v) },
		func(c *context, r *reader) (v cap.Resource) {
			r.spend(costResource)
			getMap(c, resourceTable, r, &v)
			return v
		}),
	sliceField(keyArea, "area", inGeometry, func(i *cap.Info) *[]cap.Area { return &i.Area },
		func(c *context, b []byte, v *cap.Area) []byte { return putMap(c, areaTable, b, v) },
		func(c *context, r *reader) (v cap.Area) {
			r.spend(costArea)
			getMap(c, areaTable, r, &v)
			return v
		}),
	listField(22, "info's empty elements", ifShort, elements, func(i *cap.Info) *[]string { return &i.Empty }),
}

var resourceTable = []field[cap.Resource]{
	textField(1, "resourceDesc", inCore, func(v *cap.Resource) *string { return &v.ResourceDesc }),
	enumField(2, "mimeType", ifShort, mimeTypes, "", func(v *cap.Resource) *string { return &v.MimeType }),
	{3, "size", inCore,
		func(_ *context, v *cap.Resource) []byte {
			if v.Size == "" {
				return nil
			}
			return appendValue(nil, v.Size)
		},
		func(_ *context, r *reader, v *cap.Resource) { v.Size = readValue(r) }},
	textField(4, "uri", inCore, func(v *cap.Resource) *string { return &v.URI }),
	{5, "derefUri", inCore,
		func(_ *context, v *cap.Resource) []byte {
			if v.DerefURI == "" {
				return nil
			}
			return appendMedia(nil, v.DerefURI)
		},
		func(_ *context, r *reader, v *cap.Resource) { v.DerefURI = readMedia(r) }},
	{6, "digest", inCore, putDigest, func(_ *context, r *reader, v *cap.Resource) { v.Digest = readDigest(r) }},
	listField(7, "resource's empty elements", inCore, elements, func(v *cap.Resource) *[]string { return &v.Empty }),
}

var areaTable = []field[cap.Area]{
	textField(1, "areaDesc", inCore, func(v *cap.Area) *string { return &v.AreaDesc }),
	sliceField(2, "polygon", inCore, func(v *cap.Area) *[]cap.Polygon { return &v.Polygon },
		func(_ *context, b []byte, p *cap.Polygon) []byte { return appendPolygon(b, *p) },
		func(_ *context, r *reader) cap.Polygon { return readPolygon(r) }),
	sliceField(3, "circle", inCore, func(v *cap.Area) *[]cap.Circle { return &v.Circle },
		func(_ *context, b []byte, p *cap.Circle) []byte { return appendCircle(b, *p) },
		func(_ *context, r *reader) cap.Circle { return readCircle(r) }),
	pairsField(4, "geocode", inCore, func(v *cap.Area) *[]cap.NamedValue { return &v.Geocode }),
	decimalField(5, "altitude", func(v *cap.Area) *cap.Decimal { return &v.Altitude }),
	decimalField(6, "ceiling", func(v *cap.Area) *cap.Decimal { return &v.Ceiling }),
	listField(7, "area's empty elements", inCore, elements, func(v *cap.Area) *[]string { return &v.Empty }),
}
