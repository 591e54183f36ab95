// Command kreidfeuer is one device of the mesh and the tools around it: it
// starts the device, issues and shows warnings, makes keys and certificates,
// and checks CAP files.
//
// Each subcommand has a file; alert_issue.go holds "alert issue". A subcommand
// gets the world through [env] and returns an error; only main exits. What a
// command prints to standard output is its result, in a table for people at a
// terminal and in plain or JSON lines for programs; everything else goes to
// standard error.
package main

import (
	"os"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
)

// version is set by the linker (-X main.version=...).
var version = "unknown"

func main() {
	os.Exit(run(shell.New(version), os.Args))
}
