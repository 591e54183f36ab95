package apitype

import "time"

// Status is what a device says about itself.
type Status struct {
	Schema  Schema    `json:"schema"`
	Device  string    `json:"device"`  // the device's name as its owner gave it, may be empty
	PeerID  string    `json:"peer_id"` // of libp2p, from the device key
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	UptimeS int64     `json:"uptime_s"` // by a clock that never jumps
	Data    string    `json:"data"`     // folder

	Listen     []string `json:"listen"`     // multiaddrs with peer ID, as others dial them
	Neighbours int      `json:"neighbours"` // connected now

	Roots  []Root      `json:"roots"`  // pinned domains
	Lanes  []LaneCount `json:"lanes"`  // what is kept, per lane
	Signs  []Sign      `json:"signs"`  // signs of life, per authority
	Clock  Clock       `json:"clock"`  // what the device believes of its time
	Disk   Disk        `json:"disk"`   // of the data folder
	Events EventRange  `json:"events"` // what a stream can resume from
	Places []Place     `json:"places"` // where "concerns" looks; known to this device only
	Health []Problem   `json:"health"` // what needs attention; empty when all is well
}

// LaneCount counts a lane's kept envelopes, over all domains.
type LaneCount struct {
	Lane      string `json:"lane"` // trust, live, drill, mail
	Envelopes int    `json:"envelopes"`
	Bytes     int64  `json:"bytes"`
	InForce   int    `json:"in_force"` // live and drill: alerts in force or not known to have ended
}

// SignState says what an authority's last sign of life means.
type SignState string

// The states.
const (
	SignHeard   SignState = "heard"   // within what is usual for it
	SignCutOff  SignState = "cut-off" // silent for longer: warnings may be missing
	SignUnknown SignState = "unknown" // the clock is in doubt, or the sign is dated ahead of it: nothing can be said
	SignNever   SignState = "never"   // of this root nothing was ever heard
)

// Sign is the last sign of life (Lebenszeichen) of an authority: silence is not
// quiet. Cut off means warnings may be missing.
type Sign struct {
	Domain    string    `json:"domain"`
	Authority string    `json:"authority"` // path; empty: the root
	Name      string    `json:"name"`
	State     SignState `json:"state"`
	Time      time.Time `json:"time,omitzero"`     // of the beacon by its signer's clock; absent: never heard
	Received  time.Time `json:"received,omitzero"` // by this device's clock; absent: unknown
	AgeS      int64     `json:"age_s"`             // since it arrived here, by a clock that never jumps; -1: unknown
	// SilentS is for how long the authority has been silent, at least: by the
	// beacon's time and by age_s, whichever is longer; -1: unknown.
	SilentS   int64    `json:"silent_s"`
	PatienceS int64    `json:"patience_s"` // how long it may be silent before it counts as cut off
	CutOff    bool     `json:"cut_off"`    // no sign for longer than expected
	From      string   `json:"from"`       // the neighbour that brought it; empty: none, or unknown
	Means     string   `json:"means"`      // gossip, catch-up, carry, frame, local; empty: unknown
	Carried   bool     `json:"carried"`    // by stick, paper or radio: it says nothing about the network
	InForce   int      `json:"in_force"`   // alerts that the beacon names in force
	Complete  bool     `json:"complete"`   // all of these are here
	Missing   []string `json:"missing"`    // envelope IDs or prefixes that the beacon names and this device lacks
	// Unheard are the ends of the signer's chains of alerts that the beacon names
	// and that were never here, as "live:12". What they say may have ended since.
	Unheard []string `json:"unheard,omitempty"`
	// Change is set in events: heard, cut-off (begins) or restored (cut-off ends).
	Change string `json:"change,omitempty"`
}

// What an event tells of a sign.
const (
	SignChangeHeard    = "heard"
	SignChangeCutOff   = "cut-off"
	SignChangeRestored = "restored"
)

// Clock is what a device believes of its time. The floor is the highest time
// that a trusted beacon has proven.
type Clock struct {
	Now     time.Time `json:"now"`
	Floor   time.Time `json:"floor,omitzero"`
	Doubt   bool      `json:"doubt"`
	Reasons []string  `json:"reasons"` // of the doubt, for people
}

// DiskState says whether what arrives is kept.
type DiskState string

// The disk states.
const (
	DiskOK       DiskState = "ok"
	DiskLow      DiskState = "low"       // with an error: exercises and letters are not kept
	DiskFull     DiskState = "full"      // nothing new is kept; sync brings it again when there is space
	DiskReadOnly DiskState = "read-only" // nothing new is kept: the disk takes no writing
)

// Disk is the state of the data folder's disk.
type Disk struct {
	State DiskState `json:"state"`
	Free  int64     `json:"free"` // bytes; -1: unknown
	Used  int64     `json:"used"` // bytes by the store
	Error string    `json:"error,omitempty"`
}

// EventRange is the range of sequence numbers a stream can resume within.
type EventRange struct {
	Oldest uint64 `json:"oldest"` // 0: none yet
	Latest uint64 `json:"latest"`
}

// Problem is something about the device that needs attention.
type Problem struct {
	Kind    string `json:"kind"` // a word, such as "cut-off", "no-neighbour", "missing", "clock-doubt", "root-frozen", "disk-full", "no-root", "slow-link", "unanswered"
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// Peer is one known device of the mesh.
type Peer struct {
	PeerID    string    `json:"peer_id"`
	Addresses []string  `json:"addresses"` // multiaddrs
	Connected bool      `json:"connected"`
	Static    bool      `json:"static"`            // configured
	Direction string    `json:"direction"`         // inbound, outbound; empty if not connected
	Transport string    `json:"transport"`         // quic, tcp; empty if not connected
	Agent     string    `json:"agent"`             // software it claims to run
	RTTMs     float64   `json:"rtt_ms"`            // last measured; 0: unknown
	Score     float64   `json:"score"`             // gossip score, negative is bad
	Met       time.Time `json:"met,omitzero"`      // start of the last connection
	Next      time.Time `json:"next,omitzero"`     // next dial, if it has one
	Banned    time.Time `json:"banned,omitzero"`   // refused until
	Received  uint64    `json:"received"`          // envelopes accepted from it
	Rejected  uint64    `json:"rejected"`          // envelopes it should have known to be wrong
	Name      string    `json:"name"`              // of its station, if an authority has bound it
	Authority string    `json:"authority"`         // of its station
	Problem   string    `json:"problem,omitempty"` // of the last dial, or that the link is slow
}
