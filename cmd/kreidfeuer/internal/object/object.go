// Package object says what a signed object of trust holds, in rows for people and in JSON
// for programs.
package object

import (
	"fmt"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// JSON is one line of cert show --json.
type JSON struct {
	Schema      string           `json:"schema"` // kreidfeuer.object/1
	Type        string           `json:"type"`
	Fingerprint string           `json:"fingerprint"`
	Domain      wire.ID          `json:"domain"`
	Issuer      string           `json:"issuer"` // authority; empty: the root
	Sequence    uint64           `json:"sequence"`
	Created     string           `json:"created"`
	Expires     string           `json:"expires"`
	Signatures  int              `json:"signatures"`
	Valid       bool             `json:"valid"` // by what is trusted here
	Problem     string           `json:"problem,omitempty"`
	Certificate *CertificateJSON `json:"certificate,omitempty"`
	Revocations []revocationJSON `json:"revocations,omitempty"`
	Station     *StationJSON     `json:"station,omitempty"`
	Beacon      *BeaconJSON      `json:"beacon,omitempty"`
}

type revocationJSON struct {
	Key       identity.PublicKey `json:"key"`
	Authority string             `json:"authority"`
	Kind      string             `json:"kind"`
	At        string             `json:"at"`
}

// Describe says what an object holds, and whether it does by what the pool trusts.
func Describe(pool *identity.Pool, o *wire.Envelope) (JSON, error) {
	h := &o.Header
	j := JSON{Schema: "kreidfeuer.object/1", Type: h.Type.String(), Fingerprint: identity.Fingerprint(o.ID()), Domain: o.Domain(),
		Issuer: h.Authority, Sequence: h.Sequence, Created: shell.Stamp(h.Created), Expires: shell.Stamp(h.Expires), Signatures: len(o.Signers)}
	_, err := pool.Verify(o)
	j.Valid = err == nil
	if err != nil {
		j.Problem = err.Error()
	}
	switch h.Type {
	case wire.TypeCertificate:
		c, err := identity.ParseCertificate(o)
		if err != nil {
			return j, exit.Errorf(exit.Usage, "%w", err)
		}
		j.Certificate = DescribeCertificate(c)
		if r, ok := pool.Withdrawn(c); ok {
			j.Certificate.Revoked = r.Kind.String()
		}
	case wire.TypeRevocation:
		l, err := identity.ParseRevocationList(o)
		if err != nil {
			return j, exit.Errorf(exit.Usage, "%w", err)
		}
		for _, r := range l.Entries {
			j.Revocations = append(j.Revocations, revocationJSON{r.Key, r.Authority, r.Kind.String(), shell.Stamp(r.At)})
		}
	case wire.TypeStation:
		s, err := identity.ParseStation(o)
		if err != nil {
			return j, exit.Errorf(exit.Usage, "%w", err)
		}
		j.Station = describeStation(s)
	case wire.TypeBeacon:
		b, err := identity.ParseBeacon(o)
		if err != nil {
			return j, exit.Errorf(exit.Usage, "%w", err)
		}
		j.Beacon = describeBeacon(b)
	}
	return j, nil
}

// Print describes any trust object but a root's keys in full.
func Print(e *shell.Env, j JSON) error {
	if e.JSON {
		return e.PrintJSON(j)
	}
	e.Table(e.Stdout, j.Rows())
	return nil
}

// Rows are for a table: name and value, divided by a tab.
func (j *JSON) Rows() []string {
	rows := []string{j.Type + "\t" + j.Fingerprint}
	if j.Certificate != nil {
		rows = append(rows, j.Certificate.Rows()...)
	}
	for _, r := range j.Revocations {
		rows = append(rows, fmt.Sprintf("withdrawn\t%s %s since %s, %s", shell.OneLine(r.Authority), r.Key, r.At, r.Kind))
	}
	if j.Station != nil {
		rows = append(rows, j.Station.rows()...)
	}
	if j.Beacon != nil {
		rows = append(rows, j.Beacon.rows()...)
	}
	issuer := j.Issuer
	if issuer == "" {
		issuer = "the root"
	}
	rows = append(rows, "issued by\t"+issuer, fmt.Sprintf("valid\t%s to %s", j.Created, j.Expires),
		fmt.Sprintf("signatures\t%d", j.Signatures), "state\t"+objectState(j))
	return rows
}

func objectState(j *JSON) string {
	switch {
	case j.Certificate != nil && j.Certificate.Revoked != "":
		return "WITHDRAWN: the key is " + j.Certificate.Revoked
	case j.Valid:
		return "holds"
	case strings.HasPrefix(j.Problem, string(wire.ReasonBadQuorum)):
		return "not finished: " + j.Problem
	}
	return "does NOT hold here: " + j.Problem
}
