package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/testenv"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kreidfeuer": main})
}

// TestScript runs the program as people do: see testdata/script. Conditions
// beside testscript's own: [corpus], with the collected documents in $CORPUS.
func TestScript(t *testing.T) {
	corpus := testenv.Corpus(t)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("CORPUS", corpus)
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("LOCALAPPDATA", env.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "request": requestBy, "pin": pinBy, "edit": edit, "await": await, "address": address,
			"officers": officers, "id": idOf, "freeport": freeport, "page": page, "photograph": photograph,
		},
		Condition: func(cond string) (bool, error) {
			if cond == "corpus" {
				return corpus != "", nil
			}
			_, err := exec.LookPath(cond)
			return err == nil, nil
		},
	})
}

// status N COMMAND... runs a command that must end with exit status N.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// request AUTHORITY NAME FUNCTION [PERSON] makes a key and a request in the
// working directory, with the passphrase of the file pass.
func requestBy(ts *testscript.TestScript, _ bool, args []string) {
	line := []string{"cert", "request", "--authority", args[0], "--name", args[1], "--function", args[2],
		"--passphrase-file", "pass", "--work-factor", "4"}
	if len(args) > 3 {
		line = append(line, "--person", args[3])
	}
	ts.Check(ts.Exec("kreidfeuer", line...))
}

// pin DIR ROOT.json FILE... pins files in the data folder DIR by the fingerprint
// that root show --json has printed.
func pinBy(ts *testscript.TestScript, neg bool, args []string) {
	var root struct {
		Fingerprint string `json:"fingerprint"`
	}
	line, _, _ := strings.Cut(ts.ReadFile(args[1]), "\n")
	ts.Check(json.Unmarshal([]byte(line), &root))
	err := ts.Exec("kreidfeuer", "root", "pin", "--data", args[0], "--fingerprint", root.Fingerprint, args[2])
	if neg == (err == nil) {
		ts.Fatalf("pin: %v", err)
	}
}

// edit FILE COPY OLD NEW copies a file with one text replaced.
func edit(ts *testscript.TestScript, _ bool, args []string) {
	before := ts.ReadFile(args[0])
	after := strings.Replace(before, args[2], args[3], 1)
	if before == after {
		ts.Fatalf("%s does not hold %q", args[0], args[2])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(after), 0o600))
}
