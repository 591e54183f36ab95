package apitype

import "time"

// EventKind says what happened.
type EventKind string

// The kinds of events.
const (
	EventAlert    EventKind = "alert"    // an alert arrived, or its state or level changed
	EventTrust    EventKind = "trust"    // a root, certificate or revocation was accepted
	EventSign     EventKind = "sign"     // a sign of life arrived, or an authority is cut off
	EventPeer     EventKind = "peer"     // a neighbour came or went
	EventDraft    EventKind = "draft"    // a draft arrived, was answered, waits too long
	EventExpiring EventKind = "expiring" // an own alert ends in 30 or 10 minutes
	EventHealth   EventKind = "health"   // a problem of the device began or ended
	// EventIdle is written while nothing happens, so that a reader knows the
	// stream is alive. It has the sequence number of the event before it.
	EventIdle EventKind = "idle"
)

// Event is one line of the event stream. Exactly the field of its kind is set.
type Event struct {
	Schema Schema    `json:"schema"`
	Seq    uint64    `json:"seq"` // from 1, without gaps, over restarts
	Time   time.Time `json:"time"`
	Kind   EventKind `json:"kind"`

	Alert    *AlertEvent    `json:"alert,omitempty"`
	Trust    *TrustEvent    `json:"trust,omitempty"`
	Sign     *Sign          `json:"sign,omitempty"`
	Peer     *PeerEvent     `json:"peer,omitempty"`
	Draft    *DraftSummary  `json:"draft,omitempty"`
	Expiring *ExpiringEvent `json:"expiring,omitempty"`
	Health   *HealthEvent   `json:"health,omitempty"`
}

// AlertEvent tells of a new alert or of a change.
type AlertEvent struct {
	AlertSummary
	Was AlertState `json:"was,omitempty"` // state before; empty: new to this device
	// Alarm says that this change is one to alarm for: a verified live alert
	// that concerns a place, in force or unknown, for the first time.
	Alarm bool `json:"alarm"`
	// Silence says that this change ends an alarm given before.
	Silence bool `json:"silence"`
}

// TrustEvent tells of an accepted trust object.
type TrustEvent struct {
	ID        string `json:"id"`
	Type      string `json:"type"` // root, certificate, revocation, station
	Domain    string `json:"domain"`
	Authority string `json:"authority"`
	Name      string `json:"name"`
}

// PeerEvent tells that a neighbour came or went.
type PeerEvent struct {
	PeerID    string `json:"peer_id"`
	Connected bool   `json:"connected"`
	Address   string `json:"address"`
}

// ExpiringEvent warns that an own alert ends soon.
type ExpiringEvent struct {
	ID       string    `json:"id"`
	Headline string    `json:"headline"`
	Expires  time.Time `json:"expires"`
	Minutes  int       `json:"minutes"` // 30 or 10
}

// HealthEvent tells that a problem began or ended.
type HealthEvent struct {
	Problem
	Ended bool `json:"ended"`
}
