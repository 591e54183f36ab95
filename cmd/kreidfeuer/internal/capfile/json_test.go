package capfile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/testenv"
)

// FuzzAlertJSON reads alerts in JSON: what is read is written and read again as
// the same alert.
func FuzzAlertJSON(f *testing.F) {
	f.Add([]byte(`{"schema":"kreidfeuer.cap/1","cap":"1.2","identifier":"A1","info":[{"category":["Met"],"area":[{"polygon":["1,2 3,4"]}]}],"signature":["<Signature/>"]}`))
	f.Add([]byte(`{"schema":"kreidfeuer.cap/1","cap":"1.2"} x`))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := parseAlertJSON(data)
		if err != nil {
			return
		}
		back, err := parseAlertJSON(testenv.Must(encodeAlert(a, "json")))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, back, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}
