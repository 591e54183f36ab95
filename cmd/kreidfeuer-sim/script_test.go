package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kreidfeuer-sim": main})
}

// TestScript runs the program as people do: see testdata/script.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "results": results, "same": same, "spoil": spoil, "order": written,
		},
	})
}

// exits is "exits CODE PROGRAM ARGS...".
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got, err := 0, ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// results is "results N DIR": it waits until there are so many results at least.
func results(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	for range 3000 {
		if len(read(ts, args[1])) >= want {
			return
		}
		time.Sleep(10 * time.Millisecond) // for another process
	}
	ts.Fatalf("%d results, want %d", len(read(ts, args[1])), want)
}

// same is "same A B": both hold the same results, apart from what they cost.
func same(ts *testscript.TestScript, neg bool, args []string) {
	a, b := read(ts, args[0]), read(ts, args[1])
	if len(a) == 0 || maps.Equal(a, b) == neg {
		ts.Fatalf("%d and %d results, equal: %v", len(a), len(b), maps.Equal(a, b))
	}
}

// written is "order SCENARIO FILE": the file is what the real engine is told.
func written(ts *testscript.TestScript, _ bool, args []string) {
	text, err := json.Marshal(order{Name: args[0], Text: []byte(ts.ReadFile(args[0])), Seed: 1})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), text, 0o644))
}

// spoil is "spoil DIR SEED": of the result of that seed only a piece is left.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	list, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*", "*-"+args[1]+".json"))
	ts.Check(err)
	for _, path := range list {
		ts.Check(os.Truncate(path, 100))
	}
}

// read is the results below a folder by their path in it, without their costs.
func read(ts *testscript.TestScript, dir string) map[string]string {
	all, root := map[string]string{}, ts.MkAbs(dir)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var r scenario.Result
		if err := json.Unmarshal(text, &r); err != nil {
			return err
		}
		r.Cost = scenario.Cost{}
		if text, err = json.Marshal(r); err == nil {
			name, _ := filepath.Rel(root, path)
			all[name] = string(text)
		}
		return err
	})
	if !errors.Is(err, fs.ErrNotExist) {
		ts.Check(err)
	}
	return all
}
