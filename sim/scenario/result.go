package scenario

// ResultSchema is the version of Result. The first counted arrivals up to a hundredth too
// old at a mark, and in groups alerts that did not concern them.
const ResultSchema = "kreidfeuer.result/2"

// Result is what one run of a scenario came to. All but Cost is the same for the
// same scenario, seed and engine, if the engine is deterministic.
type Result struct {
	Schema   string `json:"schema"`
	Scenario string `json:"scenario"`
	Title    string `json:"title"`
	Engine   string `json:"engine"` // model or real
	Seed     uint64 `json:"seed"`
	// Edition stands for the text of the scenario, which is Source, and the files that
	// it names, and Program for the version that played it.
	Edition string `json:"edition,omitempty"`
	Source  string `json:"source,omitempty"`
	Program string `json:"program,omitempty"`
	// Variant is the name of what was replaced by Settings; empty: nothing was.
	Variant  string    `json:"variant,omitempty"`
	Settings []Setting `json:"settings,omitempty"`
	Hours    float64   `json:"hours"` // simulated
	// Devices run the program; of these Audience are counted as people reached:
	// neither stations nor mules.
	Devices  int           `json:"devices"`
	Audience int           `json:"audience"`
	Marks    []float64     `json:"marks"` // ages in seconds, as in AlertResult.AtMarks
	Alerts   []AlertResult `json:"alerts"`
	// Incidents are the alerts that were updated, confirmed or ended.
	Incidents []IncidentResult `json:"incidents,omitempty"`
	Groups    []GroupResult    `json:"groups"`
	Traffic   Traffic          `json:"traffic"`
	Attack    Attack           `json:"attack"`
	// Frames are of the alert of number Mapped in Alerts: the first in earnest that
	// concerns anybody, if there is one.
	Frames []MapFrame `json:"frames,omitempty"`
	Mapped int        `json:"mapped,omitempty"`
	Cost   Cost       `json:"cost"`
}

// AlertResult is what became of one alert.
type AlertResult struct {
	At        float64 `json:"at"` // issued, in seconds
	Severity  string  `json:"severity"`
	Drill     bool    `json:"drill,omitempty"`
	Concerned int     `json:"concerned"` // of the audience
	Reached   int     `json:"reached"`   // of those concerned, by the end
	// Late are those reached when the alert had ended, or ended by their clock.
	Late    int       `json:"late,omitempty"`
	AtMarks []float64 `json:"at_marks"` // share of those concerned, exactly
	// Curve is the share of those concerned at the ages in Ages, in seconds. It and
	// the times are up to 1.1 % late, never early.
	Ages  []float64 `json:"ages"`
	Curve []float64 `json:"curve"`
	P50   float64   `json:"p50"` // seconds; -1 where fewer were reached
	P90   float64   `json:"p90"`
	P99   float64   `json:"p99"`
	Max   float64   `json:"max"`
	// Kind is update, all-clear, withdrawal, or confirmation: the second signature of
	// an alert. Empty: an alert. Follows are the numbers in Result.Alerts of those that
	// it follows up or confirms.
	Kind    string `json:"kind,omitempty"`
	Follows []int  `json:"follows,omitempty"`
	// GivenUp counts, of those concerned, how often one refused it or gave it up for
	// want of room: in a quota of its authorities, or in the device's store.
	GivenUp int `json:"given_up,omitempty"`
	// Unreached says why, for those concerned who did not get it, of the first 20 alerts
	// that concern anybody, those in earnest before exercises: away, no power, no link,
	// alone, only others without it in reach.
	Unreached map[string]int `json:"unreached,omitempty"`
}

// IncidentResult is who knows of the latest state of an alert that was updated,
// confirmed or ended. All of it is of those whom one of its alerts concerns.
type IncidentResult struct {
	Alerts    []int `json:"alerts"` // numbers in Result.Alerts, as issued
	Concerned int   `json:"concerned"`
	// At the Times, in seconds since the beginning and from the first change on:
	// the share that still shows what no longer holds, that shows the latest state,
	// and that has heard of nothing. The rest shows nothing wrong, and lacks something,
	// such as the second signature, or an end of what it never heard of.
	Times    []float64      `json:"times"`
	Outdated []float64      `json:"outdated"`
	Latest   []float64      `json:"latest"`
	Unaware  []float64      `json:"unaware"`
	Changes  []ChangeResult `json:"changes"`
}

// ChangeResult is how one update, end or confirmation took its course.
type ChangeResult struct {
	Alert int     `json:"alert"` // number in Result.Alerts
	Kind  string  `json:"kind"`
	At    float64 `json:"at"` // seconds
	// Outdated is how many devices showed what no longer held when it was issued.
	Outdated int `json:"outdated"`
	// From when on, in seconds after that, at most half, a tenth, a hundredth and none
	// as many did; -1: it did not come to that before the next update or end.
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
	// At the marks: shares of those concerned.
	OutdatedAtMarks []float64 `json:"outdated_at_marks"`
	LatestAtMarks   []float64 `json:"latest_at_marks"`
}

// GroupResult is what became of one group. AtMarks are shares of Concerned: of the
// devices whom a warning concerns, summed over the warnings, or over the exercises where
// nothing else is issued. Of a station's group these are its devices if the warning
// concerns its place, of a mule's all.
type GroupResult struct {
	Name      string    `json:"name"`
	Place     string    `json:"place,omitempty"`
	Role      string    `json:"role,omitempty"`
	Devices   int       `json:"devices"`
	Concerned int       `json:"concerned"`
	AtMarks   []float64 `json:"at_marks"`
	Bytes     float64   `json:"bytes"` // sent by a device on the average
}

// Traffic is what was sent.
type Traffic struct {
	Deliveries uint64  `json:"deliveries"` // first arrivals
	Copies     uint64  `json:"copies"`     // all arrivals
	PerCopy    float64 `json:"copies_per_delivery"`
	Lost       uint64  `json:"lost"` // sent and not received: link, collision, receiver off
	// Contacts are meetings at which both compared what they hold. Nil: the engine
	// does not count them.
	Contacts *uint64 `json:"contacts,omitempty"`
	Bytes    float64 `json:"bytes"`
	// PerDevice are bytes sent by a device: mean, half, 99 of 100 and the most.
	PerDevice [4]float64 `json:"per_device"`
	Airtime   float64    `json:"airtime_s"` // of radios
	Collided  uint64     `json:"collided"`
	// Displaced is how often a device gave up, or refused, an alert for which a quota
	// had no room, and Released, how often for want of room in its store.
	Displaced uint64 `json:"displaced,omitempty"`
	Released  uint64 `json:"released,omitempty"`
}

// Attack is what adversaries sent and cost.
type Attack struct {
	Devices  int    `json:"devices"`
	Sent     uint64 `json:"sent"`
	Accepted uint64 `json:"accepted"` // must be 0
	Rejected uint64 `json:"rejected"`
	CutOff   uint64 `json:"cut_off"` // neighbours that cut an attacker off
	// Checks are signature checks spent on what they sent. Nil: the engine does not
	// tell them from others.
	Checks *uint64 `json:"checks,omitempty"`
	Bytes  float64 `json:"bytes"`
}

// MapFrame is who had an alert at a time: of each cell of a grid how many
// of the audience are there and how many have it.
type MapFrame struct {
	At      float64    `json:"at"`
	Columns int        `json:"columns"`
	Rows    int        `json:"rows"`
	Size    [2]float64 `json:"size"` // of the whole, in metres
	Total   []int32    `json:"total"`
	Reached []int32    `json:"reached"`
}

// Cost is what the run took. It depends on the machine.
type Cost struct {
	Wall           float64 `json:"wall_s"`
	CPU            float64 `json:"cpu_s"`
	Memory         float64 `json:"memory_bytes"`
	BytesPerDevice float64 `json:"bytes_per_device"`
	Events         uint64  `json:"events"`
	PerSecond      float64 `json:"events_per_second"`
}
