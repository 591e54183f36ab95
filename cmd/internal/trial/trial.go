// Package trial runs the real program as people run it: a [Process] is one
// command with a data folder of its own, whose standard output, one JSON object
// a line, is awaited line by line. Tests and benchmarks share it.
package trial

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	// stopGrace is how long a process may take to end after SIGTERM.
	stopGrace = 10 * time.Second

	// maxLine bounds one line of standard output: an event with all its areas.
	maxLine = 4 << 20
)

// Build builds the program of a package, stripped as it is delivered, into the
// folder dir and returns its path.
func Build(ctx context.Context, dir, pkg string) (string, error) {
	out := filepath.Join(dir, filepath.Base(pkg))
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", out, pkg)
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w: %s", pkg, err, text)
	}
	return out, nil
}

// Line is one line of standard output and when it was read.
type Line struct {
	Text []byte
	At   time.Time
}

// Process is a running program. Its owner calls Stop, Kill or Wait.
type Process struct {
	cmd    *exec.Cmd
	stderr syncBuffer
	ended  chan struct{} // closed after err is set

	mu    sync.Mutex
	lines []Line
	more  chan struct{} // closed and replaced with every line
	err   error
}

// Start starts cmd, whose output files must not be set.
func Start(cmd *exec.Cmd) (*Process, error) {
	p := &Process{cmd: cmd, ended: make(chan struct{}), more: make(chan struct{})}
	cmd.Stderr = &p.stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	go func() {
		defer close(p.ended)
		s := bufio.NewScanner(out)
		s.Buffer(nil, maxLine)
		for s.Scan() {
			p.add(Line{bytes.Clone(s.Bytes()), time.Now()})
		}
		p.err = errors.Join(s.Err(), cmd.Wait())
	}()
	return p, nil
}

func (p *Process) add(l Line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines = append(p.lines, l)
	close(p.more)
	p.more = make(chan struct{})
}

// from returns the lines from number i on and what is closed with the next one.
func (p *Process) from(i int) ([]Line, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lines[i:], p.more
}

// Await returns the first line of all output that want accepts.
func (p *Process) Await(limit time.Duration, want func(text []byte) bool) (Line, error) {
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	for i, ended := 0, false; ; {
		lines, more := p.from(i)
		for _, l := range lines {
			if want(l.Text) {
				return l, nil
			}
		}
		if i += len(lines); ended {
			return Line{}, fmt.Errorf("process %d has ended (%v) without the line awaited: %s", p.PID(), p.err, p.Stderr())
		}
		select {
		case <-more:
		case <-p.ended:
			ended = true // look at the last lines
		case <-timeout.C:
			return Line{}, fmt.Errorf("process %d: line awaited for %s, not among %d lines: %s", p.PID(), limit, i, p.Stderr())
		}
	}
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stderr is what the process has written to standard error so far.
func (p *Process) Stderr() string { return p.stderr.String() }

// Wait waits until the process has ended by itself and returns its exit status;
// an error if it did not within limit (it is killed then) or died of a signal.
func (p *Process) Wait(limit time.Duration) (status int, err error) {
	select {
	case <-p.ended:
	case <-time.After(limit):
		p.Kill()
		return -1, fmt.Errorf("process %d did not end within %s: %s", p.PID(), limit, p.Stderr())
	}
	if exit := (*exec.ExitError)(nil); errors.As(p.err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	return 0, p.err
}

// Stop asks the process to end and wants it to do so with success.
func (p *Process) Stop() error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	status, err := p.Wait(stopGrace)
	if err == nil && status != 0 {
		err = fmt.Errorf("process %d ended with status %d: %s", p.PID(), status, p.Stderr())
	}
	return err
}

// Running reports whether the process has not ended yet.
func (p *Process) Running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Signal sends a signal to the process; one that has ended gets none.
func (p *Process) Signal(s syscall.Signal) error {
	if !p.Running() {
		return nil
	}
	return p.cmd.Process.Signal(s)
}

// Kill ends the process as a power cut does, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.Signal(syscall.SIGKILL)
	<-p.ended
}

// syncBuffer is a buffer that is read while a process writes to it.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
