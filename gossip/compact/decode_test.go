package compact

import (
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// TestPartsHoldNoVerdict: a part that arrives later can add words and shapes,
// but change nothing that was judged.
func TestPartsHoldNoVerdict(t *testing.T) {
	core := func(k Kind) []byte {
		info := entries{{2, appendUint(nil, 2)}}
		described := appendUint(appendArray(nil, 1), uint64(k))
		return entries{{keyInfo, info.appendTo(appendArray(nil, 1))}, {keyParts, described}}.appendTo(nil)
	}
	c := &context{alert: &cap.Alert{}}
	a := cap.Alert{Identifier: "x", Sender: "x", Sent: "soon", Status: cap.Test, MsgType: cap.MsgCancel, Scope: cap.Private, Version: cap.V11,
		Source: "x", Restriction: "x", Addresses: "x", Code: []string{"x"}, Note: "x", References: "x", Incidents: "x", Password: "x",
		Empty: []string{"x"}}
	pair := []cap.NamedValue{{ValueName: "x", Value: "x"}}
	v := cap.Info{Language: "x", Category: []cap.Category{"x"}, Event: "x", ResponseType: []cap.ResponseType{"x"}, Urgency: "x",
		Severity: "x", Certainty: "x", Audience: "x", EventCode: pair, Effective: "x", Onset: "x", Expires: "x", SenderName: "x",
		Headline: "x", Description: "x", Instruction: "x", Web: "x", Contact: "x", Parameter: pair,
		Resource: []cap.Resource{{ResourceDesc: "x"}}, Area: []cap.Area{{AreaDesc: "x"}}, Empty: []string{"x"}}

	texts := map[uint8]bool{8: true, 9: true, 10: true, 11: true, 12: true, 15: true, 16: true}
	for _, f := range alertTable {
		part := (&section{blocks: []block{{infoAlert, entries{{f.key, f.put(c, &a)}}}}}).encode(false)
		checkPart(t, "alert "+f.name, core(KindText), part, texts[f.key])
		checkPart(t, "alert "+f.name, core(KindGeometry), part, false)
	}
	texts = map[uint8]bool{1: true, 3: true, 8: true, 9: true, 13: true, 14: true, 15: true, 16: true, 17: true, 18: true, 20: true, 22: true}
	for _, f := range infoTable {
		part := (&section{blocks: []block{{0, entries{{f.key, f.put(c, &v)}}}}}).encode(false)
		if f.key == 2 { // is in the core already
			continue
		}
		checkPart(t, f.name, core(KindText), part, texts[f.key])
		checkPart(t, f.name, core(KindGeometry), part, f.key == keyArea)
		checkPart(t, f.name, core(KindMedia), part, false)
		checkPart(t, f.name, core(KindSignature), part, false)
	}
}

func checkPart(t *testing.T, name string, core, part []byte, want bool) {
	t.Helper()
	_, err := Decode(core, [][]byte{part})
	if (err == nil) != want {
		t.Errorf("%s: %v, want accepted: %v", name, err, want)
	}
}
