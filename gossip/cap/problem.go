package cap

import "fmt"

// Level is the severity of a Problem.
type Level string

// Levels of a Problem. A document without any LevelError is valid: it keeps
// the schema of its own version and every rule the standard states as a must.
const (
	LevelError   Level = "error"
	LevelWarning Level = "warning"
	LevelInfo    Level = "info"
)

// Problem is one finding about a document.
type Problem struct {
	Path     string `json:"path"` // XPath-like with indexes from 1: /alert/info[2]/area[1]/polygon[1]
	Line     int    `json:"line"` // from 1; 0 if the document has no lines (JSON, or a value built in memory)
	Rule     string `json:"rule"` // stable identifier, listed in RULES.md
	Severity Level  `json:"severity"`
	Message  string `json:"message"` // what is wrong and what would be right
}

// String formats the problem on one line.
func (p Problem) String() string {
	return fmt.Sprintf("%s: line %d: %s (%s): %s", p.Path, p.Line, p.Severity, p.Rule, p.Message)
}

// Valid reports whether no problem is an error.
func Valid(problems []Problem) bool {
	for _, p := range problems {
		if p.Severity == LevelError {
			return false
		}
	}
	return true
}
