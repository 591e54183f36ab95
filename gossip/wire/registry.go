package wire

import (
	"fmt"
	"strconv"
)

// Version is the format version this package reads and writes.
const Version = 1

// Lane is a class of envelopes with its own topic, check, quota and sync order.
// Zero is no lane.
type Lane uint8

// The lanes. Their numbers are on the wire: append only, do not reorder.
const (
	LaneTrust Lane = 1 // roots, certificates, revocations, beacons, stations
	LaneLive  Lane = 2 // alerts with status Actual
	LaneDrill Lane = 3 // alerts with status Exercise or Test
	LaneMail  Lane = 4 // sealed letters
)

// Lanes lists the lanes in sync order.
var Lanes = []Lane{LaneTrust, LaneLive, LaneDrill, LaneMail}

var laneNames = map[Lane]string{LaneTrust: "trust", LaneLive: "live", LaneDrill: "drill", LaneMail: "mail"}

func (l Lane) String() string { return nameOf(laneNames, l, "lane") }

// ParseLane reads a lane's name.
func ParseLane(s string) (Lane, error) { return byName(laneNames, s, "lane") }

// MarshalText implements [encoding.TextMarshaler].
func (l Lane) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (l *Lane) UnmarshalText(b []byte) (err error) {
	*l, err = ParseLane(string(b))
	return err
}

// Type is the content type of an envelope's payload. Zero is no type.
// 0xF000 to 0xFFFF are for private use.
type Type uint16

// The content types. Append only, do not reorder.
const (
	TypeRoot        Type = 1 // a version of a domain's root
	TypeCertificate Type = 2 // a unit's or person's certificate
	TypeRevocation  Type = 3 // a signer's cumulative revocation list (slot)
	TypeBeacon      Type = 4 // a key's sign of life (slot)
	TypeStation     Type = 5 // binds a device to an authority (slot)
	TypeAlert       Type = 6 // a CAP alert in compact form
)

type typeInfo struct {
	name  string
	lanes []Lane
	slot  bool
	max   int
}

// typeTable is the content type registry (WIRE.md, "Registries").
var typeTable = map[Type]typeInfo{
	TypeRoot:        {"root", []Lane{LaneTrust}, false, MaxTrustObject},
	TypeCertificate: {"certificate", []Lane{LaneTrust}, false, MaxTrustObject},
	TypeRevocation:  {"revocation", []Lane{LaneTrust}, true, MaxRevocation},
	TypeBeacon:      {"beacon", []Lane{LaneTrust}, true, MaxTrustObject},
	TypeStation:     {"station", []Lane{LaneTrust}, true, MaxTrustObject},
	TypeAlert:       {"alert", []Lane{LaneLive, LaneDrill}, false, MaxTransmission},
}

func (t Type) String() string {
	if info, ok := typeTable[t]; ok {
		return info.name
	}
	return "type(" + strconv.Itoa(int(t)) + ")"
}

// Slot reports whether only the highest sequence by one key is kept.
func (t Type) Slot() bool { return typeTable[t].slot }

// Context is the string signed as COSE external data, one per type, so that a
// signature for one type of object can never serve for another.
func (t Type) Context() string { return "kreidfeuer:1:" + t.String() }

func (t Type) allows(l Lane) bool {
	for _, lane := range typeTable[t].lanes {
		if lane == l {
			return true
		}
	}
	return false
}

// Role says in which capacity a signer signed.
type Role uint8

// The roles. Append only, do not reorder; below 24, so that a signer's header
// has one length.
const (
	RoleAuthor    Role = 1 // wrote it; owns sequence and previous
	RoleApprover  Role = 2 // approved it
	RoleEmergency Role = 3 // author who issues alone under an emergency grant
)

var roleNames = map[Role]string{RoleAuthor: "author", RoleApprover: "approver", RoleEmergency: "emergency"}

func (r Role) String() string { return nameOf(roleNames, r, "role") }

// Priority orders envelopes of a lane; higher goes first. For alerts it is the
// highest severity of the alert's info blocks.
type Priority uint8

// The priorities. They are CAP severities on live and drill.
const (
	PriorityRoutine  Priority = 0 // Unknown severity
	PriorityMinor    Priority = 1
	PriorityModerate Priority = 2
	PrioritySevere   Priority = 3
	PriorityExtreme  Priority = 4
)

// Protocol and topic names. A change of format changes the number in them, so
// that old and new devices do not misread each other.
const (
	ProtocolPrefix  = "/kreidfeuer/1/"
	ProtocolCatchUp = ProtocolPrefix + "catchup/2"
	ProtocolDraft   = ProtocolPrefix + "draft"
)

// Topic is the gossip topic of one lane of one trust domain.
func Topic(domain ID, lane Lane) string {
	return ProtocolPrefix + domain.String() + "/" + lane.String()
}

func nameOf[T ~uint8](names map[T]string, v T, kind string) string {
	if n, ok := names[v]; ok {
		return n
	}
	return fmt.Sprintf("%s(%d)", kind, v)
}

func byName[T ~uint8](names map[T]string, s, kind string) (T, error) {
	for v, n := range names {
		if n == s {
			return v, nil
		}
	}
	return 0, fmt.Errorf("unknown %s %q", kind, clip(s, 40))
}
