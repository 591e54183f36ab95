package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// officers makes, in the working directory, a root of one key, the Leitstelle
// "ahr" of Kreis Ahrweiler that needs two persons, its officers weber and braun, and
// the folder dev of a device that has pinned them. The passphrase is in pass.
func officers(ts *testscript.TestScript, _ bool, _ []string) {
	run := func(args ...string) { ts.Check(ts.Exec("kreidfeuer", args...)) }
	ts.Check(os.WriteFile(ts.MkAbs("pass"), []byte("correct horse battery\n"), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("ort"), []byte("Kreis Ahrweiler\n"), 0o600))
	run("root", "create", "--name", "Probe", "--keys", "1", "--threshold", "1", "--recovery", "1/1", "--key-out-dir", "keys",
		"--passphrase-file", "pass", "--work-factor", "4", "--out", "root.pem")
	bundle := []string{"root", "bundle", "--out", "bundle.pem", "root.pem"}
	for _, r := range [][]string{{"ahr", "Leitstelle Ahrweiler", "Leitstelle"}, {"ahr", "Anna Weber", "S2", "weber"}, {"ahr", "Bernd Braun", "S3", "braun"}} {
		requestBy(ts, false, r)
		label := r[len(r)-1]
		if len(r) < 4 {
			label = r[0]
		}
		run("cert", "grant", label+".request.pem", "--issuer", "root.pem", "--area", "07131", "--key", "keys/root-1.key",
			"--passphrase-file", "pass", "--out", label+".pem")
		bundle = append(bundle, label+".pem")
	}
	run(bundle...)
	run("init", "--data", "dev")
	run("root", "show", "--json", "root.pem")
	ts.Check(os.WriteFile(ts.MkAbs("root.json"), []byte(ts.ReadFile("stdout")), 0o600))
	pinBy(ts, false, []string{"dev", "root.json", "bundle.pem"})
}

// id NAME puts the "id" of the JSON on standard output, its first line, into the
// variable NAME, and its beginning as people type it into NAME8.
func idOf(ts *testscript.TestScript, _ bool, args []string) {
	var object struct {
		ID string `json:"id"`
	}
	line, _, _ := strings.Cut(ts.ReadFile("stdout"), "\n")
	ts.Check(json.Unmarshal([]byte(line), &object))
	if object.ID == "" {
		ts.Fatalf("no id in %s", line)
	}
	ts.Setenv(args[0], object.ID)
	ts.Setenv(args[0]+"8", object.ID[:8])
}
