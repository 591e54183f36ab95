package apitype

import "time"

// Root is one trust domain that the device has pinned.
type Root struct {
	Schema      Schema    `json:"schema,omitempty"` // only at the top level
	Domain      string    `json:"domain"`           // envelope ID of the genesis root
	Fingerprint string    `json:"fingerprint"`      // the domain in groups of four, as people compare it
	Name        string    `json:"name"`
	Version     uint64    `json:"version"` // adopted; 0: pinned, but the root itself has not arrived
	Threshold   int       `json:"threshold"`
	Keys        []string  `json:"keys"` // fingerprints
	Frozen      bool      `json:"frozen"`
	Conflict    []string  `json:"conflict"` // envelope IDs of the versions in conflict while frozen
	Pinned      time.Time `json:"pinned,omitzero"`
}

// PinRequest pins a domain by its fingerprint. Envelopes may bring the root
// along; otherwise it comes from neighbours.
type PinRequest struct {
	Fingerprint string   `json:"fingerprint"` // groups and spaces do not matter
	Envelopes   [][]byte `json:"envelopes,omitempty"`
}

// Certificate is one certificate in the device's trust pool.
type Certificate struct {
	ID        string    `json:"id"`     // envelope
	Domain    string    `json:"domain"` // envelope ID of the genesis root
	Kind      string    `json:"kind"`   // unit, person, gateway
	Authority string    `json:"authority"`
	Person    string    `json:"person,omitempty"`
	Name      string    `json:"name"`
	Function  string    `json:"function"`
	Key       string    `json:"key"`    // fingerprint
	Issuer    string    `json:"issuer"` // ID of the issuing certificate or root version
	Created   time.Time `json:"created"`
	Expires   time.Time `json:"expires"`
	State     string    `json:"state"`   // valid, expired, not-yet, retired, compromised
	Counts    bool      `json:"counts"`  // towards two or more signatures
	Areas     []string  `json:"areas"`   // as "ARS 07131", for people
	Lanes     []string  `json:"lanes"`   // that it may sign on
	Needed    int       `json:"needed"`  // signatures for Severe and Extreme
	Highest   string    `json:"highest"` // severity
}

// TrustFilter narrows a listing of certificates. Empty fields do not narrow.
type TrustFilter struct {
	Domain    string
	Authority string // this one and all below it
}

// Place is where somebody wants to be warned. Places never leave the device.
type Place struct {
	Name string `json:"name"`
	ARS  string `json:"ars,omitempty"` // Regionalschlüssel, 2 to 12 digits
	// Lat and Lon are degrees of WGS 84; both or none.
	Lat *float64 `json:"lat,omitempty"`
	Lon *float64 `json:"lon,omitempty"`
}

// Places is the list of places. Without any, every alert concerns the device.
type Places struct {
	Schema Schema  `json:"schema"`
	Items  []Place `json:"items"`
}

// HeadRequest names a signing key in a lane of a domain.
type HeadRequest struct {
	Domain string // envelope ID of the genesis root
	Key    string // Ed25519 public key, 64 hexadecimal digits
	Lane   string
}

// Head is where a key's chain of envelopes in a lane ends, as far as the device
// knows. The next envelope has Sequence+1 and names Previous.
type Head struct {
	Schema   Schema `json:"schema"`
	Sequence uint64 `json:"sequence"` // 0: none known
	Previous string `json:"previous"` // envelope ID; empty: none known
}

// Draft states.
const (
	DraftPending   = "pending"
	DraftApproved  = "approved" // signed; published if it was the last signature needed
	DraftRejected  = "rejected"
	DraftPublished = "published"
)

// DraftSummary is an alert that waits for a signature.
type DraftSummary struct {
	ID        string    `json:"id"` // envelope ID: it stays the same through approval
	Lane      string    `json:"lane"`
	Kind      AlertKind `json:"kind"`
	Severity  string    `json:"severity"`
	Headline  string    `json:"headline"`
	Areas     []string  `json:"areas"`
	Authority string    `json:"authority"`
	Author    string    `json:"author"` // name
	Signed    int       `json:"signed"` // persons
	Needed    int       `json:"needed"`
	State     string    `json:"state"`
	Comment   string    `json:"comment"` // with the state
	Arrived   time.Time `json:"arrived"`
	From      string    `json:"from"`    // peer ID of the sending station; empty: this machine
	Overdue   bool      `json:"overdue"` // unanswered for 10 minutes
}

// Draft is a draft with its envelope, as signed so far.
type Draft struct {
	Schema Schema `json:"schema"`
	DraftSummary
	Envelope []byte `json:"envelope"`
}

// DraftAnswer approves or rejects a draft. An approval brings the envelope with
// the added signature: signing happens in the officer's process.
type DraftAnswer struct {
	Answer   string `json:"answer"` // DraftApproved or DraftRejected
	Comment  string `json:"comment,omitempty"`
	Envelope []byte `json:"envelope,omitempty"`
}
