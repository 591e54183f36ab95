package object

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// StationJSON is what binds a device to an authority.
type StationJSON struct {
	Peer string `json:"peer"`
	Name string `json:"name"`
}

func describeStation(s *identity.Station) *StationJSON {
	j := &StationJSON{Peer: fmt.Sprintf("%x", s.Peer), Name: s.Name}
	if id, err := peer.IDFromBytes(s.Peer); err == nil {
		j.Peer = id.String()
	}
	return j
}

func (s *StationJSON) rows() []string {
	return []string{"device\t" + s.Peer, "name\t" + shell.OneLine(s.Name)}
}

// BeaconJSON is a sign of life.
type BeaconJSON struct {
	Heads   map[string]string `json:"heads"`    // lane to "SEQUENCE:ID", as cert revoke --last takes it
	InForce []string          `json:"in_force"` // prefixes of envelope IDs, hexadecimal
}

func describeBeacon(b *identity.Beacon) *BeaconJSON {
	j := &BeaconJSON{Heads: map[string]string{}, InForce: []string{}}
	for lane, h := range b.Heads {
		j.Heads[lane.String()] = fmt.Sprintf("%d:%s", h.Sequence, h.ID)
	}
	for _, p := range b.InForce {
		j.InForce = append(j.InForce, hex.EncodeToString(p[:]))
	}
	return j
}

func (b *BeaconJSON) rows() []string {
	rows := []string{"in force\t" + shell.Counted(len(b.InForce), "warning")}
	if len(b.InForce) > 0 {
		rows[0] += ": " + strings.Join(b.InForce, ", ")
	}
	for _, lane := range slices.Sorted(maps.Keys(b.Heads)) {
		rows = append(rows, "last\t"+lane+":"+b.Heads[lane])
	}
	return rows
}
