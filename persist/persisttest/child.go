package persisttest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/persist"
)

// childEnv tells a test binary that it is a child: task, backend and folder.
const childEnv = "KREIDFEUER_PERSIST_CHILD"

// Main runs the tests of a package, or, in a child process of [TestKill] or
// [TestFull], the child's task. Call it from TestMain with the package's backends.
func Main(m *testing.M, backends ...Backend) {
	task, rest, child := strings.Cut(os.Getenv(childEnv), "|")
	if !child {
		os.Exit(m.Run())
	}
	name, dir, _ := strings.Cut(rest, "|")
	for _, b := range backends {
		if b.Name != name {
			continue
		}
		if err := tasks[task](context.Background(), b, dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	fmt.Fprintln(os.Stderr, "unknown backend", name)
	os.Exit(2)
}

var tasks = map[string]func(ctx context.Context, b Backend, dir string) error{
	"script": scriptChild, "full": fullChild,
}

// child prepares this test binary to run a task.
func child(ctx context.Context, task string, b Backend, dir string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+strings.Join([]string{task, b.Name, dir}, "|"))
	cmd.Stderr = os.Stderr
	return cmd
}

func openStore(ctx context.Context, b Backend, dir string) (*persist.Store, error) {
	ds, err := b.Open(dir)
	if err != nil {
		return nil, err
	}
	s, err := persist.Open(ctx, ds, persist.Options{})
	if err != nil {
		_ = ds.Close()
	}
	return s, err
}
