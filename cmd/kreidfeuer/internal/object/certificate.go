package object

import (
	"fmt"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// CertificateJSON is what a certificate says.
type CertificateJSON struct {
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

// DescribeCertificate takes over what a certificate says; Revoked is left empty.
func DescribeCertificate(c *identity.Certificate) *CertificateJSON {
	s := &c.Scope
	j := &CertificateJSON{Kind: c.Kind.String(), Authority: c.Authority, Person: c.Person, Key: c.Key, Name: c.Name,
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

// Rows are for a table: name and value, divided by a tab.
func (c *CertificateJSON) Rows() []string {
	rows := []string{"name\t" + shell.OneLine(c.Name), c.Kind + "\t" + c.Authority}
	if c.Person != "" {
		rows[1] += ", " + c.Person
	}
	if c.Function != "" {
		rows = append(rows, "function\t"+shell.OneLine(strings.TrimSpace(c.Function+" "+c.Number)))
	}
	rows = append(rows, "key\t"+c.Key.String(), "areas\t"+shell.OneLine(strings.Join(c.Areas, "; ")),
		"categories\t"+strings.Join(c.Categories, ", "), "severity\tup to "+c.MaxSeverity, "lanes\t"+strings.Join(c.Lanes, ", "),
		fmt.Sprintf("needs\t%d persons for severe, extreme and delegation", c.Needed),
		fmt.Sprintf("delegates\t%d levels, %d certificates", c.Depth, c.Children),
		fmt.Sprintf("lifetime\t%d hours", c.Lifetime/3600), fmt.Sprintf("emergency\t%d in 24 hours", c.Emergency))
	if c.ImportOnly {
		rows = append(rows, "imports\tonly foreign warnings, marked as such")
	}
	return rows
}

// SeverityNames are CAP's severities by their priority.
var SeverityNames = [...]string{"unknown", "minor", "moderate", "severe", "extreme"}

func severityName(p wire.Priority) string {
	if int(p) < len(SeverityNames) {
		return SeverityNames[p]
	}
	return "unknown"
}
