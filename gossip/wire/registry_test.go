package wire

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestLanes(t *testing.T) {
	want := []string{"trust", "live", "drill", "mail"}
	for i, l := range Lanes {
		if l.String() != want[i] {
			t.Errorf("lane %d in sync order is %s, want %s", i, l, want[i])
		}
		if got, err := ParseLane(l.String()); err != nil || got != l {
			t.Errorf("ParseLane(%s) = %v, %v", l, got, err)
		}
		var back Lane
		if err := json.Unmarshal(must(json.Marshal(l)), &back); err != nil || back != l {
			t.Errorf("JSON of %s reads as %v, %v", l, back, err)
		}
	}
	if len(Lanes) != len(laneNames) {
		t.Error("Lanes does not list every lane")
	}
	for _, s := range []string{"", "Live", "lane(9)", strings.Repeat("x", 10000)} {
		if l, err := ParseLane(s); err == nil || len(err.Error()) > 100 {
			t.Errorf("ParseLane of %d bytes = %v, %v", len(s), l, err)
		}
	}
	if Lane(9).String() != "lane(9)" || Role(9).String() != "role(9)" || Type(9).String() != "type(9)" {
		t.Error("numbers outside the registries have no readable name")
	}
}

func TestTypes(t *testing.T) {
	contexts := map[string]bool{}
	for typ, info := range typeTable {
		if contexts[typ.Context()] {
			t.Errorf("context %q serves two types", typ.Context())
		}
		contexts[typ.Context()] = true
		slot := slices.Contains([]Type{TypeRevocation, TypeBeacon, TypeStation}, typ)
		if typ.Slot() != slot {
			t.Errorf("%s: slot is %v", typ, !slot)
		}
		if info.max < MaxTrustObject || info.max > MaxTransmission || len(info.lanes) == 0 {
			t.Errorf("%s: lanes %v, at most %d bytes", typ, info.lanes, info.max)
		}
	}
	if Type(9).Slot() || contexts[contextPart] {
		t.Error("an unknown type is a slot, or the context of parts serves a type")
	}
}

// TestRolesFitOneByte: the size of a signer's header is a constant.
func TestRolesFitOneByte(t *testing.T) {
	for r := range roleNames {
		s := NewSigner(Ref{}, r)
		if n := len(s.appendHeader(nil)); n != signerHeaderSize {
			t.Errorf("%s: header of %d bytes, want %d", r, n, signerHeaderSize)
		}
	}
}

func TestTopic(t *testing.T) {
	id := hashID("domain")
	if got, want := Topic(id, LaneLive), "/kreidfeuer/1/"+id.String()+"/live"; got != want {
		t.Errorf("topic %q, want %q", got, want)
	}
}

func TestReasons(t *testing.T) {
	all := Reasons()
	for reason, verdict := range all {
		if verdict == Accept || reason.Verdict() != verdict {
			t.Errorf("%s: %s in the table, %s by itself", reason, verdict, reason.Verdict())
		}
	}
	// What may be the receiver's own fault is never the sender's: the design names these.
	for _, r := range []Reason{ReasonUnsupported, ReasonRevoked, ReasonExpired, ReasonCertExpired, ReasonUnknownIssuer, ReasonUnknownDomain} {
		if r.Verdict() != Ignore {
			t.Errorf("%s: %s, want ignore", r, r.Verdict())
		}
	}
	if Reason("new").Verdict() != Ignore {
		t.Error("a reason outside the table must not accept")
	}
	delete(all, ReasonSeen)
	if len(Reasons()) == len(all) {
		t.Error("Reasons returns the table itself")
	}
	for v, want := range map[Verdict]string{Accept: "accept", Ignore: "ignore", Reject: "reject"} {
		if v.String() != want {
			t.Errorf("verdict %d is %q", v, v)
		}
	}
}

func TestRefusal(t *testing.T) {
	err := error(Refuse(ReasonSeen, "envelope %d", 7))
	if err.Error() != "seen: envelope 7" {
		t.Errorf("error %q", err)
	}
	for name, tt := range map[string]struct {
		target error
		want   bool
	}{
		"same reason":             {&Refusal{Reason: ReasonSeen}, true},
		"other reason":            {&Refusal{Reason: ReasonBusy}, false},
		"same reason with detail": {Refuse(ReasonSeen, "envelope 8"), false},
		"another error":           {errors.New("seen"), false},
	} {
		if errors.Is(err, tt.target) != tt.want {
			t.Errorf("%s: errors.Is is %v", name, !tt.want)
		}
	}
}

func TestRefusePayload(t *testing.T) {
	var list []ID
	for item, want := range map[string]Reason{
		string(arr(bstr(sha(3, nil)))): ReasonUnsupported, // a later hash inside
		string(arr(num(1))):            ReasonBadPayload,
		string([]byte{0xff}):           ReasonBadPayload,
	} {
		if got := RefusePayload("list", Unmarshal([]byte(item), &list)); got.Reason != want {
			t.Errorf("%x: %v, want %s", item, got, want)
		}
	}
}

func TestCheckAuthority(t *testing.T) {
	for path, ok := range map[string]bool{
		"": true, "rp": true, "rp/07131/lst": true, "a-b/1": true, longAuthority(8): true,
		strings.Repeat("a", MaxLabel): true, strings.Repeat("a", MaxLabel+1): false,
		strings.TrimSuffix(strings.Repeat(strings.Repeat("a", 32)+"/", 5), "/"): false, // 164 bytes
		longAuthority(9): false, "/": false, "rp/": false, "/rp": false, "rp//x": false, "RP": false, "kölN": false,
		"-a": false, "a-": false, "a.b": false, "a b": false, "a\x00": false,
	} {
		if err := CheckAuthority(path); (err == nil) != ok {
			t.Errorf("CheckAuthority(%q) = %v", path, err)
		} else if err != nil && !errors.Is(err, &Refusal{Reason: ReasonMalformed}) {
			t.Errorf("CheckAuthority(%q) = %v, want malformed", path, err)
		}
	}
	if CheckLabel("") == nil || CheckLabel("a/b") == nil || CheckLabel("s2") != nil {
		t.Error("CheckLabel: wrong about an empty label, a path or s2")
	}
}
