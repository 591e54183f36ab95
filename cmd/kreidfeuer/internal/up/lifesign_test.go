package up

import (
	"bytes"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// TestSigns: the table says of each authority what silence means, how its sign
// came, and what is missing.
func TestSigns(t *testing.T) {
	given := time.Date(2027, 7, 14, 18, 0, 0, 0, time.UTC)
	s := &apitype.Status{
		Signs: []apitype.Sign{
			{Authority: "rp", Name: "Land RP", State: apitype.SignHeard, Time: given, SilentS: 300, Means: "gossip", From: "12D3KooWabcdefgh", InForce: 2, Missing: []string{"01", "02"}},
			{Authority: "rp/07131", Name: "Kreis", State: apitype.SignCutOff, Time: given, SilentS: 3 * 3600, Means: "carry", Complete: true, InForce: 1},
			{Name: "Land NW", State: apitype.SignNever, SilentS: -1},
		},
	}
	var out bytes.Buffer
	e := &shell.Env{Stdout: shell.Checked(&out)}
	printSigns(e, s)
	want := "\nSIGN OF LIFE (Lebenszeichen)\tMEANS\tGIVEN\tCAME BY\tWARNINGS IN FORCE\n" +
		"Land RP (rp)\theard 5 min ago\t2027-07-14T18:00:00Z\tnetwork, from …abcdefgh\t2 of 2 MISSING\n" +
		"Kreis (rp/07131)\tCut off for 3 h: warnings may be missing\t2027-07-14T18:00:00Z\tcarried (stick)\tall 1 here\n" +
		"Land NW\tnever heard: warnings may be missing\t-\t-\tunknown\n\n"
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}
