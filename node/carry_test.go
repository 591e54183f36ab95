package node_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

func export(t testing.TB, d *nodetest.Device, f apitype.BundleFilter) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := d.ExportBundle(t.Context(), f, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func bring(t testing.TB, d *nodetest.Device, b []byte) apitype.Imported {
	t.Helper()
	m, err := d.ImportBundle(t.Context(), bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// pack makes a bundle of envelopes as they are.
func pack(t testing.TB, envelopes ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := bundle.NewWriter(&b, bundle.Header{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range envelopes {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// unpack reads the envelopes of a sound bundle.
func unpack(t testing.TB, b []byte) (es []*wire.Envelope) {
	t.Helper()
	r := bundle.NewReader(bytes.NewReader(b))
	for {
		raw, err := r.Next()
		if err == io.EOF {
			return es
		}
		if err != nil {
			t.Fatal(err)
		}
		e, err := wire.Decode(bytes.Clone(raw))
		if err != nil {
			t.Fatal(err)
		}
		es = append(es, e)
	}
}

func TestBundleCarriesWarnings(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	from, to := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, tree, nodetest.Options{})
	minor := nodetest.Sign(t, tree, tree.Leitstelle, nodetest.Warning("minor", cap.Minor, 0), tree.Leitstelle.Persons...)
	one := warning(t, tree, "one")
	submit(t, from, minor)
	submit(t, from, one)
	b := export(t, from, apitype.BundleFilter{})
	var order []wire.ID
	for _, e := range unpack(t, b) {
		if e.Header.Lane == wire.LaneTrust {
			if len(order) > 0 {
				t.Error("a trust object behind what it may prove")
			}
			continue
		}
		order = append(order, e.ID())
	}
	if !slices.Equal(order, []wire.ID{one.ID(), minor.ID()}) {
		t.Errorf("alerts in the order %v, want the severe one first", order)
	}
	m := bring(t, to, b)
	if m.Accepted == 0 || m.Refused > 0 || m.Damaged > 0 || m.CutOff || m.GaveUp != "" {
		t.Errorf("import: %+v", m)
	}
	to.Await(t, one.ID(), nodetest.Alarmed)
	if m := bring(t, to, b); m.Accepted > 0 || m.Refused > 0 || m.Known == 0 {
		t.Errorf("second import: %+v", m)
	}
	if got := count(t, to, one.ID(), nodetest.Alarmed); got != 1 {
		t.Errorf("it alarms %d times", got)
	}
	if again := export(t, to, apitype.BundleFilter{}); len(unpack(t, again)) != len(unpack(t, b)) {
		t.Error("what was carried is not carried on whole")
	}
}

// TestBundleInAnyOrder: certificates behind what they prove, chains left out.
func TestBundleInAnyOrder(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	to := nodetest.Start(t, tree, nodetest.Options{})
	one := warning(t, tree, "one")
	one.Chain = nil
	all := [][]byte{one.EncodeFull()}
	for _, e := range slices.Backward(tree.Made) {
		all = append(all, e.Encode())
	}
	m := bring(t, to, pack(t, all...))
	if m.Refused > 0 || m.Accepted == 0 {
		t.Errorf("import: %+v", m)
	}
	if !to.Has(t, one.ID()) {
		t.Error("the alert is missing")
	}
}

func TestStrangersBundle(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	to := nodetest.Start(t, tree, nodetest.Options{})
	before := to.Control()
	usage := func() string { s, _ := before.Status(t.Context()); return fmt.Sprint(s.Lanes) }
	want := usage()
	strange, err := trusttest.NewTree(77, 2)
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for i := range 50 {
		e := nodetest.Sign(t, strange, strange.Leitstelle, nodetest.Warning(fmt.Sprint(i), cap.Severe, 0), strange.Leitstelle.Persons...)
		all = append(all, e.EncodeFull())
	}
	all = append(all, []byte("no envelope"))
	m := bring(t, to, pack(t, all...))
	if m.Accepted > 0 || m.Known > 0 || m.Refused != 51 || len(m.Reasons) != 2 || m.Reasons[0].Reason != string(wire.ReasonUnknownDomain) || m.Reasons[0].Count != 50 {
		t.Errorf("import: %+v", m)
	}
	if got := usage(); got != want {
		t.Errorf("stored %s, before %s", got, want)
	}
}

// TestForgedBundle: what is forged without end is not read to its end.
func TestForgedBundle(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	to := nodetest.Start(t, tree, nodetest.Options{})
	one := warning(t, tree, "one")
	forged := one.EncodeFull()
	forged[len(forged)-1] ^= 1
	all := make([][]byte, 5000)
	for i := range all {
		all[i] = forged
	}
	m := bring(t, to, pack(t, all...))
	if m.GaveUp == "" || m.Refused > 2000 || m.Accepted > 20 { // its chain is genuine
		t.Errorf("import: %+v", m)
	}
	if to.Has(t, one.ID()) {
		t.Error("a forged alert was taken in")
	}
	if m := bring(t, to, pack(t, one.EncodeFull())); m.Accepted != 1 {
		t.Errorf("the genuine one after the forged: %+v", m)
	}
}

// TestDamagedBundle: each alert that the damage leaves whole is proven, wherever it is.
func TestDamagedBundle(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	from := nodetest.Start(t, tree, nodetest.Options{})
	alerts := []*wire.Envelope{warning(t, tree, "one"), warning(t, tree, "two"), warning(t, tree, "three")}
	for _, e := range alerts {
		submit(t, from, e)
	}
	b := export(t, from, apitype.BundleFilter{})
	for _, at := range []int{5, 200, 500, 1000, len(b) / 3, len(b) / 2, len(b) * 2 / 3, len(b) - 100} {
		to := nodetest.Start(t, tree, nodetest.Options{})
		broken := bytes.Clone(b)
		broken[at] ^= 0x55
		m := bring(t, to, broken)
		held := 0
		for _, e := range alerts {
			if to.Has(t, e.ID()) {
				held++
			}
		}
		if m.Damaged == 0 || held < 2 || m.Refused > 0 {
			t.Errorf("byte %d: %d alerts arrived: %+v", at, held, m)
		}
		if at < len(bundle.Magic) {
			continue
		}
		if m := bring(t, to, b[:at]); !m.CutOff {
			t.Errorf("cut at %d: %+v", at, m)
		}
		to.Stop()
	}
	if _, err := from.ImportBundle(t.Context(), bytes.NewReader([]byte("Dear all"))); err == nil {
		t.Error("a text is taken for a bundle")
	}
}

func TestBundleFilters(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	d := nodetest.Start(t, tree, nodetest.Options{})
	here := warning(t, tree, "here")
	there := nodetest.Warning("there", cap.Severe, 0)
	there.Info[0].Area = []cap.Area{nodetest.Area("071380000000")}
	neighbour := nodetest.Sign(t, tree, tree.Neighbour, there, tree.Neighbour.Persons...)
	exercise := nodetest.Warning("drill", cap.Minor, 0)
	exercise.Status = cap.Exercise
	drill := nodetest.Sign(t, tree, tree.Leitstelle, exercise, tree.Leitstelle.Persons...)
	over := nodetest.Warning("ended", cap.Severe, 50*time.Minute)
	over.Info[0].Expires = cap.MakeTime(nodetest.Now().Add(-10*time.Minute).Unix(), 60)
	ended := nodetest.Sign(t, tree, tree.Leitstelle, over, tree.Leitstelle.Persons...)
	for _, e := range []*wire.Envelope{here, neighbour, drill, ended} {
		submit(t, d, e)
	}
	for name, test := range map[string]struct {
		f    apitype.BundleFilter
		want []*wire.Envelope
	}{
		"all in force":     {apitype.BundleFilter{}, []*wire.Envelope{here, neighbour, drill}},
		"live":             {apitype.BundleFilter{Lanes: []string{"live"}}, []*wire.Envelope{here, neighbour}},
		"trust alone":      {apitype.BundleFilter{Lanes: []string{"trust"}}, nil},
		"district":         {apitype.BundleFilter{Area: "07131"}, []*wire.Envelope{here, drill}},
		"municipality":     {apitype.BundleFilter{Area: "071315001007", Lanes: []string{"live"}}, []*wire.Envelope{here}},
		"elsewhere":        {apitype.BundleFilter{Area: "05"}, nil},
		"since just now":   {apitype.BundleFilter{Since: nodetest.Now().Add(-time.Minute)}, []*wire.Envelope{here, neighbour, drill}},
		"since the future": {apitype.BundleFilter{Since: nodetest.Now().Add(time.Minute)}, nil},
	} {
		trust, got := 0, map[wire.ID]bool{}
		for _, e := range unpack(t, export(t, d, test.f)) {
			if e.Header.Lane == wire.LaneTrust {
				trust++
			} else {
				got[e.ID()] = true
			}
		}
		same := len(got) == len(test.want)
		for _, e := range test.want {
			same = same && got[e.ID()]
		}
		if !same || trust < 8 {
			t.Errorf("%s: %d alerts, want %d; %d trust objects", name, len(got), len(test.want), trust)
		}
	}
	for _, f := range []apitype.BundleFilter{{Lanes: []string{"fast"}}, {Area: "Ahrweiler"}} {
		var b bytes.Buffer
		if err := d.ExportBundle(t.Context(), f, &b); err == nil || b.Len() > 0 {
			t.Errorf("%+v: %v, %d bytes", f, err, b.Len())
		}
	}
	if whole, bare := export(t, d, apitype.BundleFilter{}), export(t, d, apitype.BundleFilter{Bare: true}); len(bare) >= len(whole) {
		t.Errorf("%d bytes without spares, %d with them", len(bare), len(whole))
	}
}

func TestInspectTakesNothingIn(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	from := nodetest.Start(t, tree, nodetest.Options{})
	one, two := warning(t, tree, "one"), warning(t, tree, "two")
	submit(t, from, one)
	end := follow(t, tree, "end", two, allClear)
	submit(t, from, two)
	submit(t, from, end)
	b := export(t, from, apitype.BundleFilter{})
	look := func(d *nodetest.Device, b []byte) (apitype.BundleContent, map[string]apitype.BundleAlert) {
		c, err := d.InspectBundle(t.Context(), bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		byID := map[string]apitype.BundleAlert{}
		for _, a := range c.Alerts {
			byID[a.ID] = a
		}
		return c, byID
	}
	to := nodetest.Start(t, tree, nodetest.Options{})
	c, alerts := look(to, b)
	if c.Created.IsZero() || c.AlertCount != 3 || len(c.Lanes) != 2 || c.Lanes[1].Envelopes != 3 || c.Lanes[1].Verified != 3 || c.Lanes[0].Verified != c.Lanes[0].Envelopes || c.Lanes[0].Name == "" {
		t.Errorf("content: %+v", c)
	}
	if a := alerts[one.ID().String()]; !a.Verified || a.Held || a.State != apitype.StateInForce || a.Headline == "" || a.Level != 2 {
		t.Errorf("one: %+v", a)
	}
	if a := alerts[two.ID().String()]; a.State != apitype.StateAllClear {
		t.Errorf("two is %s beside its all-clear", a.State)
	}
	if to.Has(t, one.ID()) || len(to.Told(t)) > 0 {
		t.Error("looking at a bundle takes it in")
	}
	if _, alerts := look(from, b); !alerts[one.ID().String()].Held {
		t.Error("what is held is not said to be")
	}
	stranger := nodetest.Start(t, tree, nodetest.Options{Stranger: true})
	if c, alerts := look(stranger, b); c.Lanes[1].Verified > 0 || alerts[one.ID().String()].Verified || alerts[one.ID().String()].Reason != string(wire.ReasonUnknownDomain) {
		t.Errorf("a device that trusts nobody verifies: %+v", c)
	}
	forged := one.EncodeFull()
	forged[len(forged)-1] ^= 1
	if _, alerts := look(to, pack(t, forged)); alerts[one.ID().String()].Verified || alerts[one.ID().String()].Reason != string(wire.ReasonBadSigner) {
		t.Errorf("forged: %+v", alerts)
	}
	var back [][]byte
	for _, e := range slices.Backward(unpack(t, export(t, from, apitype.BundleFilter{Bare: true}))) {
		back = append(back, e.EncodeFull())
	}
	if c, _ := look(to, pack(t, back...)); c.Lanes[1].Verified != 3 || c.Lanes[0].Verified != c.Lanes[0].Envelopes {
		t.Errorf("in reverse: %+v", c.Lanes)
	}
}

// BenchmarkBundle moves 2,000 alerts of a device into another.
func BenchmarkBundle(b *testing.B) {
	tree := newTree(b)
	const many = 2000
	var all [][]byte
	for i := range many {
		all = append(all, nodetest.Sign(b, tree, tree.Leitstelle, nodetest.Warning(fmt.Sprint(i), cap.Severe, 0), tree.Leitstelle.Persons...).EncodeFull())
	}
	file := pack(b, all...)
	from := nodetest.Start(b, tree, nodetest.Options{})
	if m := bring(b, from, file); m.Refused > 0 {
		b.Fatalf("%+v", m)
	}
	b.Run("import", func(b *testing.B) {
		for b.Loop() {
			to := nodetest.Start(b, tree, nodetest.Options{})
			start := time.Now()
			m := bring(b, to, file)
			b.ReportMetric(float64(m.Accepted)/time.Since(start).Seconds(), "envelopes/s")
			to.Stop()
		}
	})
	b.Run("known", func(b *testing.B) {
		for b.Loop() {
			bring(b, from, file)
		}
		b.ReportMetric(float64(many*b.N)/b.Elapsed().Seconds(), "envelopes/s")
	})
	b.Run("export", func(b *testing.B) {
		for b.Loop() {
			export(b, from, apitype.BundleFilter{})
		}
		b.ReportMetric(float64(many*b.N)/b.Elapsed().Seconds(), "envelopes/s")
	})
}

// TestBundleOntoFullDisk: warnings are shown and told to be in memory only, and go
// on from there in a bundle of this device.
func TestBundleOntoFullDisk(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	full := func() (uint64, error) { return 0, nil }
	st, err := persist.OpenPath(t.Context(), "", persist.Memory, persist.Options{Free: full})
	if err != nil {
		t.Fatal(err)
	}
	d := nodetest.Start(t, tree, nodetest.Options{Store: st})
	one := warning(t, tree, "one")
	m := bring(t, d, pack(t, one.EncodeFull()))
	if m.Accepted != 1 || m.Unsaved != 1 {
		t.Errorf("import: %+v", m)
	}
	d.Await(t, one.ID(), nodetest.Alarmed)
	es := unpack(t, export(t, d, apitype.BundleFilter{}))
	if !slices.ContainsFunc(es, func(e *wire.Envelope) bool { return e.ID() == one.ID() }) {
		t.Error("what waits for room on the disk is not carried on")
	}
	next := nodetest.Start(t, tree, nodetest.Options{})
	if m := bring(t, next, export(t, d, apitype.BundleFilter{})); m.Refused > 0 || !next.Has(t, one.ID()) {
		t.Errorf("carried on: %+v", m)
	}
}

// TestInspectForgeries: what strangers put into a bundle, however much, neither
// hides what is genuine nor grows the answer, and nothing out of its scope counts
// as verified.
func TestInspectForgeries(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	to := nodetest.Start(t, tree, nodetest.Options{})
	one := warning(t, tree, "one")
	genuine := one.EncodeFull()
	var all [][]byte
	for range 1100 { // a copy with a bad signature, a copy as it is
		forged := bytes.Clone(genuine)
		forged[len(forged)-1] ^= 1
		all = append(all, forged)
	}
	for i := range apitype.MaxLimit + 200 {
		h := one.Header
		h.Domain = &wire.ID{1, byte(i >> 8), byte(i)}
		b, err := wire.New(h, one.Payload)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b.AddSigner(one.Signers[0]).EncodeFull())
	}
	for range 1100 {
		all = append(all, genuine)
	}
	outside := nodetest.Warning("outside", cap.Severe, 0)
	outside.Info[0].Area[0] = nodetest.Area("010000000000")
	beyond := nodetest.Sign(t, tree, tree.Leitstelle, outside, tree.Leitstelle.Persons...)
	two := warning(t, tree, "two")
	all = append(all, beyond.EncodeFull(), two.EncodeFull())
	c, err := to.InspectBundle(t.Context(), bytes.NewReader(pack(t, all...)))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Lanes) > 300 || len(c.Alerts) > apitype.MaxLimit {
		t.Errorf("%d lanes, %d alerts", len(c.Lanes), len(c.Alerts))
	}
	verified := map[string]int{}
	for _, a := range c.Alerts {
		if a.Verified {
			verified[a.ID]++
		}
	}
	if len(verified) != 2 || verified[one.ID().String()] != 1 || verified[two.ID().String()] != 1 {
		t.Errorf("verified: %v", verified)
	}
	counted := 0
	for _, l := range c.Lanes {
		if l.Lane == "live" {
			counted += l.Verified
		}
	}
	if counted != 1101 {
		t.Errorf("%d alerts count as verified, want 1101", counted)
	}
}
