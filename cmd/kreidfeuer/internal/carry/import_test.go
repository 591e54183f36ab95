package carry

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/carrytest"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// TestDiskFailsOnTheWay: what was read before a file breaks off is taken in and
// told, and then what is wrong with the disk.
func TestDiskFailsOnTheWay(t *testing.T) {
	t.Parallel()
	tree := carrytest.Tree(t, 21)
	from, to := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, tree, nodetest.Options{})
	ids := carrytest.Issue(t, tree, from, "one", 1)
	var b, out bytes.Buffer
	if err := from.ExportBundle(t.Context(), apitype.BundleFilter{Bare: true}, &b); err != nil {
		t.Fatal(err)
	}
	b.Truncate(b.Len() - 10)
	broken := errors.New("input/output error")
	e := &shell.Env{Stdout: shell.Checked(&out), Stderr: io.Discard, Now: nodetest.Now}
	err := importOne(t.Context(), e, to.Control(), "stick.kfb", &carriedFile{Reader: io.MultiReader(&b, iotest.ErrReader(broken))})
	if f := exit.Classify(err); f.Code != exit.System || !errors.Is(err, broken) || f.Hint == "" {
		t.Errorf("%v", err)
	}
	carrytest.WantAll(t, to, ids...)
	if !strings.Contains(out.String(), "1 live") || !strings.Contains(out.String(), "cut off") {
		t.Errorf("told: %s", out.String())
	}
}
