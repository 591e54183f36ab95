package apitype

import "time"

// BundleFilter says what an exported bundle holds. The trust lane always goes
// along whole: it proves the rest, and withdraws.
type BundleFilter struct {
	Lanes []string  // beside trust; empty: all
	Since time.Time // only what came to this device since, by its clock; zero: whatever is stored
	Area  string    // Regionalschlüssel: no alerts that certainly do not concern it; empty: all alerts
	// Bare leaves out the second copy of the trust lane, which stands in for the first
	// where that is damaged.
	Bare bool
}

// Imported says what became of a bundle that was read in. What was accepted is on
// disk, but for Unsaved.
type Imported struct {
	Schema   Schema `json:"schema"`
	Accepted int    `json:"accepted"`
	Known    int    `json:"known"` // were there before
	Refused  int    `json:"refused"`
	// Unsaved counts what of the accepted and the known is held in memory only: the disk is
	// full, or takes no writing.
	Unsaved int             `json:"unsaved"`
	Lanes   []ImportedLane  `json:"lanes"`
	Reasons []ImportRefusal `json:"reasons"`
	BundleState
	// GaveUp says why the rest of the bundle was not read; empty: it was.
	GaveUp string `json:"gave_up,omitempty"`
}

// ImportedLane is what became of a lane's envelopes.
type ImportedLane struct {
	Lane     string `json:"lane"` // empty: what cannot be read
	Accepted int    `json:"accepted"`
	Known    int    `json:"known"`
	Refused  int    `json:"refused"`
}

// ImportRefusal counts envelopes that were refused for one reason.
type ImportRefusal struct {
	Reason  string `json:"reason"` // of identity/TRUST.md's table
	Count   int    `json:"count"`
	Message string `json:"message"` // of the first
	Offset  int64  `json:"offset"`  // of the first in the bundle, in bytes
}

// BundleState says how sound a bundle is.
type BundleState struct {
	CutOff  bool     `json:"cut_off"` // its end is missing
	Damaged int      `json:"damaged"` // stretches that cannot be read
	Damage  []Damage `json:"damage"`  // the first of them
}

// Damage is a stretch of a bundle that cannot be read, in bytes from its
// beginning; To is the first byte behind it.
type Damage struct {
	From   int64  `json:"from"`
	To     int64  `json:"to"`
	Reason string `json:"reason"`
}

// BundleContent is what a bundle holds, as this device judges it. Nothing of it
// has been taken in.
type BundleContent struct {
	Schema  Schema    `json:"schema"`
	Created time.Time `json:"created,omitzero"` // as its writer says
	// Lanes counts by trust domain and lane.
	Lanes []BundleLane `json:"lanes"`
	// Alerts are the alerts in the bundle's order, each once, at most MaxLimit of
	// them: of more, those that are verified.
	Alerts     []BundleAlert `json:"alerts"`
	AlertCount int           `json:"alert_count"` // in all
	BundleState
}

// BundleLane counts one domain's envelopes in a lane.
type BundleLane struct {
	Domain    string `json:"domain"` // envelope ID of the genesis root; empty: cannot be read or, with a lane, all further domains
	Name      string `json:"name"`   // of the domain, if this device has pinned it
	Lane      string `json:"lane"`
	Envelopes int    `json:"envelopes"`
	Bytes     int64  `json:"bytes"`
	Verified  int    `json:"verified"` // by this device, with what the bundle brings along
}

// BundleAlert is one alert in a bundle. Without Verified, nothing in it is proven,
// neither who issued it nor where it holds.
type BundleAlert struct {
	AlertSummary
	Verified bool   `json:"verified"`
	Reason   string `json:"reason,omitempty"`  // of identity/TRUST.md's table, if it is not verified
	Refusal  string `json:"refusal,omitempty"` // the same in words
	Held     bool   `json:"held"`              // by this device already
}
