package carry

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/carrytest"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// TestHostileNames: the names of a stranger's files neither steer the terminal nor
// look like lines of our own.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	tree := carrytest.Tree(t, 14)
	d := nodetest.Start(t, tree, nodetest.Options{})
	name := filepath.Join(t.TempDir(), "a\x1b[2Jb\naccepted\t500\u202e.kfb")
	b, err := Packed(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Skip("no such names here:", err)
	}
	var out bytes.Buffer
	e := &shell.Env{Stdout: shell.Checked(&out), Stderr: &out, Now: nodetest.Now}
	if err := importFiles(t.Context(), e, d.Control(), []string{name}); err != nil {
		t.Error(err)
	}
	if err := inspect(t.Context(), e, nil, d.Control(), name); err != nil {
		t.Error(err)
	}
	if s := out.String(); strings.ContainsAny(s, "\x1b\u202e") || strings.Contains(s, "\naccepted  500") || strings.Contains(s, "\naccepted\t500") || strings.Contains(s, "1970") {
		t.Errorf("printed %q", s)
	}
}
