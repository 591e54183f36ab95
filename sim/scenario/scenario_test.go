package scenario

import (
	"strings"
	"testing"
	"time"
)

const small = `schema: kreidfeuer.scenario/1
name: small
title: A small one
duration: 2h
places:
  - {name: village, kind: plane, size: [1km, 500m]}
links:
  wifi: {range: 50m, rate: 20Mbit/s, loss: 1%}
groups:
  - name: households
    count: 100
    adoption: 5%
    at: village
    links: [wifi]
  - {name: station, count: 1, at: village, links: [wifi], role: station}
alerts:
  - {at: 5m, from: station, severity: Severe}
`

func TestParse(t *testing.T) {
	s, err := Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	g := s.Groups[0]
	if time.Duration(s.Duration) != 2*time.Hour || s.Places[0].Size != [2]Metres{1000, 500} || s.Links["wifi"].Rate != 2.5e6 || *g.Adoption != 0.05 ||
		*g.Awake != 1 || g.Role != "citizen" || len(s.Marks) != 3 || s.Seeds[0] != 1 {
		t.Errorf("%+v", s)
	}
}

// TestErrors: every error says where it stands and what is wanted.
func TestErrors(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"count: 100", "count: many", "line 11, column 12: groups[0].count: want a whole number"},
		{"duration: 2h", "duration: 2", `line 4, column 11: duration: "2": want a number with a unit (ms, s, m, h, d, y)`},
		{"duration: 2h", "lasts: 2h", "missing: duration"},
		{"duration: 2h", "lasts: 2h", `line 4, column 1: unknown field "lasts"; want one of about, adversaries, `},
		{"adoption: 5%", "adoption: 500%", `line 12, column 15: groups[0].adoption: "500%" is out of bounds`},
		{"    at: village", "    at: town", `line 13, column 9: groups[0].at: no place "town"`},
		{"    links: [wifi]", "    links: [wifi, lora]", `line 14, column 19: groups[0].links[1]: no link "lora"`},
		{"from: station", "from: nobody", `alerts[0].from: no group "nobody"`},
		{"at: 5m", "at: 3h", "alerts[0].at: is issued after the end"},
		{"severity: Severe", "severity: severe", `alerts[0].severity: "severe": want Extreme, Severe, Moderate, Minor, Unknown; did you mean Severe?`},
		{"name: small", "name: Small", `line 2, column 7: name: "Small": want lower-case letters`},
		{"role: station", "awake: 10%", "groups[1].awake: want turn beside awake"},
		{"schema: kreidfeuer.scenario/1", "schema: kreidfeuer.scenario/2", "schema: \"kreidfeuer.scenario/2\": want kreidfeuer.scenario/1"},
		{"title:", "\ttitle:", "line 2, column 1: no YAML: "},
		{"name: small", "name: small\nname: large", `line 3, column 1: no YAML: mapping key "name" already defined at line 2`},
		{"adoption: 5%", "adaption: 5%", `line 12, column 5: groups[0]: unknown field "adaption"; did you mean adoption?`},
		{"loss: 1%", "loss: 2,5%", `links.wifi: unknown field "5%"; a decimal is written with a point`},
		{"range: 50m", "range: -50m", "line 8, column 17: links.wifi.range: want 0, for infrastructure, or more"},
		{"duration: 2h", "duration: 41d", "duration: want at most 40d"},
		{"duration: 2h", "duration: 2h\nmarks: [1m, 3h]", "marks[1]: no alert gets so old before the end of the scenario, at 2h0m0s"},
		{"duration: 2h", "duration: 2h\nmarks: [2m, 1m]", "marks[1]: want the shorter age first"},
		{"alerts:", "outages: [{at: 9h, what: power}]\nalerts:", "outages[0].at: begins after the end"},
		{"alerts:", "outages: [{at: 0s, what: electricity}]\nalerts:", `outages[0].what: "electricity": want power, internet, cell, or link:NAME`},
		{"count: 100", "count: -1", "groups[0].count: want at least 0"},
		{"station, count: 1,", "station, count: 0,", `alerts[0].from: group "station" has no device`},
		{"role: station", "movement: {model: streets, speed: [1m/s, 2m/s]}", `place "village" has no streets`},
		{"station, count: 1,", "station, count: 1, adoption: 20%,", `line 17, column 20: alerts[0].from: group "station" has no device`},
		{"count: 100", "count: .nan", `line 11, column 12: groups[0].count: ".nan": want a finite number`},
		{"alerts:", raid("rate: .nan"), `line 17, column 78: adversaries[0].rate: ".nan": want a finite number`},
		{"alerts:", raid("rate: -.inf"), `adversaries[0].rate: "-.inf": want a finite number`},
		{"alerts:", raid("rate: !!float nan"), `adversaries[0].rate: "nan": want a finite number`},
		{"alerts:", "sweep: {groups.households.count: [5, .inf]}\nalerts:", `sweep.groups.households.count[1]: ".inf": want a finite number`},
		{"title: A small one", "title: 2026-08-01", `line 3, column 8: title: "2026-08-01": a text that looks like a date is written in quotes`},
		{"  wifi: {", "  5: {", "line 8, column 3: links: want a text as a field's name"},
	} {
		_, err := Parse([]byte(strings.Replace(small, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.new, err, c.want)
		}
	}
	if _, err := Parse(nil); err == nil {
		t.Error("an empty file was accepted")
	}
}

// raid is the small scenario's alerts with an adversary before them.
func raid(more string) string {
	return "adversaries:\n  - {kind: flooder, count: 1000, at: village, links: [wifi], per: 100, " + more + "}\nalerts:"
}

// TestFollowUps: what follows up is held to what it names.
func TestFollowUps(t *testing.T) {
	const first = "alerts:\n  - {name: first, at: 5m, from: station, severity: Severe, count: 3, every: 1m}\n"
	for more, want := range map[string]string{
		"{at: 10m, from: station, severity: Severe, kind: all-clear, follows: [first]}":                                 "",
		"{at: 6m, from: station, severity: Severe, kind: all-clear, follows: [first], count: 3, every: 1m}":             "",
		"{at: 6m, from: station, severity: Severe, kind: all-clear, follows: [first]}":                                  `alerts[1].follows[0]: "first" is not issued before`,
		"{at: 10m, from: station, severity: Severe, kind: all-clear, follows: [second]}":                                `alerts[1].follows[0]: no alert "second"`,
		"{at: 10m, from: station, severity: Severe, kind: all-clear}":                                                   "alerts[1].kind: want follows beside this kind",
		"{at: 10m, from: station, severity: Severe, follows: [first]}":                                                  "alerts[1].follows: want kind: update",
		"{name: first, at: 10m, from: station, severity: Severe}":                                                       `alerts[1].name: "first" is there twice`,
		"{at: 10m, from: station, severity: Severe, confirmed: 5m}":                                                     "alerts[1].confirmed: want signatures: 1",
		"{at: 10m, from: station, severity: Severe, file: a.xml, kind: update}":                                         "alerts[1].kind: the document says it",
		"{at: 10m, from: station, severity: Severe, authority: RP}":                                                     `alerts[1].authority: "RP": want a path of lower-case words`,
		"{name: many, at: 10m, from: station, severity: Severe}\nauthorities: [{path: rp}, {path: rp, alerts: 3}]":      `authorities[1].path: "rp" is there twice`,
		"{name: many, at: 10m, from: station, severity: Severe}\nauthorities: [{path: rp, alerts: 3, bytes: 100 MB}]\n": "",
	} {
		_, err := Parse([]byte(small[:strings.Index(small, "alerts:")] + first + "  - " + more + "\n"))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: error %v, want %q", more, err, want)
		}
	}
	s, err := Parse([]byte(strings.Replace(small, "at: 5m", "at: 5m, count: 70, every: 1s, name: first", 1) +
		"  - {at: 10m, from: station, severity: Severe, kind: update, follows: [first]}\n"))
	if err == nil || !strings.Contains(err.Error(), "70 alerts, at most 64") {
		t.Errorf("%v, %v", s, err)
	}
}

func TestVariants(t *testing.T) {
	text := small + "sweep:\n  groups.households.adoption: [1%, 5%]\n  links.wifi.range: [50m, 100m]\n  groups.households.battery: [6h]\n"
	all, err := Variants([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 4 || all[3].Name != "households.adoption=5% households.battery=6h wifi.range=100m" || all[3].Scenario.Links["wifi"].Range != 100 ||
		*all[0].Scenario.Groups[0].Adoption != 0.01 || time.Duration(all[0].Scenario.Groups[0].Battery) != 6*time.Hour {
		t.Errorf("%d variants, the last %q", len(all), all[len(all)-1].Name)
	}
	if all, err = Variants([]byte(text), Setting{"links.wifi.range", "20m"}, Setting{"duration", "1h"}); err != nil || len(all) != 2 {
		t.Errorf("%d variants with a setting, %v", len(all), err)
	}
	for _, c := range []struct{ path, value, want string }{
		{"groups.nobody.count", "3", `groups.nobody.count: there is no "nobody" in the scenario`},
		{"groups.household.count", "3", `there is no "household" in the scenario; did you mean households?`},
		{"groups.households.count", "few", "with households.count=few: line 11, column 12: groups[0].count: want a whole number"},
		{"groups.households.adoptoin", "3%", `unknown field "adoptoin"; did you mean adoption?`},
		{"groups.*.battery", "3h", "nothing in groups has battery"},
	} {
		if _, err := Variants([]byte(small), Setting{c.path, c.value}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: error %v", c.path, c.value, err)
		}
	}
}

// TestAlternatives: what a scenario asks beside itself replaces several values
// together, lists among them, and everybody's.
func TestAlternatives(t *testing.T) {
	text := strings.Replace(small, "alerts:", "  - {name: shops, count: 10, adoption: 50%, at: village, links: [wifi]}\nalerts:", 1) + `variants:
  - name: everybody runs it
    set: {groups.*.adoption: 100%, groups.station.links: [], groups.households.links: [wifi]}
sweep: {links.wifi.loss: [1%, 50%], groups.shops.links: [[], [wifi]]}
`
	all, err := Variants([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 8 || all[0].Name != "shops.links=[] wifi.loss=1%" || all[7].Name != "everybody runs it shops.links=[wifi] wifi.loss=50%" {
		t.Fatalf("%d variants: %q, %q", len(all), all[0].Name, all[7].Name)
	}
	s := all[7].Scenario
	if *s.Groups[0].Adoption != 1 || *s.Groups[1].Adoption != 1 || len(s.Groups[0].Links) != 1 || len(s.Groups[1].Links) != 0 || *s.Groups[2].Adoption != 1 {
		t.Errorf("%+v", s.Groups)
	}
	if *all[0].Scenario.Groups[0].Adoption != 0.05 {
		t.Error("the scenario as it stands was changed")
	}
	for old, want := range map[string]string{
		"groups.station.links:": `line 21, column 59: variants[0].set.groups.stations.links: there is no "stations"`, "links.wifi.loss:": `sweep.links.wify.loss: there is no "wify" in the scenario; did you mean wifi?`,
	} {
		bad := map[string]string{"groups.station.links:": "groups.stations.links:", "links.wifi.loss:": "links.wify.loss:"}[old]
		if _, err := Variants([]byte(strings.Replace(text, old, bad, 1))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", bad, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(small)
	f.Add("a: &a [1]\nb: [*a, *a]\n")
	f.Add(strings.Replace(small, "alerts:", raid("rate: .nan"), 1))
	f.Add("<<: {1: .inf, 2026-08-01: !!float x}\n")
	f.Fuzz(func(_ *testing.T, text string) {
		if s, err := Parse([]byte(text)); err == nil {
			_ = s.Name
		}
	})
}

// TestLibrary: every scenario that comes with the program is good, named as its
// file, and explained.
func TestLibrary(t *testing.T) {
	names := Library()
	if len(names) < 10 {
		t.Errorf("%d scenarios, want at least ten", len(names))
	}
	for _, name := range names {
		text, _ := FromLibrary(name)
		all, err := Variants(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s := all[0].Scenario; s.Name != name || len(s.About) < 100 {
			t.Errorf("%s: name %q, explained in %d letters", name, s.Name, len(s.About))
		}
	}
}

// TestTooManyDevices: those who run the program are counted, with all identities of
// adversaries, and who has the most of them is blamed, in the entry that says so.
func TestTooManyDevices(t *testing.T) {
	with := func(old, new string) string { return strings.Replace(small, old, new, 1) }
	for _, c := range []struct{ text, want string }{
		{with("count: 100\n", "count: 100000000\n"), ""}, // of whom 5 % run it
		{with("adoption: 5%", "adoption: 30%\n    store: 1MB"), ""},
		{with("count: 100\n    adoption: 5%", "count: 20000000"), "line 11, column 12: groups[0].count: 20000001 devices with all others, adversaries' included; at most 20000000"},
		{with("alerts:", raid("rate: 3")), ""},
		{strings.Replace(with("alerts:", raid("rate: 3")), "count: 1000,", "count: 1000000,", 1), "line 17, column 28: adversaries[0].count: 100000006 devices with"},
	} {
		if _, err := Parse([]byte(c.text)); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// TestPlaceOfSettings: what is wrong in a value of a variant or of a command line
// stands where the scenario has it, or where it is added.
func TestPlaceOfSettings(t *testing.T) {
	for _, c := range []struct{ set, want string }{
		{"groups.households.battery: 2 hours", `line 10, column 5: groups[0].battery: "2 hours": want a number with a unit`},
		{"groups.households.battery: 2 hours, groups.households.turn: 1h", `line 10, column 5: groups[0].battery: "2 hours": want`},
		{"groups.households.links: [wifi, lora]", `line 14, column 12: groups[0].links[1]: no link "lora"`},
		{"groups.station.clock: {offset: 1s, spread: none}", `line 15, column 5: groups[1].clock.spread: "none": want`},
		{"alerts.0.count: .nan", `variants[0].set.alerts.0.count: ".nan": want a finite number`},
		{"groups.households.count: 90000000, groups.households.adoption: 100%", "line 11, column 12: groups[0].count: 90000001 devices with"},
	} {
		_, err := Variants([]byte(small + "variants:\n  - {name: other, set: {" + c.set + "}}\n"))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.set, err, c.want)
		}
	}
}
