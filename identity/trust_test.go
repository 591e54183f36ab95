package identity

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// TestReasonsTable keeps TRUST.md's table and wire.Reasons equal.
func TestReasonsTable(t *testing.T) {
	b, err := os.ReadFile("TRUST.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(b), "\n## Reasons\n")
	row := regexp.MustCompile(`(?m)^\| ([a-z-]+) \| (Reject|Ignore|Accept) \| (.+) \|$`)
	documented := map[wire.Reason]string{}
	for _, m := range row.FindAllStringSubmatch(table, -1) {
		if _, twice := documented[wire.Reason(m[1])]; twice {
			t.Errorf("%s stands twice in the table", m[1])
		}
		documented[wire.Reason(m[1])] = m[2]
	}
	for r, v := range wire.Reasons() {
		if got := documented[r]; !strings.EqualFold(got, v.String()) {
			t.Errorf("%s: the table says %q, the code %q", r, got, v)
		}
		delete(documented, r)
	}
	for r := range documented {
		t.Errorf("%s: the table explains a reason that does not exist", r)
	}
}
