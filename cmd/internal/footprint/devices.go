package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/internal/trial"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

const module = "github.com/kreidfeuer/kreidfeuer/"

// settle is how long a program may work after it listens before it counts as
// idle: the first mDNS burst and the first mesh are over.
const settle = 4 * time.Second

// startLimit bounds a start; undisturbed it takes a tenth of a second.
const startLimit = 30 * time.Second

// Goals for the idle device.
const (
	goalMemory = 1.5 // times the minimal host's
	goalCPU    = 0.1 // per cent of one core
)

// plan says how often and how long to measure.
type plan struct {
	starts, idles int
	idle          time.Duration
}

// measured is one program: its size, and the values of all its runs.
type measured struct {
	name string
	bin  string
	args []string
	env  []string

	size       float64   // MB
	start      []float64 // ms from exec to the line that says it listens
	memory     []float64 // MB resident
	cpu        []float64 // per cent of one core
	goroutines []float64
}

// devices measures both programs and prints them side by side.
func devices(ctx context.Context, w io.Writer, p plan) error {
	dir, err := os.MkdirTemp("", "kf")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	kf, least, err := programs(ctx, dir)
	if err != nil {
		return err
	}
	both := []*measured{kf, least}
	for range p.starts {
		for _, m := range both {
			if err := m.measureStart(); err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
		}
	}
	for range p.idles {
		for _, m := range both {
			if err := m.measureIdle(p.idle); err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
		}
	}
	printDevices(w, p, kf, least)
	return nil
}

// programs builds both and gives the device a folder that trusts a domain.
func programs(ctx context.Context, dir string) (kf, least *measured, err error) {
	kf = &measured{name: "kreidfeuer up", env: []string{"XDG_RUNTIME_DIR=" + dir}}
	least = &measured{name: "minimal host"}
	if kf.bin, err = trial.Build(ctx, dir, module+"cmd/kreidfeuer"); err != nil {
		return nil, nil, err
	}
	if least.bin, err = trial.Build(ctx, dir, module+"cmd/internal/footprint/minimal"); err != nil {
		return nil, nil, err
	}
	for _, m := range []*measured{kf, least} {
		info, err := os.Stat(m.bin)
		if err != nil {
			return nil, nil, err
		}
		m.size = float64(info.Size()) / 1e6
	}
	tree, err := trusttest.NewTree(1, 2)
	if err != nil {
		return nil, nil, err
	}
	root, data := filepath.Join(dir, "root.cbor"), filepath.Join(dir, "data")
	if err := os.WriteFile(root, tree.Root.Encode(), 0o600); err != nil {
		return nil, nil, err
	}
	for _, args := range [][]string{{"init"}, {"root", "pin", "--fingerprint", identity.Fingerprint(tree.Root.ID()), root}} {
		cmd := exec.CommandContext(ctx, kf.bin, append(args, "--data", data)...)
		cmd.Env = append(os.Environ(), kf.env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, nil, fmt.Errorf("%v: %w: %s", args, err, out)
		}
	}
	kf.args = []string{"up", "--json", "--data", data}
	return kf, least, nil
}

// launch starts the program and returns how long it took until it listened.
func (m *measured) launch() (*trial.Process, time.Duration, error) {
	cmd := exec.Command(m.bin, m.args...)
	cmd.Env = append(append(os.Environ(), m.env...), "GOTRACEBACK=all")
	began := time.Now()
	p, err := trial.Start(cmd)
	if err != nil {
		return nil, 0, err
	}
	line, err := p.Await(startLimit, func([]byte) bool { return true })
	if err != nil {
		p.Kill()
		return nil, 0, err
	}
	return p, line.At.Sub(began), nil
}

func (m *measured) measureStart() error {
	p, took, err := m.launch()
	if err != nil {
		return err
	}
	m.start = append(m.start, float64(took.Microseconds())/1000)
	return p.Stop()
}

func (m *measured) measureIdle(watch time.Duration) error {
	p, _, err := m.launch()
	if err != nil {
		return err
	}
	defer p.Kill()
	time.Sleep(settle)
	before, err := cpuTime(p.PID())
	if err != nil {
		return err
	}
	began := time.Now()
	time.Sleep(watch)
	after, err := cpuTime(p.PID())
	if err != nil {
		return err
	}
	m.cpu = append(m.cpu, 100*float64(after-before)/float64(time.Since(began)))
	resident, err := residentMemory(p.PID())
	if err != nil {
		return err
	}
	m.memory = append(m.memory, resident)
	n, err := goroutines(p)
	m.goroutines = append(m.goroutines, n)
	return err
}

// goroutines ends a Go program and counts the stacks that it leaves.
func goroutines(p *trial.Process) (float64, error) {
	if err := p.Signal(syscall.SIGQUIT); err != nil {
		return 0, err
	}
	if _, err := p.Wait(startLimit); err != nil {
		return 0, err
	}
	n := strings.Count("\n"+p.Stderr(), "\ngoroutine ")
	if n < 2 {
		return 0, fmt.Errorf("no stacks on standard error: %.200s", p.Stderr())
	}
	return float64(n), nil
}

func printDevices(w io.Writer, p plan, kf, least *measured) {
	fmt.Fprintf(w, "The device, idle and alone, beside the least program with libp2p and gossipsub.\n"+
		"Medians of %d starts and %d idle runs of %s, in turn.\n\n", p.starts, p.idles, p.idle)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "\t%s\t%s\tratio\tgoal\t\n", kf.name, least.name)
	row := func(what, unit string, a, b float64, goal string) {
		fmt.Fprintf(t, "%s\t%.3g %s\t%.3g %s\t%.2f\t%s\t\n", what, a, unit, b, unit, a/b, goal)
	}
	memory, cpu := median(kf.memory), median(kf.cpu)
	row("resident memory", "MB", memory, median(least.memory),
		verdict(memory/median(least.memory) <= goalMemory, "<= %g of the minimal host", goalMemory))
	row("processor, idle", "% of a core", cpu, median(least.cpu), verdict(cpu <= goalCPU, "<= %g %% of a core", goalCPU))
	row("goroutines", "", median(kf.goroutines), median(least.goroutines), "none set")
	row("stripped program", "MB", kf.size, least.size, "none set")
	row("start to listening", "ms", median(kf.start), median(least.start), "none set")
	t.Flush()
	fmt.Fprint(w, "\nLeft out: the device also runs mDNS, an open store with one pinned domain, the control API and\n"+
		"catch-up, the minimal host none of these. \"Cold\" is a new process; the files are in the page cache.\n"+
		"Without neighbours: what each of them costs is not in it.\n\n")
}

// verdict is a goal and whether it is met.
func verdict(met bool, goal string, args ...any) string {
	if met {
		return fmt.Sprintf(goal, args...) + ": met"
	}
	return fmt.Sprintf(goal, args...) + ": missed"
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	if len(sorted) == 0 {
		return 0
	}
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
