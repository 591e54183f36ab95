package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// TestReadResult: what another version counted, and what does not fit, is refused by name.
func TestReadResult(t *testing.T) {
	whole := func() *scenario.Result {
		return &scenario.Result{Schema: scenario.ResultSchema, Marks: []float64{1, 60}, Frames: []scenario.MapFrame{{}},
			Alerts: []scenario.AlertResult{{AtMarks: []float64{0, 1}, Ages: []float64{1}, Curve: []float64{1}}},
			Groups: []scenario.GroupResult{{AtMarks: []float64{0, 1}}}}
	}
	for name, c := range map[string]struct {
		spoil func(*scenario.Result)
		want  string
	}{
		"whole":              {func(*scenario.Result) {}, ""},
		"older":              {func(r *scenario.Result) { r.Schema = "kreidfeuer.result/1" }, `schema "kreidfeuer.result/1", want kreidfeuer.result/2: another version counts otherwise`},
		"no marks":           {func(r *scenario.Result) { r.Marks = nil }, "do not fit"},
		"an alert's shares":  {func(r *scenario.Result) { r.Alerts[0].AtMarks = nil }, "do not fit"},
		"a group's shares":   {func(r *scenario.Result) { r.Groups[0].AtMarks = r.Groups[0].AtMarks[:1] }, "do not fit"},
		"map of an alert":    {func(r *scenario.Result) { r.Mapped = 1 }, "do not fit"},
		"map of no alert":    {func(r *scenario.Result) { r.Mapped = -1 }, "do not fit"},
		"neither map nor it": {func(r *scenario.Result) { r.Mapped, r.Frames = 1, nil }, ""},
	} {
		r := whole()
		c.spoil(r)
		path := filepath.Join(t.TempDir(), "one.json")
		if err := writeResult(path, r); err != nil {
			t.Fatal(err)
		}
		_, err := readResult(path)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), path)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := readResult(filepath.Join(t.TempDir(), "none.json")); !os.IsNotExist(err) {
		t.Errorf("no file: %v", err)
	}
}
