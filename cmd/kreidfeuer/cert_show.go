package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

func certShowCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:      "show",
		Usage:     "print what certificates, lists and roots say; without a file, list what is known",
		ArgsUsage: "[FILE...]",
		Description: "Without a file it lists the certificates that the running device knows or, if none\n" +
			"runs, that came with the pinned roots; with --json as the control API's certificates.\n\n" +
			"With files, exit status 4 means that one does not hold by what this device has pinned,\n" +
			"or by the files of --trust.\n\n" +
			"With files and --json one object for each: {\"schema\",\"type\",\"fingerprint\",\"domain\",\n" +
			"\"issuer\",\"sequence\",\"created\",\"expires\",\"signatures\",\"valid\",\"problem\",\"certificate\",\n" +
			"\"revocations\",\"station\" or \"beacon\"}.\n\n" +
			"Examples:\n" +
			"  kreidfeuer cert show\n" +
			"  kreidfeuer cert show --trust root.pem lst.pem",
		Flags: []cli.Flag{trustFlag()},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, maxFiles, "files or none"); err != nil {
				return err
			}
			if c.NArg() == 0 {
				return e.listCertificates(c)
			}
			return e.showCerts(c)
		},
	}, exitOK, exitUsage, exitTrust, exitData)
}

func (e *env) showCerts(c *cli.Context) error {
	pool, err := e.openTrust(c)
	if err != nil {
		return err
	}
	bad := false
	first := true
	for _, name := range c.Args().Slice() {
		es, err := e.readObjectFile(name)
		if err != nil {
			return err
		}
		for _, o := range es {
			if !first && !e.json {
				e.printf("\n")
			}
			first = false
			if _, err := pool.AddChain(o); err == nil {
				_, _ = pool.Add(o) // what follows may rest on it; describeObject says whether it holds
			}
			j, err := describeObject(pool, o)
			if err != nil {
				return err
			}
			bad = bad || !j.Valid || j.Certificate != nil && j.Certificate.Revoked != ""
			if err := e.printObject(j); err != nil {
				return err
			}
		}
	}
	if bad && len(pool.Domains()) == 0 {
		e.notef("hint: nothing is pinned here; name the root with --trust FILE")
	}
	if bad {
		return silent(exitTrust)
	}
	return nil
}

// objectJSON is one line of cert show --json.
type objectJSON struct {
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
	Certificate *certificateJSON `json:"certificate,omitempty"`
	Revocations []revocationJSON `json:"revocations,omitempty"`
	Station     *stationJSON     `json:"station,omitempty"`
	Beacon      *beaconJSON      `json:"beacon,omitempty"`
}

type certificateJSON struct {
	Kind        string             `json:"kind"`
	Authority   string             `json:"authority"`
	Person      string             `json:"person,omitempty"`
	Key         identity.PublicKey `json:"key"`
	Name        string             `json:"name"`
	Function    string             `json:"function,omitempty"`
	Number      string             `json:"number,omitempty"`
	Areas       []string           `json:"areas"`
	Categories  []string           `json:"categories"`
	MaxSeverity string             `json:"max_severity"`
	Lanes       []string           `json:"lanes"`
	Depth       int                `json:"depth"`
	Needed      int                `json:"needed"`
	Children    int                `json:"children"`
	Lifetime    uint64             `json:"lifetime"` // seconds
	Emergency   int                `json:"emergency"`
	ImportOnly  bool               `json:"import_only"`
	Revoked     string             `json:"revoked,omitempty"` // retired or compromised
}

type revocationJSON struct {
	Key       identity.PublicKey `json:"key"`
	Authority string             `json:"authority"`
	Kind      string             `json:"kind"`
	At        string             `json:"at"`
}

func describeObject(pool *identity.Pool, o *wire.Envelope) (objectJSON, error) {
	h := &o.Header
	j := objectJSON{Schema: "kreidfeuer.object/1", Type: h.Type.String(), Fingerprint: identity.Fingerprint(o.ID()), Domain: o.Domain(),
		Issuer: h.Authority, Sequence: h.Sequence, Created: stamp(h.Created), Expires: stamp(h.Expires), Signatures: len(o.Signers)}
	_, err := pool.Verify(o)
	j.Valid = err == nil
	if err != nil {
		j.Problem = err.Error()
	}
	switch h.Type {
	case wire.TypeCertificate:
		c, err := identity.ParseCertificate(o)
		if err != nil {
			return j, failf(exitUsage, "%w", err)
		}
		j.Certificate = describeCertificate(c)
		if r, ok := pool.Withdrawn(c); ok {
			j.Certificate.Revoked = r.Kind.String()
		}
	case wire.TypeRevocation:
		l, err := identity.ParseRevocationList(o)
		if err != nil {
			return j, failf(exitUsage, "%w", err)
		}
		for _, r := range l.Entries {
			j.Revocations = append(j.Revocations, revocationJSON{r.Key, r.Authority, r.Kind.String(), stamp(r.At)})
		}
	case wire.TypeStation:
		s, err := identity.ParseStation(o)
		if err != nil {
			return j, failf(exitUsage, "%w", err)
		}
		j.Station = describeStation(s)
	case wire.TypeBeacon:
		b, err := identity.ParseBeacon(o)
		if err != nil {
			return j, failf(exitUsage, "%w", err)
		}
		j.Beacon = describeBeacon(b)
	}
	return j, nil
}

func describeCertificate(c *identity.Certificate) *certificateJSON {
	s := &c.Scope
	j := &certificateJSON{Kind: c.Kind.String(), Authority: c.Authority, Person: c.Person, Key: c.Key, Name: c.Name,
		Function: c.Function, Number: c.Number, Areas: []string{}, Categories: []string{}, Lanes: strings.Fields(s.Lanes.String()),
		MaxSeverity: severityName(s.Severity), Depth: int(s.Depth), Needed: int(s.Needed), Children: int(s.Children),
		Lifetime: s.Lifetime, Emergency: int(s.Emergency), ImportOnly: s.ImportOnly}
	for _, a := range s.Areas {
		j.Areas = append(j.Areas, a.String())
	}
	for i, name := range identity.CategoryNames {
		if s.Categories&(1<<i) != 0 {
			j.Categories = append(j.Categories, name)
		}
	}
	return j
}

// printObject describes any trust object but a root's keys in full.
func (e *env) printObject(j objectJSON) error {
	if e.json {
		return e.printJSON(j)
	}
	e.table(e.stdout, j.rows())
	return nil
}

func (j *objectJSON) rows() []string {
	rows := []string{j.Type + "\t" + j.Fingerprint}
	if j.Certificate != nil {
		rows = append(rows, j.Certificate.rows()...)
	}
	for _, r := range j.Revocations {
		rows = append(rows, fmt.Sprintf("withdrawn\t%s %s since %s, %s", oneLine(r.Authority), r.Key, r.At, r.Kind))
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

func objectState(j *objectJSON) string {
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

func (c *certificateJSON) rows() []string {
	rows := []string{"name\t" + oneLine(c.Name), c.Kind + "\t" + c.Authority}
	if c.Person != "" {
		rows[1] += ", " + c.Person
	}
	if c.Function != "" {
		rows = append(rows, "function\t"+oneLine(strings.TrimSpace(c.Function+" "+c.Number)))
	}
	rows = append(rows, "key\t"+c.Key.String(), "areas\t"+oneLine(strings.Join(c.Areas, "; ")),
		"categories\t"+strings.Join(c.Categories, ", "), "severity\tup to "+c.MaxSeverity, "lanes\t"+strings.Join(c.Lanes, ", "),
		fmt.Sprintf("needs\t%d persons for severe, extreme and delegation", c.Needed),
		fmt.Sprintf("delegates\t%d levels, %d certificates", c.Depth, c.Children),
		fmt.Sprintf("lifetime\t%d hours", c.Lifetime/3600), fmt.Sprintf("emergency\t%d in 24 hours", c.Emergency))
	if c.ImportOnly {
		rows = append(rows, "imports\tonly foreign warnings, marked as such")
	}
	return rows
}
