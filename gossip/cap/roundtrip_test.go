package cap

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func itoa(n int) string { return strconv.Itoa(n) }

// roundTripModel writes in fidelity mode and expects the same alert back.
func roundTripModel(t *testing.T, a *Alert) {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, a, WriteOptions{Fidelity: true}); err != nil {
		t.Fatal(err)
	}
	again, _, err := Parse(out.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, out.Bytes())
	}
	if diff := cmp.Diff(a, again); diff != "" {
		t.Errorf("alert differs after writing and reading:\n%s\n%s", diff, out.Bytes())
	}
}
