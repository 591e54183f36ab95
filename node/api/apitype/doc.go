// Package apitype holds the JSON types of the control API: what kreidfeuer's
// daemon says to its own commands, to the pages in the browser and to scripts.
// Field names are stable. Every top-level object names its schema; a field may
// be added within a schema, and none is renamed or removed.
//
// IDs are the text forms of package wire. Times are RFC 3339 in UTC; a zero time
// is left out. Nothing here computes anything.
package apitype

import "time"

// Schemas of the top-level objects.
const (
	SchemaStatus  = "kreidfeuer.status/1"
	SchemaPeers   = "kreidfeuer.peers/1"
	SchemaAlerts  = "kreidfeuer.alerts/1"
	SchemaAlert   = "kreidfeuer.alert/1"
	SchemaEvent   = "kreidfeuer.event/1"
	SchemaDrafts  = "kreidfeuer.drafts/1"
	SchemaDraft   = "kreidfeuer.draft/1"
	SchemaTrust   = "kreidfeuer.trust/1"
	SchemaHead    = "kreidfeuer.head/1"
	SchemaReceipt = "kreidfeuer.receipt/1"
	SchemaPlaces  = "kreidfeuer.places/1"
	SchemaError   = "kreidfeuer.error/1"
)

// Error is the body of every answer that is not 2xx.
type Error struct {
	Schema  string `json:"schema"`
	Code    string `json:"code"`    // a wire reason such as "bad-signature", or "not-found", "bad-request", "past-gone", "unavailable", "store-full", "internal"
	Message string `json:"message"` // what went wrong, and where
	Hint    string `json:"hint,omitempty"`
	// Oldest is the first event still kept, with code "past-gone".
	Oldest uint64 `json:"oldest,omitempty"`
}

func (e *Error) Error() string { return e.Message }

// Status describes the device.
type Status struct {
	Schema  string    `json:"schema"`
	Name    string    `json:"name"`
	PeerID  string    `json:"peer_id"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	Listen  []string  `json:"listen"` // multiaddrs with the peer ID, to hand to others
	Peers   int       `json:"peers"`  // connected now
	Domains []Domain  `json:"domains"`
	Lanes   []Lane    `json:"lanes"`
	Clock   Clock     `json:"clock"`
	Store   Store     `json:"store"`
	Events  uint64    `json:"events"` // number of the newest event
	Places  []Place   `json:"places"`
	Traffic Traffic   `json:"traffic"`
}

// Domain is a trust domain this device knows.
type Domain struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Fingerprint string       `json:"fingerprint"`
	Pinned      bool         `json:"pinned"`
	Version     uint64       `json:"version"` // of the root in force
	Frozen      bool         `json:"frozen"`  // two valid successors of the root: ask its holders
	Lifesigns   []Lifesign   `json:"lifesigns"`
	Authorities []Authority  `json:"authorities,omitempty"` // in /trust only
	Revocations []Revocation `json:"revocations,omitempty"` // in /trust only
}

// Lifesign is the last sign of life (Lebenszeichen, beacon) of an authority.
type Lifesign struct {
	Authority string    `json:"authority"` // path; empty: the root
	Name      string    `json:"name"`
	Last      time.Time `json:"last"`              // as signed
	Received  time.Time `json:"received"`          // by this device's clock
	Missing   []string  `json:"missing,omitempty"` // alerts it names in force that are not here: ID prefixes, hex
}

// Authority is a certificate in force.
type Authority struct {
	ID        string    `json:"id"` // certificate
	Kind      string    `json:"kind"`
	Authority string    `json:"authority"`
	Person    string    `json:"person,omitempty"`
	Name      string    `json:"name"`
	Function  string    `json:"function,omitempty"`
	Key       string    `json:"key"`
	Scope     string    `json:"scope"`
	Created   time.Time `json:"created"`
	Expires   time.Time `json:"expires"`
	Counts    bool      `json:"counts"`  // towards the signatures needed
	Revoked   string    `json:"revoked"` // retired, compromised or empty
}

// Revocation is a key that was withdrawn.
type Revocation struct {
	Key       string    `json:"key"`
	Authority string    `json:"authority"`
	Kind      string    `json:"kind"`
	At        time.Time `json:"at"`
	By        string    `json:"by"`
}

// Lane counts what is stored of a lane.
type Lane struct {
	Lane      string `json:"lane"`
	Envelopes uint64 `json:"envelopes"`
	Bytes     uint64 `json:"bytes"`
}

// Clock is what the device thinks of its clock.
type Clock struct {
	Now     time.Time `json:"now"`
	Floor   time.Time `json:"floor,omitzero"` // it is at least this late, say signed signs of life
	Doubt   bool      `json:"doubt"`
	Reasons []string  `json:"reasons,omitempty"` // why, in words
}

// Store is the state of the disk.
type Store struct {
	Backend string `json:"backend"`
	Dir     string `json:"dir"`
	Full    bool   `json:"full"`    // warnings arrive and are shown, and are not kept
	Unsaved int    `json:"unsaved"` // alerts in memory only
}

// Traffic are totals since start.
type Traffic struct {
	Accepted  uint64 `json:"accepted"`
	Ignored   uint64 `json:"ignored"`
	Rejected  uint64 `json:"rejected"`
	Duplicate uint64 `json:"duplicate"`
	Dropped   uint64 `json:"dropped"`
	CutOff    uint64 `json:"cut_off"`
}

// Peer is a neighbour.
type Peer struct {
	ID        string    `json:"id"`
	Connected bool      `json:"connected"`
	Addrs     []string  `json:"addrs"`
	Source    string    `json:"source"` // static, mdns, remembered, inbound
	Since     time.Time `json:"since,omitzero"`
	Agent     string    `json:"agent,omitempty"`
	Station   string    `json:"station,omitempty"` // the authority whose station it is
	ClockOff  float64   `json:"clock_off"`         // its clock minus ours, in seconds
	Protocols []string  `json:"protocols,omitempty"`
}

// Peers lists neighbours.
type Peers struct {
	Schema string `json:"schema"`
	Items  []Peer `json:"items"`
}

// Place is a place that a device watches. It never leaves the device.
type Place struct {
	Name string   `json:"name"`
	Keys []string `json:"keys,omitempty"` // "ARS 07131"
	Lat  *float64 `json:"lat,omitempty"`  // degrees, WGS-84
	Lon  *float64 `json:"lon,omitempty"`
}

// Places lists the places watched. None: everything concerns the device.
type Places struct {
	Schema string  `json:"schema"`
	Items  []Place `json:"items"`
}
