package sim

import (
	"flag"
	"os"
	"testing"
)

// Main lets a program that is no test run worlds: body may call [Run] and
// [Bench.Measure] with the T it gets, and prints what it has to say. Main does not
// return: the process ends with 0, or with 1 if the T has failed; what the T was
// told follows on standard error.
//
// Virtual time needs package testing/synctest, and that a T; package testing hands
// one out by Main alone.
func Main(body func(t *testing.T)) {
	_ = flag.CommandLine.Parse(nil) // the program's arguments are not those of a test
	testing.Main(func(_, _ string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "sim", F: func(t *testing.T) {
		defer func() { os.Stdout = os.Stderr }() // the verdict is not the program's output
		body(t)
	}}}, nil, nil)
}
