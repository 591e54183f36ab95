// Package apitype holds the JSON types of a device's control API, for the daemon
// that writes them, the client that reads them and whoever uses --json.
//
// # Conventions
//
// Every top-level object has a field "schema", "kreidfeuer.<name>/<version>".
// Within a version fields are added and never change their meaning; a reader
// ignores fields it does not know. Names are lower case with underscores.
//
// Times are RFC 3339 in UTC; a time that is not known is absent. An empty list
// inside an object is [] or null, the items of a listing are never null. Durations end
// in their unit ("uptime_s"). Envelope and domain IDs are 52 characters of lower
// case base32; keys, peer IDs and addresses have their own text forms. Binary
// content is standard base64.
//
// Words that a program may compare ("state", "kind", "concerns") are listed here
// as constants. Texts that only people read ("headline", "message") may change.
package apitype

// Schema names the type and version of a top-level object.
type Schema string

// The schemas.
const (
	SchemaStatus    Schema = "kreidfeuer.status/1"
	SchemaPeers     Schema = "kreidfeuer.peers/1"
	SchemaAlerts    Schema = "kreidfeuer.alerts/1"
	SchemaAlert     Schema = "kreidfeuer.alert/1"
	SchemaEvent     Schema = "kreidfeuer.event/1"
	SchemaSubmitted Schema = "kreidfeuer.submitted/1"
	SchemaDrafts    Schema = "kreidfeuer.drafts/1"
	SchemaDraft     Schema = "kreidfeuer.draft/1"
	SchemaRoots     Schema = "kreidfeuer.roots/1"
	SchemaRoot      Schema = "kreidfeuer.root/1"
	SchemaCerts     Schema = "kreidfeuer.certificates/1"
	SchemaPlaces    Schema = "kreidfeuer.places/1"
	SchemaHead      Schema = "kreidfeuer.head/1"
	SchemaStore     Schema = "kreidfeuer.store/1"
	SchemaProgress  Schema = "kreidfeuer.progress/1"
	// The result of checking the store.
	SchemaStoreReport Schema = "kreidfeuer.store-report/1"
	SchemaImported    Schema = "kreidfeuer.imported/1"
	SchemaBundle      Schema = "kreidfeuer.bundle/1"
	// Items of listings, where a program prints them one a line.
	SchemaAlertItem Schema = "kreidfeuer.alert-item/1"
	SchemaDraftItem Schema = "kreidfeuer.draft-item/1"
	SchemaPeerItem  Schema = "kreidfeuer.peer-item/1"
	SchemaCertItem  Schema = "kreidfeuer.certificate-item/1"

	SchemaError    Schema = "kreidfeuer.error/1"
	SchemaEndpoint Schema = "kreidfeuer.endpoint/1"
)

// List is one page of a listing.
type List[T any] struct {
	Schema Schema `json:"schema"`
	Items  []T    `json:"items"` // never null
	// Next is the cursor of the following page, empty on the last one. A cursor
	// is opaque and stays valid while the device runs.
	Next string `json:"next,omitempty"`
}

// Page asks for one page of a listing.
type Page struct {
	Cursor string // empty: the first page
	Limit  int    // items at most; 1 to MaxLimit
}

// Limits of listings.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)
