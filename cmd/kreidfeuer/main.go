// Command kreidfeuer is one device of the mesh and the tools around it: it
// starts the device, issues and shows warnings, makes keys and certificates,
// and checks CAP files.
//
// Here stand only the list of commands and the program around it. Each group of
// commands is a package below internal: issue writes warnings, inbox shows them,
// carry and stick carry them, up runs the device. A command gets the world through
// [shell.Env] and returns an error whose exit code package exit defines; only main
// exits. What a command prints to standard output is its result, in a table for
// people at a terminal and in plain or JSON lines for programs; everything else goes
// to standard error.
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
