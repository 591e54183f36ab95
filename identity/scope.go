package identity

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Categories is a set of CAP categories; bit i is the i-th in the order of the
// CAP 1.2 schema, which [CategoryNames] lists.
type Categories uint16

// CategoryNames are CAP's categories (CAP 1.2, 3.2.2) in the order of their bits.
var CategoryNames = [...]string{"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env",
	"Transport", "Infra", "CBRNE", "Other"}

// AllCategories holds every category.
const AllCategories = Categories(1<<len(CategoryNames) - 1)

// ParseCategories reads CAP category names.
func ParseCategories(names ...string) (Categories, error) {
	var c Categories
next:
	for _, name := range names {
		for i, known := range CategoryNames {
			if strings.EqualFold(name, known) {
				c |= 1 << i
				continue next
			}
		}
		return 0, fmt.Errorf("unknown CAP category %.40q, want one of %s", name, AllCategories)
	}
	return c, nil
}

func (c Categories) String() string {
	var names []string
	for i, name := range CategoryNames {
		if c&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// Lanes is a set of lanes; bit n is the lane with number n.
type Lanes uint8

// LaneSet makes a set of lanes.
func LaneSet(lanes ...wire.Lane) (s Lanes) {
	for _, l := range lanes {
		s |= 1 << l
	}
	return s
}

// Has reports whether l is in the set.
func (s Lanes) Has(l wire.Lane) bool { return l < 8 && s&(1<<l) != 0 }

func (s Lanes) String() string {
	var names []string
	for _, l := range wire.Lanes {
		if s.Has(l) {
			names = append(names, l.String())
		}
	}
	return strings.Join(names, " ")
}

// Quota bounds what one certificate may have alive in one lane at a time.
type Quota struct {
	_     struct{} `cbor:",toarray"`
	Lane  wire.Lane
	Count uint64 // unexpired envelopes
	Bytes uint64 // their stored size
}

// Bounds of a scope (format).
const (
	maxChildren  = 1024 // subjects below one certificate: it bounds a device's memory
	maxEmergency = 96   // emergency alerts per day: one each quarter of an hour
	maxDepth     = wire.MaxDepth
)

// Scope is what a certificate permits. The zero value permits nothing.
type Scope struct {
	Areas      []Area        `cbor:"1,keyasint,omitempty"`
	Categories Categories    `cbor:"2,keyasint"`
	Severity   wire.Priority `cbor:"3,keyasint"` // highest
	Lanes      Lanes         `cbor:"4,keyasint"`
	Depth      uint8         `cbor:"5,keyasint"` // levels of delegation below; 0 may not issue certificates
	Needed     uint8         `cbor:"6,keyasint"` // persons needed for Severe, Extreme and for delegation; 1 to 15
	Children   uint16        `cbor:"7,keyasint"` // distinct subjects certified with this certificate as issuer
	Lifetime   uint64        `cbor:"8,keyasint"` // highest expires minus created of an alert, seconds
	Quotas     []Quota       `cbor:"9,keyasint,omitempty"`
	Emergency  uint8         `cbor:"10,keyasint"` // emergency signatures in 24 h; 0: none
	ImportOnly bool          `cbor:"11,keyasint"` // may only bring in foreign alerts, marked as such
}

// Quota is the bound for a lane; no quota means nothing may be kept.
func (s *Scope) Quota(l wire.Lane) Quota {
	for _, q := range s.Quotas {
		if q.Lane == l {
			return q
		}
	}
	return Quota{Lane: l}
}

// check holds the bounds and the form of a scope.
func (s *Scope) check() error {
	bad := func(what string, v any) error {
		return wire.Refuse(wire.ReasonBadPayload, "scope: %s %v is out of range", what, v)
	}
	switch {
	case len(s.Areas) > maxAreas:
		return bad("number of areas", len(s.Areas))
	case s.Categories&^AllCategories != 0 || s.Lanes&^LaneSet(wire.Lanes...) != 0:
		return wire.Refuse(wire.ReasonUnsupported, "scope: unknown category or lane")
	case s.Severity > wire.PriorityExtreme:
		return bad("severity", s.Severity)
	case s.Depth >= maxDepth:
		return bad("depth", s.Depth)
	case s.Needed == 0 || s.Needed >= wire.MaxSigners:
		return bad("number of needed signatures", s.Needed)
	case s.Children > maxChildren:
		return bad("number of children", s.Children)
	case s.Lifetime > wire.MaxAlertLifetime:
		return bad("lifetime", s.Lifetime)
	case s.Emergency > maxEmergency:
		return bad("number of emergency alerts", s.Emergency)
	}
	for _, a := range s.Areas {
		if err := a.Check(); err != nil {
			return err
		}
	}
	for i, q := range s.Quotas {
		if !LaneSet(wire.Lanes...).Has(q.Lane) || i > 0 && q.Lane <= s.Quotas[i-1].Lane || max(q.Count, q.Bytes) > wire.MaxSequence {
			return bad("quota", i)
		}
	}
	return nil
}

// Within reports whether s lies inside parent. The error is a [*wire.Refusal]
// with ReasonNotContain that names the first field that exceeds. Needed must
// not be lower than the parent's, ImportOnly is inherited. A unit below the
// parent must, on top of it, have a lower Depth; certificates check that.
func (s *Scope) Within(parent *Scope) error {
	exceeds := func(field string, have, allowed any) error {
		return wire.Refuse(wire.ReasonNotContain, "%s %v exceeds the issuer's %v", field, have, allowed)
	}
	switch {
	case s.Categories&^parent.Categories != 0:
		return exceeds("categories", s.Categories, parent.Categories)
	case s.Severity > parent.Severity:
		return exceeds("severity", s.Severity, parent.Severity)
	case s.Lanes&^parent.Lanes != 0:
		return exceeds("lanes", s.Lanes, parent.Lanes)
	case s.Depth > parent.Depth:
		return exceeds("depth", s.Depth, parent.Depth)
	case s.Needed < parent.Needed:
		return wire.Refuse(wire.ReasonNotContain, "needed signatures %d are fewer than the issuer's %d", s.Needed, parent.Needed)
	case s.Children > parent.Children:
		return exceeds("children", s.Children, parent.Children)
	case s.Lifetime > parent.Lifetime:
		return exceeds("lifetime", s.Lifetime, parent.Lifetime)
	case s.Emergency > parent.Emergency:
		return exceeds("emergency alerts", s.Emergency, parent.Emergency)
	case parent.ImportOnly && !s.ImportOnly:
		return wire.Refuse(wire.ReasonNotContain, "the issuer may only import, and so must what it certifies")
	}
	for _, q := range s.Quotas {
		if own := parent.Quota(q.Lane); q.Count > own.Count || q.Bytes > own.Bytes {
			return wire.Refuse(wire.ReasonNotContain, "quota of lane %s, %d envelopes in %d bytes, exceeds the issuer's %d in %d",
				q.Lane, q.Count, q.Bytes, own.Count, own.Bytes)
		}
	}
	for _, a := range s.Areas {
		for _, k := range a.Keys {
			if !holdsKey(parent.Areas, k) {
				return wire.Refuse(wire.ReasonNotContain, "area %s lies outside the issuer's areas", k)
			}
		}
		for i, p := range a.Polygons {
			if !holdsPolygon(parent.Areas, p) {
				return wire.Refuse(wire.ReasonNotContain, "polygon %d lies outside each of the issuer's polygons", i)
			}
		}
	}
	return nil
}

// Demand is what an envelope asks of its signers' scopes. One without areas asks
// for none: what it says must then concern nobody by place.
type Demand struct {
	Areas      []Area        // each by its keys, or without keys by all its polygons
	Categories Categories    // of all infos
	Severity   wire.Priority // highest of all infos
	Lane       wire.Lane
	Lifetime   uint64 // seconds
	Import     bool   // a foreign alert, marked as imported
}

// Permit reports whether the scope covers a demand. The error is a
// [*wire.Refusal] with ReasonOutOfScope or ReasonImportOnly. It runs in bounded
// time for any demand; polygons of more than [MaxVertices] are never covered.
func (s *Scope) Permit(d Demand) error {
	switch {
	case s.ImportOnly && !d.Import:
		return wire.Refuse(wire.ReasonImportOnly, "the signer may only import foreign alerts")
	case !s.Lanes.Has(d.Lane):
		return wire.Refuse(wire.ReasonOutOfScope, "lane %s, the signer may use %s", d.Lane, s.Lanes)
	case d.Categories&^s.Categories != 0:
		return wire.Refuse(wire.ReasonOutOfScope, "category %s, the signer may use %s", d.Categories&^s.Categories, s.Categories)
	case d.Severity > s.Severity:
		return wire.Refuse(wire.ReasonOutOfScope, "severity %d, the signer may use %d", d.Severity, s.Severity)
	case d.Lifetime > s.Lifetime:
		return wire.Refuse(wire.ReasonOutOfScope, "lives %d s, the signer may use %d", d.Lifetime, s.Lifetime)
	}
	return s.permitAreas(d.Areas)
}

// maxDemand bounds the vertices of one demand's polygons that are compared
// (format): 16 full polygons or 400 boxes, a few milliseconds at worst.
const maxDemand = 16 * MaxVertices

func (s *Scope) permitAreas(areas []Area) error {
	vertices := 0
	for i, a := range areas {
		for _, k := range a.Keys {
			if !holdsKey(s.Areas, k) {
				return wire.Refuse(wire.ReasonOutOfScope, "area %s lies outside the signer's areas", k)
			}
		}
		if len(a.Keys) > 0 {
			continue // a polygon beside keys narrows who is concerned, never who may sign
		}
		if len(a.Polygons) == 0 {
			return wire.Refuse(wire.ReasonOutOfScope, "area %d has neither key nor polygon", i)
		}
		for _, p := range a.Polygons {
			if vertices += len(p); vertices > maxDemand {
				return wire.Refuse(wire.ReasonOutOfScope, "areas without keys have more than %d vertices", maxDemand)
			}
			if !holdsPolygon(s.Areas, p) {
				return wire.Refuse(wire.ReasonOutOfScope, "area %d has no key, and its polygon lies outside the signer's polygons", i)
			}
		}
	}
	return nil
}

// String is one line for people.
func (s *Scope) String() string {
	var areas []string
	for _, a := range s.Areas {
		areas = append(areas, a.String())
	}
	return fmt.Sprintf("areas [%s], %d categories, severity up to %d, lanes [%s], depth %d, needs %d",
		strings.Join(areas, "; "), bits.OnesCount16(uint16(s.Categories)), s.Severity, s.Lanes, s.Depth, s.Needed)
}
