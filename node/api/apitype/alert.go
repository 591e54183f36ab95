package apitype

import (
	"encoding/json"
	"time"
)

// Alert is one alert for a list. An alert with updates is several alerts with
// one incident.
type Alert struct {
	ID        string   `json:"id"`
	Incident  string   `json:"incident"`
	Lane      string   `json:"lane"`     // live or drill
	Kind      string   `json:"kind"`     // alert, update, all-clear, withdrawal
	State     string   `json:"state"`    // of this alert: in force, unconfirmed, superseded, all-clear, ...
	InForce   string   `json:"in_force"` // yes, no, unknown
	Severity  string   `json:"severity"` // CAP
	Warnstufe int      `json:"warnstufe,omitempty"`
	Event     string   `json:"event"`
	Headline  string   `json:"headline"`
	Areas     []string `json:"areas"` // areaDesc
	Keys      []string `json:"keys"`  // "ARS 07131"
	Concerns  string   `json:"concerns"`
	Place     string   `json:"place,omitempty"` // the watched place it concerns
	Test      bool     `json:"test,omitempty"`  // carries a test code

	Authority  string   `json:"authority"`   // path
	Issuer     string   `json:"issuer"`      // name of the issuing unit
	VerifiedBy []string `json:"verified_by"` // names from the root down to the unit
	Signers    []string `json:"signers"`     // names of those who signed
	Level      int      `json:"level"`       // persons who signed
	Needed     int      `json:"needed"`      // persons needed
	Domain     string   `json:"domain"`

	Sender     string    `json:"sender"`
	Identifier string    `json:"identifier"`
	Sent       string    `json:"sent"` // CAP's text, with its offset
	Created    time.Time `json:"created"`
	Expires    time.Time `json:"expires"`
	Received   time.Time `json:"received"` // by this device's clock
	Means      string    `json:"means"`    // gossip, catch-up, local
	From       string    `json:"from,omitempty"`
	AgeSeconds int64     `json:"age_seconds"`

	Origin       *Origin  `json:"origin,omitempty"` // of an import
	Equivocal    bool     `json:"equivocal,omitempty"`
	MissingParts []string `json:"missing_parts,omitempty"`
	Alarmed      bool     `json:"alarmed"`
	Arrival      uint64   `json:"arrival"` // cursor
}

// Origin says where an imported alert comes from.
type Origin struct {
	Format    string `json:"format"`
	Digest    string `json:"digest"`    // SHA-256 of the original document, hex
	Signature string `json:"signature"` // of the original: none, invalid, valid
	By        string `json:"by"`        // the gateway
}

// Alerts is a page of alerts, newest arrival last.
type Alerts struct {
	Schema string  `json:"schema"`
	Items  []Alert `json:"items"`
	Next   uint64  `json:"next,omitempty"` // cursor of the next page
}

// AlertDetail is one alert with everything.
type AlertDetail struct {
	Schema string `json:"schema"`
	Alert
	Text     map[string]string `json:"text"`     // full text by language: de, en
	XML      string            `json:"xml"`      // CAP 1.2
	Envelope []byte            `json:"envelope"` // transmitted form, base64
}

// Event is something that happened. Numbers rise by one and survive restarts.
type Event struct {
	Schema string          `json:"schema"`
	Seq    uint64          `json:"seq"`
	Time   time.Time       `json:"time"` // by this device's clock
	Kind   string          `json:"kind"` // see the Event constants
	Alert  *Alert          `json:"alert,omitempty"`
	Effect string          `json:"effect,omitempty"` // alarm, reinstated, updated, confirmed, ended
	Text   string          `json:"text,omitempty"`   // for people
	Data   json.RawMessage `json:"data,omitempty"`
}

// Kinds of events.
const (
	EventAccepted = "accepted" // an alert was verified and stored
	EventEffect   = "effect"   // people are to be told: Effect and Alert
	EventTrust    = "trust"    // root, certificate, revocation or sign of life
	EventDraft    = "draft"    // a draft waits for a signature, or waited too long
	EventPeer     = "peer"     // a neighbour was cut off
	EventStore    = "store"    // the disk is full, or has room again
	EventClock    = "clock"    // the clock came into doubt, or out of it
	EventExpiring = "expiring" // an own alert ends soon
)

// Draft is an alert that lacks signatures.
type Draft struct {
	Schema   string    `json:"schema,omitempty"`
	ID       string    `json:"id"`
	Alert    Alert     `json:"alert"`
	Have     int       `json:"have"`
	Needed   int       `json:"needed"`
	Received time.Time `json:"received"`
	State    string    `json:"state"` // pending, rejected, published
	Reason   string    `json:"reason,omitempty"`
	Envelope []byte    `json:"envelope,omitempty"` // transmitted form
}

// Drafts lists drafts.
type Drafts struct {
	Schema string  `json:"schema"`
	Items  []Draft `json:"items"`
}

// Answer rejects a draft.
type Answer struct {
	Reason string `json:"reason"`
}

// Submit hands an envelope to the daemon.
type Submit struct {
	Envelope []byte `json:"envelope"` // transmitted form
}

// Receipt is the daemon's yes: the envelope is on disk.
type Receipt struct {
	Schema string   `json:"schema"`
	ID     string   `json:"id"`
	State  string   `json:"state"` // published, or pending: further signatures are needed
	Have   int      `json:"have"`
	Needed int      `json:"needed"`
	SentTo []string `json:"sent_to,omitempty"` // stations that have the draft
	Peers  int      `json:"peers"`             // neighbours connected at that moment
}

// Head is a key's last envelope in a lane, as far as this device knows.
type Head struct {
	Schema   string `json:"schema"`
	Key      string `json:"key"`
	Lane     string `json:"lane"`
	Sequence uint64 `json:"sequence"` // 0: none known
	ID       string `json:"id,omitempty"`
}

// Trust lists what the device trusts.
type Trust struct {
	Schema  string   `json:"schema"`
	Domains []Domain `json:"domains"`
}

// Pin trusts a root version.
type Pin struct {
	Root        []byte   `json:"root"`        // envelope
	Fingerprint string   `json:"fingerprint"` // compared by a person
	Objects     [][]byte `json:"objects,omitempty"`
}
