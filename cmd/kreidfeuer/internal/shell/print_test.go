package shell

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

func TestPrintItemNamesItsSchema(t *testing.T) {
	var out bytes.Buffer
	e := &Env{Stdout: Checked(&out)}
	if err := e.PrintItem(apitype.SchemaPeerItem, apitype.Peer{PeerID: "p"}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema apitype.Schema `json:"schema"`
		apitype.Peer
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, out.Bytes())
	}
	if got.Schema != apitype.SchemaPeerItem || got.PeerID != "p" || bytes.Count(out.Bytes(), []byte("\n")) != 1 {
		t.Errorf("printed %s", out.Bytes())
	}
}
