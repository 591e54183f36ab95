package alert

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// envelope makes an unsigned envelope of an alert, with the header that follows
// from it, changed afterwards.
func envelope(t testing.TB, c *cap.Alert, x compact.Extras, change func(*wire.Header)) (*wire.Envelope, [][]byte) {
	t.Helper()
	payload, packed, err := Payload(c, x)
	if err != nil {
		t.Fatal(err)
	}
	a := mustOf(t, c)
	domain, issuer := testID(1), testID(2)
	h := wire.Header{Type: wire.TypeAlert, Lane: LaneOf(c.Status), Priority: a.Severity, Domain: &domain, Issuer: &issuer, Authority: "rp/07131/lst", Sequence: 1}
	h.Created, h.Expires, _ = Times(c)
	if change != nil {
		change(&h)
	}
	e, err := wire.New(h, payload)
	if err != nil {
		t.Fatal(err)
	}
	e.Parts = packed
	return e, packed
}

// refusal is the reason of an error, or "" if it is nil.
func refusal(t testing.TB, err error) wire.Reason {
	t.Helper()
	var r *wire.Refusal
	if err != nil && !errors.As(err, &r) {
		t.Fatalf("%v is no refusal", err)
	}
	if r == nil {
		return ""
	}
	return r.Reason
}

func TestOpen(t *testing.T) {
	c := flood()
	c.MsgType, c.References = cap.MsgUpdate, "a,b,2026-07-14T19:00:00+02:00 a,c,2026-07-14T19:30:00+02:00"
	e, _ := envelope(t, c, compact.Extras{References: []wire.ID{testID(7), {}}}, nil)
	parts, err := OpenParts(e)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(e, parts)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.Info[1].Instruction, a.CAP.Info[1].Instruction); diff != "" || a.Kind != KindUpdate || a.Severity != wire.PriorityExtreme ||
		a.ID != e.ID() || len(a.Missing()) != 0 || a.Drill() {
		t.Errorf("opened %+v\n%s", a, diff)
	}
	if !slices.Equal(a.References, []wire.ID{testID(7)}) {
		t.Errorf("references %v, want the one that is known", a.References)
	}

	core, err := Open(e, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(core.Missing()) == 0 || core.CAP.Info[1].Headline != c.Info[1].Headline || core.CAP.Info[1].Instruction != "" {
		t.Errorf("without parts: missing %v, %+v", core.Missing(), core.CAP.Info[1])
	}
	if _, err := Open(e, make([][]byte, 9)); refusal(t, err) != wire.ReasonBadPart {
		t.Errorf("too many parts: %v", err)
	}
	e.Parts[0] = wire.PackPart([]byte("something else"))
	if _, err := OpenParts(e); refusal(t, err) != wire.ReasonBadPart {
		t.Errorf("exchanged part: %v", err)
	}
}

// TestAgree: what header and CAP say differently is refused, each for itself.
func TestAgree(t *testing.T) {
	alert := func(change func(*cap.Alert)) *cap.Alert {
		c := flood()
		change(c)
		return c
	}
	same := func(*wire.Header) {}
	follow := func(c *cap.Alert) { c.References = "a,b,2026-07-14T19:00:00+02:00" }
	tests := []struct {
		name   string
		cap    *cap.Alert
		header func(*wire.Header)
		want   wire.Reason
	}{
		{"agrees", flood(), same, ""},
		{"live lane, exercise", alert(func(c *cap.Alert) { c.Status = cap.Exercise }), func(h *wire.Header) { h.Lane = wire.LaneLive }, wire.ReasonWrongLane},
		{"drill lane, actual", flood(), func(h *wire.Header) { h.Lane = wire.LaneDrill }, wire.ReasonWrongLane},
		{"drill lane, test", alert(func(c *cap.Alert) { c.Status = cap.Test }), same, ""},
		{"draft", alert(func(c *cap.Alert) { c.Status = cap.Draft }), func(h *wire.Header) { h.Lane = wire.LaneDrill }, wire.ReasonBadPayload},
		{"system", alert(func(c *cap.Alert) { c.Status = cap.System }), func(h *wire.Header) { h.Lane = wire.LaneLive }, wire.ReasonBadPayload},
		{"created is not sent", flood(), func(h *wire.Header) { h.Created-- }, wire.ReasonBadPayload},
		{"lives longer than it says", flood(), func(h *wire.Header) { h.Expires++ }, wire.ReasonBadPayload},
		{"higher priority than severity", alert(func(c *cap.Alert) { c.Info[0].Severity, c.Info[1].Severity = cap.Minor, cap.Minor }),
			func(h *wire.Header) { h.Priority = wire.PriorityExtreme }, wire.ReasonBadPayload},
		{"lower priority than severity", flood(), func(h *wire.Header) { h.Priority = wire.PriorityMinor }, wire.ReasonBadPayload},
		{"live and severe without expires", alert(func(c *cap.Alert) { c.Info[1].Expires = "" }), same, wire.ReasonBadPayload},
		{"live and minor without expires: a day", alert(func(c *cap.Alert) {
			for i := range c.Info {
				c.Info[i].Severity, c.Info[i].Expires = cap.Minor, ""
			}
		}), func(h *wire.Header) { h.Expires = h.Created + DefaultLifetime }, ""},
		{"drill and severe without expires", alert(func(c *cap.Alert) { c.Status, c.Info[1].Expires = cap.Exercise, "" }), same, ""},
		{"update without references", alert(func(c *cap.Alert) { c.MsgType = cap.MsgUpdate }), same, wire.ReasonBadPayload},
		{"cancel with references", alert(func(c *cap.Alert) { c.MsgType = cap.MsgCancel; follow(c) }), same, ""},
		{"too many references", alert(func(c *cap.Alert) {
			c.MsgType, c.References = cap.MsgUpdate, strings.TrimSpace(strings.Repeat("a,b,2026-07-14T19:00:00+02:00 ", MaxReferences+1))
		}), same, wire.ReasonBadPayload},
		{"impossible expires", alert(func(c *cap.Alert) { c.Info[0].Expires = "soon" }), func(h *wire.Header) { h.Created, h.Expires = t0, t0+1 }, wire.ReasonBadPayload},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, _ := envelope(t, test.cap, compact.Extras{}, test.header)
			if _, err := Open(e, nil); refusal(t, err) != test.want {
				t.Errorf("refused %v, want %q", err, test.want)
			}
		})
	}
	if _, err := Of(&cap.Alert{MsgType: cap.MsgAck}); refusal(t, err) != wire.ReasonBadPayload {
		t.Errorf("Ack: %v", err)
	}
	if h, err := Header(flood()); err != nil || h.Lane != wire.LaneLive || h.Priority != wire.PriorityExtreme || h.Expires-h.Created != 11*3600+45*60 {
		t.Errorf("header %+v, %v", h, err)
	}
	if _, err := Header(&cap.Alert{MsgType: cap.MsgAlert, Status: cap.Draft, Sent: "2026-07-14T19:00:00+02:00"}); refusal(t, err) != wire.ReasonBadPayload {
		t.Errorf("header of a draft: %v", err)
	}
}

func TestKinds(t *testing.T) {
	for _, test := range []struct {
		msg  cap.MsgType
		resp cap.ResponseType
		want Kind
	}{
		{cap.MsgAlert, cap.Shelter, KindAlert}, {cap.MsgUpdate, cap.Shelter, KindUpdate}, {cap.MsgCancel, cap.Shelter, KindWithdrawal},
		{cap.MsgAlert, cap.AllClear, KindAllClear}, {cap.MsgUpdate, cap.AllClear, KindAllClear}, {cap.MsgCancel, cap.AllClear, KindAllClear},
	} {
		c := flood()
		c.MsgType, c.Info[1].ResponseType = test.msg, []cap.ResponseType{cap.Monitor, test.resp}
		if got := mustOf(t, c).Kind; got != test.want {
			t.Errorf("%s with %s is an %s, want %s", test.msg, test.resp, got, test.want)
		}
	}
}

// unit makes what identity proves for an alert by the Leitstelle of Ahrweiler.
func unit(change func(*identity.Verified)) *identity.Verified {
	scope := identity.Scope{
		Areas: []identity.Area{{
			Keys:     []identity.AreaKey{{Scheme: identity.SchemeARS, Prefix: "07131"}},
			Polygons: []identity.Polygon{{identity.Pt(5000000, 650000), identity.Pt(5000000, 750000), identity.Pt(5100000, 750000), identity.Pt(5100000, 650000)}},
		}},
		Categories: identity.AllCategories, Severity: wire.PriorityExtreme, Lanes: identity.LaneSet(wire.LaneLive, wire.LaneDrill), Needed: 2, Lifetime: 24 * 3600,
	}
	cert := func(k identity.Kind) *identity.Certificate {
		return &identity.Certificate{Subject: identity.Subject{Kind: k, Authority: "rp/07131/lst", Scope: scope}}
	}
	v := &identity.Verified{Level: 2, Needed: 2, Unit: cert(identity.KindUnit), Author: cert(identity.KindPerson)}
	v.Signers = []*identity.Certificate{v.Author, cert(identity.KindPerson)}
	if change != nil {
		change(v)
	}
	return v
}

func TestCheck(t *testing.T) {
	gateway := func(v *identity.Verified) {
		v.Author.Kind, v.Author.Scope.ImportOnly, v.Signers = identity.KindGateway, true, v.Signers[:1]
	}
	areaOf := func(list ...cap.Area) func(*cap.Alert) {
		return func(c *cap.Alert) { c.Info[0].Area, c.Info[1].Area = list, list }
	}
	severity := func(s cap.Severity) func(*cap.Alert) {
		return func(c *cap.Alert) { c.Info[0].Severity, c.Info[1].Severity = s, s }
	}
	level := func(n wire.Level) func(*identity.Verified) {
		return func(v *identity.Verified) { v.Level = n }
	}
	ends := func(msg cap.MsgType) func(*cap.Alert) {
		return func(c *cap.Alert) {
			c.References = "a,b,2026-07-14T19:00:00+02:00"
			if c.MsgType = msg; msg == cap.MsgAlert {
				allClearOf(c)
			}
		}
	}
	shape := func(p cap.Polygon) func(*cap.Alert) {
		return areaOf(cap.Area{AreaDesc: "x", Polygon: []cap.Polygon{p}})
	}
	var hundred strings.Builder
	for i := range 102 {
		fmt.Fprintf(&hundred, "50.5,%.5f ", 7+float64(i)/1e4)
	}
	tests := []struct {
		name   string
		cap    func(*cap.Alert)
		unit   func(*identity.Verified)
		origin bool
		want   wire.Reason
	}{
		{"two persons, own district", nil, nil, false, ""},
		{"one person", nil, level(1), false, wire.ReasonBadQuorum},
		{"one person, minor", severity(cap.Minor), level(1), false, ""},
		{"nobody, minor", severity(cap.Minor), level(0), false, wire.ReasonBadQuorum},
		{"one person, emergency", nil, func(v *identity.Verified) { v.Level, v.Emergency = 1, true }, false, ""},
		{"emergency update", ends(cap.MsgUpdate), func(v *identity.Verified) { v.Level, v.Emergency = 1, true }, false, wire.ReasonBadPayload},
		{"emergency all-clear", ends(cap.MsgAlert), func(v *identity.Verified) { v.Level, v.Emergency = 1, true }, false, wire.ReasonBadPayload},
		{"update by one", ends(cap.MsgUpdate), level(1), false, wire.ReasonBadQuorum},
		{"all-clear by one", ends(cap.MsgAlert), level(1), false, ""},
		{"withdrawal by one", ends(cap.MsgCancel), level(1), false, ""},
		{"unit that needs one", nil, func(v *identity.Verified) { v.Level, v.Needed = 1, 1 }, false, ""},
		{"signature that a revocation took away", nil, func(v *identity.Verified) { v.Level, v.Uncounted = 1, 1 }, false, wire.ReasonRevoked},
		{"root", nil, func(v *identity.Verified) { v.Unit = nil }, false, wire.ReasonOutOfScope},

		{"neighbouring district", areaOf(keyed("071320000000")), nil, false, wire.ReasonOutOfScope},
		{"whole Land", areaOf(keyed("070000000000")), nil, false, wire.ReasonOutOfScope},
		{"one village", areaOf(keyed("071310007007")), nil, false, ""},
		{"one key of two outside", areaOf(keyed("071310000000", "071320000000")), nil, false, wire.ReasonOutOfScope},
		{"one area of two outside", areaOf(keyed("071310000000"), keyed("071320000000")), nil, false, wire.ReasonOutOfScope},
		{"AGS inside", areaOf(cap.Area{Geocode: []cap.NamedValue{geocode("AGS", "07131007")}}), nil, false, ""},
		{"AGS outside", areaOf(cap.Area{Geocode: []cap.NamedValue{geocode("AGS", "07132007")}}), nil, false, wire.ReasonOutOfScope},
		{"NUTS outside", areaOf(cap.Area{Geocode: []cap.NamedValue{geocode("NUTS3", "DEB12")}}), nil, false, wire.ReasonOutOfScope},
		{"polygon beside the key may be anywhere", areaOf(cap.Area{Polygon: []cap.Polygon{"0,0 0,1 1,1 0,0"}, Geocode: keyed("071310000000").Geocode}), nil, false, ""},
		{"polygon inside the certificate's", shape("50.5,7.0 50.5,7.2 50.6,7.2 50.5,7.0"), nil, false, ""},
		{"polygon leaves the certificate's", shape("50.5,7.0 50.5,7.6 50.6,7.2 50.5,7.0"), nil, false, wire.ReasonOutOfScope},
		{"polygon of too many corners", shape(cap.Polygon(hundred.String())), nil, false, wire.ReasonOutOfScope},
		{"circle inside", areaOf(cap.Area{Circle: []cap.Circle{"50.5,7.0 20"}}), nil, false, ""},
		{"circle leaves", areaOf(cap.Area{Circle: []cap.Circle{"50.5,7.0 60"}}), nil, false, wire.ReasonOutOfScope},
		{"unknown scheme: concerns nobody outside", areaOf(cap.Area{Geocode: []cap.NamedValue{geocode("SAME", "1")}}), nil, false, ""},
		{"second signer's scope is smaller", nil, func(v *identity.Verified) { v.Signers[1].Scope.Severity = wire.PriorityMinor }, false, wire.ReasonOutOfScope},
		{"category", nil, func(v *identity.Verified) { v.Unit.Scope.Categories = 1 }, false, wire.ReasonOutOfScope},
		{"unknown category counts as Other", func(c *cap.Alert) { c.Info[0].Category = []cap.Category{"Zombies"} },
			func(v *identity.Verified) { v.Unit.Scope.Categories = 1 << 1 }, false, wire.ReasonOutOfScope},
		{"severity", nil, func(v *identity.Verified) { v.Unit.Scope.Severity = wire.PrioritySevere }, false, wire.ReasonOutOfScope},
		{"lane", nil, func(v *identity.Verified) { v.Unit.Scope.Lanes = identity.LaneSet(wire.LaneDrill) }, false, wire.ReasonOutOfScope},
		{"lifetime", nil, func(v *identity.Verified) { v.Unit.Scope.Lifetime = 3600 }, false, wire.ReasonOutOfScope},

		{"gateway with origin", severity(cap.Minor), gateway, true, ""},
		{"gateway without origin", severity(cap.Minor), gateway, false, wire.ReasonImportOnly},
		{"person with origin", nil, nil, true, wire.ReasonImportOnly},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := flood()
			if test.cap != nil {
				test.cap(c)
			}
			a := mustOf(t, c)
			a.Header.Lane = LaneOf(c.Status)
			a.Header.Created, a.Header.Expires, _ = Times(c)
			if test.origin {
				a.Origin = &compact.Origin{Format: "CAP 1.2"}
			}
			if err := Check(unit(test.unit), a); refusal(t, err) != test.want {
				t.Errorf("refused %v, want %q", err, test.want)
			}
		})
	}
}

func TestSignatures(t *testing.T) {
	for _, test := range []struct {
		kind      Kind
		severity  wire.Priority
		emergency bool
		needed    int
		want      int
	}{
		{KindAlert, wire.PriorityExtreme, false, 2, 2}, {KindUpdate, wire.PrioritySevere, false, 3, 3}, {KindAlert, wire.PriorityModerate, false, 2, 1},
		{KindAlert, wire.PriorityExtreme, true, 2, 1}, {KindUpdate, wire.PriorityExtreme, true, 2, 2}, {KindAllClear, wire.PriorityExtreme, false, 2, 1},
		{KindWithdrawal, wire.PriorityExtreme, false, 3, 1}, {KindAlert, wire.PriorityExtreme, false, 1, 1},
	} {
		if got := Signatures(test.kind, test.severity, test.emergency, test.needed); got != test.want {
			t.Errorf("%+v: %d", test, got)
		}
	}
}

func TestFactOf(t *testing.T) {
	c := flood()
	c.MsgType, c.References = cap.MsgUpdate, "a,b,2026-07-14T19:00:00+02:00"
	e, _ := envelope(t, c, compact.Extras{}, nil)
	a, err := Open(e, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := unit(nil)
	v.AuthorKey[0] = 9
	got := FactOf(a, v)
	want := Fact{
		ID: e.ID(), Domain: testID(1), Lane: wire.LaneLive, Authority: "rp/07131/lst", Author: v.AuthorKey.Ref(), Sequence: 1, Kind: KindUpdate,
		Severity: wire.PriorityExtreme, Created: e.Header.Created, Expires: e.Header.Expires, Level: 2, Needed: 2, Triple: c.Triple(),
		RefTriples: []cap.Reference{{Sender: "a", Identifier: "b", Sent: "2026-07-14T19:00:00+02:00"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestConfirmation(t *testing.T) {
	for _, test := range []struct {
		kind     Kind
		severity wire.Priority
		needed   int
		want     int
	}{
		{KindAlert, wire.PrioritySevere, 2, 2},
		{KindUpdate, wire.PriorityExtreme, 3, 3},
		{KindAlert, wire.PriorityModerate, 2, 1},
		{KindAllClear, wire.PriorityMinor, 2, 2},
		{KindWithdrawal, wire.PriorityExtreme, 2, 1},
	} {
		if got := Confirmation(test.kind, test.severity, test.needed); got != test.want {
			t.Errorf("%s %d of %d: %d persons confirm, want %d", test.kind, test.severity, test.needed, got, test.want)
		}
	}
}
