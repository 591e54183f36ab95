package identity

import (
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Origin is the envelope around a trust object: who made it and when.
type Origin struct {
	ID       wire.ID // zero before it is made
	Domain   wire.ID
	Issuer   wire.ID  // certificate of the maker's unit, or a root version
	By       string   // authority of that unit; empty: the root
	Sequence uint64   // of the author's key in lane trust, from 1
	Previous *wire.ID // the author's envelope before, nil with sequence 1
	Created  uint64   // seconds UTC
	Expires  uint64   // seconds UTC; when devices may forget it, no more
}

func originOf(e *wire.Envelope) Origin {
	h := &e.Header
	return Origin{ID: e.ID(), Domain: e.Domain(), Issuer: h.IssuerID(), By: h.Authority,
		Sequence: h.Sequence, Previous: h.Previous, Created: h.Created, Expires: h.Expires}
}

func (o *Origin) header(t wire.Type) wire.Header {
	return wire.Header{Type: t, Domain: &o.Domain, Authority: o.By, Issuer: &o.Issuer,
		Sequence: o.Sequence, Previous: o.Previous, Created: o.Created, Expires: o.Expires}
}

// Beacon is the decoded view of a beacon envelope: one key's sign of life
// (Lebenszeichen), given at Created. It is immutable.
type Beacon struct {
	Origin
	Heads   map[wire.Lane]Head // the key's last envelope of each lane
	InForce [][8]byte          // prefixes of its authority's alerts in force, ascending
}

type beaconPayload struct {
	Heads   map[wire.Lane]Head `cbor:"1,keyasint,omitempty"`
	InForce [][8]byte          `cbor:"2,keyasint,omitempty"`
}

// ParseBeacon reads a beacon envelope. It judges form only, no trust.
func ParseBeacon(e *wire.Envelope) (*Beacon, error) {
	var p beaconPayload
	if err := parsePayload(e, wire.TypeBeacon, &p); err != nil {
		return nil, err
	}
	for i := 1; i < len(p.InForce); i++ {
		if comparePrefixes(p.InForce[i-1], p.InForce[i]) >= 0 {
			return nil, wire.Refuse(wire.ReasonBadPayload, "beacon: prefixes in force are out of order or twice")
		}
	}
	return &Beacon{Origin: originOf(e), Heads: p.Heads, InForce: p.InForce}, nil
}

func comparePrefixes(a, b [8]byte) int { return slices.Compare(a[:], b[:]) }

// NewBeacon makes an unsigned beacon; one key signs it. At most some 400 alerts
// in force fit.
func NewBeacon(o Origin, heads map[wire.Lane]Head, inForce []wire.ID) (*wire.Envelope, error) {
	p := beaconPayload{Heads: heads}
	for _, id := range inForce {
		p.InForce = append(p.InForce, id.Prefix())
	}
	slices.SortFunc(p.InForce, comparePrefixes)
	p.InForce = slices.Compact(p.InForce)
	e, err := newTrustObject(o.header(wire.TypeBeacon), p)
	if err != nil {
		return nil, err
	}
	_, err = ParseBeacon(e)
	return e, err
}

// Station is the decoded view of a station envelope: a person vouches that a
// device belongs to their authority and may receive its drafts. It is immutable.
type Station struct {
	Origin
	Peer []byte // libp2p peer ID, its binary form
	Name string // for display
}

type stationPayload struct {
	Peer []byte `cbor:"1,keyasint"`
	Name string `cbor:"2,keyasint"`
}

const maxPeerID = 64 // bytes; libp2p's Ed25519 peer IDs take 38

// ParseStation reads a station envelope. It judges form only, no trust.
func ParseStation(e *wire.Envelope) (*Station, error) {
	var p stationPayload
	if err := parsePayload(e, wire.TypeStation, &p); err != nil {
		return nil, err
	}
	if len(p.Peer) == 0 || len(p.Peer) > maxPeerID || p.Name == "" || !cleanText(p.Name) {
		return nil, wire.Refuse(wire.ReasonBadPayload, "station: peer ID or name is missing, too long or holds control characters")
	}
	return &Station{Origin: originOf(e), Peer: p.Peer, Name: p.Name}, nil
}

// NewStation makes an unsigned station binding; one person signs it.
func NewStation(o Origin, peer []byte, name string) (*wire.Envelope, error) {
	e, err := newTrustObject(o.header(wire.TypeStation), stationPayload{peer, name})
	if err != nil {
		return nil, err
	}
	_, err = ParseStation(e)
	return e, err
}
