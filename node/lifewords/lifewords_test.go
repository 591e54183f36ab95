package lifewords

import (
	"testing"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

func TestWords(t *testing.T) {
	cut := apitype.Sign{Name: "Kreis", State: apitype.SignCutOff, SilentS: 3 * 3600, AgeS: 10, Means: "carry", InForce: 3, Missing: []string{"01"}}
	heard := apitype.Sign{Name: "Land", State: apitype.SignHeard, SilentS: 60, Means: "gossip", From: "12D3KooWabcdefgh", InForce: 2, Complete: true}
	doubt := apitype.Sign{Name: "Stadt", State: apitype.SignUnknown, SilentS: 120, AgeS: 120}
	never := apitype.Sign{Name: "Bund", State: apitype.SignNever, SilentS: -1, AgeS: -1}
	for _, test := range []struct{ got, want string }{
		{German.Meaning(&cut), "Seit 3 Std. abgeschnitten: Warnungen können fehlen"},
		{English.Meaning(&cut), "Cut off for 3 h: warnings may be missing"},
		{German.Meaning(&heard), "gehört vor 1 Min."},
		{German.Meaning(&doubt), "Uhr unsicher, Alter unbekannt, hier angekommen vor 2 Min.: Warnungen können fehlen"},
		{English.Meaning(&never), "never heard: warnings may be missing"},
		{German.Way(&cut), "getragen (Stick)"},
		{English.Way(&heard), "network, from …abcdefgh"},
		{English.Way(&doubt), "unknown"},
		{German.Complete(&cut), "1 von 3 FEHLEN"},
		{English.Complete(&heard), "all 2 here"},
		{German.All([]apitype.Sign{heard, cut, never}), "Kreis: Seit 3 Std. abgeschnitten: Warnungen können fehlen (2 von 3 Stellen)"},
		{English.All([]apitype.Sign{heard, heard}), "all 2 authorities heard"},
		{German.All(nil), ""},
		{In("de-simple").Ago(5), "gerade eben"},
		{In("tr").Ago(2 * 86400), "2 days ago"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}
