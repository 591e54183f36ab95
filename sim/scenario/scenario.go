package scenario

import "time"

// Schema is the version of the format that this package reads.
const Schema = "kreidfeuer.scenario/1"

// Scenario is one story with its seeds. All of it is read and checked; a file
// that it names is read by the engine that plays it.
type Scenario struct {
	Schema   string   `yaml:"schema"`
	Name     string   `yaml:"name"`  // short, unique: lower-case words joined by hyphens
	Title    string   `yaml:"title"` // one line, for people
	About    string   `yaml:"about"` // what it asks, and what to look at in the answer
	Duration Duration `yaml:"duration"`
	Seeds    []uint64 `yaml:"seeds"` // empty: 1
	// Marks are the ages of an alert at which coverage is reported. Empty: 5, 15
	// and 60 minutes.
	Marks []Duration `yaml:"marks"`

	Places      []Place         `yaml:"places"`
	Links       map[string]Link `yaml:"links"`
	Groups      []Group         `yaml:"groups"`
	Outages     []Outage        `yaml:"outages"`
	Authorities []Authority     `yaml:"authorities"`
	Alerts      []Alert         `yaml:"alerts"`
	Adversaries []Adversary     `yaml:"adversaries"`

	// Sweep names values to vary, each by a path as in groups.households.adoption
	// or links.wifi.range, with the values to try. All combinations are played.
	Sweep map[string][]any `yaml:"sweep"`
	// Variants are what else to ask: each replaces some values together.
	Variants []Alternative `yaml:"variants"`
}

// Alternative is a scenario that differs from its base in some values.
type Alternative struct {
	Name string         `yaml:"name"` // for people
	Set  map[string]any `yaml:"set"`  // by path, as in a sweep
}

// Place is where people are.
type Place struct {
	Name string `yaml:"name"`
	// Kind is plane (a rectangle), streets (the map of File, WKT or GeoJSON lines)
	// or districts (the polygons of File, GeoJSON).
	Kind string `yaml:"kind"`
	// Size is the rectangle of a plane, in metres.
	Size [2]Metres `yaml:"size"`
	// Origin moves the place within the common plane, so that places lie apart.
	Origin [2]Metres `yaml:"origin"`
	File   string    `yaml:"file"` // beside the scenario
	// Key chooses districts by a property of the GeoJSON features, as in ARS=07131.
	Key string `yaml:"key"`
}

// Link is one way in which devices talk. Two devices that both have it and are in
// range hear each other.
type Link struct {
	// Range in metres; 0: everyone reaches everyone over infrastructure.
	Range   Metres   `yaml:"range"`
	Latency Duration `yaml:"latency"` // one way
	Rate    Rate     `yaml:"rate"`    // 0: no limit
	Loss    Share    `yaml:"loss"`    // of packets
	// Needs is what must work at both ends: power (the mains, whatever battery the
	// device itself has), internet, cell.
	Needs []string `yaml:"needs"`
	// Airtime makes it a radio that sends frames, by the name of a preset
	// (gossip/airtime): longfast, mediumfast and so on. Duty is its share of time.
	Airtime string `yaml:"airtime"`
	Duty    Share  `yaml:"duty"`
	// Exchange is how long two devices in range take to find each other and to
	// begin to exchange. 0: as the program's discovery on a LAN, about 2 s.
	Exchange Duration `yaml:"exchange"`
	// Mesh is for infrastructure: neighbours of a device. 0: as the program's.
	Mesh int `yaml:"mesh"`
	// Local keeps infrastructure within each place: a building's LAN, a town's
	// network when the long lines are cut.
	Local bool `yaml:"local"`
}

// Group is devices of a kind.
type Group struct {
	Name     string   `yaml:"name"`
	Count    int      `yaml:"count"`    // people or machines
	Adoption *Share   `yaml:"adoption"` // share that runs the program; absent: all
	At       string   `yaml:"at"`       // place
	Layout   string   `yaml:"layout"`   // random (default), grid, or clustered in buildings of Per people
	Per      int      `yaml:"per"`      // people in one building, for clustered
	Movement Movement `yaml:"movement"`
	Links    []string `yaml:"links"`
	// Battery is how long a device runs without mains. 0: not at all, so it fails
	// with the power.
	Battery Duration `yaml:"battery"`
	// Awake is the share of the time that a device listens, in turns of Turn.
	// Absent: always.
	Awake *Share   `yaml:"awake"`
	Turn  Duration `yaml:"turn"`
	Clock Clock    `yaml:"clock"`
	// Return is how long a device that is gone stays away, for churn; Leave is how
	// long it stays on the average before it goes. 0: it stays.
	Leave  Duration `yaml:"leave"`
	Return Duration `yaml:"return"`
	// Store is how much a device has room for. 0: as much as the program takes.
	Store Volume `yaml:"store"`
	// Role is citizen (default), station (an authority's device that may issue),
	// siren, or mule (carries and is not counted as reached).
	Role string `yaml:"role"`
}

// Movement is how the devices of a group move.
type Movement struct {
	// Model is still (default), waypoint, streets, trace or route.
	Model string      `yaml:"model"`
	Speed [2]Speed    `yaml:"speed"` // metres a second, from and to
	Pause [2]Duration `yaml:"pause"`
	// File is a contact log for trace (The ONE's or a table), which replaces
	// movement and range.
	File string `yaml:"file"`
	// Route is the places a mule or a bus visits in turn.
	Route []string `yaml:"route"`
	// Share of the group that moves; absent: all of it.
	Share *Share `yaml:"share"`
}

// Clock is how wrong the clocks of a group are.
type Clock struct {
	Offset Span `yaml:"offset"`
	Spread Span `yaml:"spread"` // uniformly up to so much more, either way
}

// Outage is a failure over time.
type Outage struct {
	At    Duration `yaml:"at"`
	Until Duration `yaml:"until"` // 0: to the end
	What  string   `yaml:"what"`  // power, internet, cell, or link:NAME
	Place string   `yaml:"place"` // empty: everywhere
	Share *Share   `yaml:"share"` // of the devices there; absent: all
}

// Alert is one or many alerts that are issued.
type Alert struct {
	At       Duration `yaml:"at"`
	From     string   `yaml:"from"` // group, whose first device issues
	Severity string   `yaml:"severity"`
	Size     Bytes    `yaml:"size"` // on the wire; 0: of File, or 5.2 kB
	File     string   `yaml:"file"` // a CAP document
	Count    int      `yaml:"count"`
	Every    Duration `yaml:"every"`
	Drill    bool     `yaml:"drill"`
	Expires  Duration `yaml:"expires"` // after it was issued; 0: 24 h
	Place    string   `yaml:"place"`   // whom it concerns; empty: all

	// Name is by what others follow it up; empty: nobody does.
	Name string `yaml:"name"`
	// Kind is alert (default), update, all-clear or withdrawal. Of a File it is
	// taken from the document.
	Kind string `yaml:"kind"`
	// Follows are the names of those that it updates or ends. One of a series
	// follows its counterpart in a series of as many, else all of them.
	Follows []string `yaml:"follows"`
	// Signatures is 1 where one of two persons has signed. 0: both have.
	Signatures int `yaml:"signatures"`
	// Confirmed is how long after it was issued the second one signs. 0: never.
	Confirmed Duration `yaml:"confirmed"`
	// Authority issues it, as a path: rp/07131/lst. Empty: the name of From.
	Authority string `yaml:"authority"`
}

// MaxFollows bounds what one alert follows up, as the program does.
const MaxFollows = 64

// Authority is what a certificate grants one authority, and all those below it
// together.
type Authority struct {
	Path   string `yaml:"path"`   // as in Alert.Authority
	Alerts *int   `yaml:"alerts"` // alive at one time; absent: as the program's tool grants
	Drills *int   `yaml:"drills"` // likewise
	Bytes  Volume `yaml:"bytes"`  // of each of both; 0: likewise
}

// Adversary is devices that attack.
type Adversary struct {
	// Kind is forger, flooder, eclipse, suppressor, sybil or clock-skew.
	Kind  string   `yaml:"kind"`
	Count int      `yaml:"count"`
	At    string   `yaml:"at"` // place
	Links []string `yaml:"links"`
	From  Duration `yaml:"from"`
	Until Duration `yaml:"until"` // 0: to the end
	Rate  float64  `yaml:"rate"`  // messages a second, of forgers and flooders
	Per   int      `yaml:"per"`   // identities of a sybil
	// Offset of a clock-skew adversary's clock.
	Offset Span `yaml:"offset"`
}

// DefaultMarks are the ages at which coverage is asked for when a scenario names none.
var DefaultMarks = []Duration{Duration(5 * time.Minute), Duration(15 * time.Minute), Duration(time.Hour)}
