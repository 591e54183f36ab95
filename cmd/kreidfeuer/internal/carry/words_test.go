package carry

import (
	"testing"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

func TestRefusalsInWords(t *testing.T) {
	for reason := range wire.Reasons() {
		if refusals[reason] == "" {
			t.Errorf("no words for %s", reason)
		}
	}
	if len(refusals) != len(wire.Reasons()) {
		t.Errorf("%d reasons in words, %d in all", len(refusals), len(wire.Reasons()))
	}
}

// TestImportVerdict holds exit codes to what was found.
func TestImportVerdict(t *testing.T) {
	reason := func(r string) []apitype.ImportRefusal { return []apitype.ImportRefusal{{Reason: r, Count: 1}} }
	for name, test := range map[string]struct {
		m    apitype.Imported
		want exit.Code
	}{
		"nothing":           {apitype.Imported{}, exit.OK},
		"new":               {apitype.Imported{Accepted: 3}, exit.OK},
		"known":             {apitype.Imported{Known: 3}, exit.OK},
		"others' too":       {apitype.Imported{Accepted: 3, Refused: 1, Reasons: reason("unknown-domain")}, exit.OK},
		"forged among them": {apitype.Imported{Accepted: 3, Refused: 1, Reasons: reason("bad-signature")}, exit.No},
		"others' only":      {apitype.Imported{Refused: 1, Reasons: reason("unknown-domain")}, exit.Trust},
		"damaged":           {apitype.Imported{Known: 3, BundleState: apitype.BundleState{Damaged: 1}}, exit.No},
		"given up":          {apitype.Imported{Known: 3, GaveUp: "forged"}, exit.No},
		"disk full":         {apitype.Imported{Accepted: 3, Unsaved: 3}, exit.System},
	} {
		got := exit.OK
		if err := ImportVerdict(&test.m); err != nil {
			got = exit.Classify(err).Code
		}
		if got != test.want {
			t.Errorf("%s: exit status %d, want %d", name, got, test.want)
		}
	}
}
