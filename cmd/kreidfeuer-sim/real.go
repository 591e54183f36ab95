package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/sim"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// The real engine plays each run in a process of its own: this program again, told
// what to play on standard input. Package testing, which virtual time needs, ends its
// process; and the memory of thousands of devices goes with it.

// playsOrder is the only argument of that process.
const playsOrder = "play-order"

// order is one run.
type order struct {
	Name     string             `json:"name"`
	Text     []byte             `json:"text"`
	Dir      string             `json:"dir"`
	Settings []scenario.Setting `json:"settings"`
	Seed     uint64             `json:"seed"`
	Cells    int                `json:"cells"`
}

// word is a line of what the process says: how far it is, or how it ended.
type word struct {
	Done   float64          `json:"done,omitempty"`
	Error  string           `json:"error,omitempty"`
	Result *scenario.Result `json:"result,omitempty"`
}

// playReal plays a job with real devices in virtual time.
func playReal(ctx context.Context, j *job, progress func(float64)) (*scenario.Result, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(order{j.src.name, j.src.text, j.src.dir, j.variant.Settings, j.seed, j.cells})
	if err != nil {
		return nil, err
	}
	var complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, exe)
	cmd.Args = []string{os.Args[0], playsOrder}
	cmd.Stderr = &complaint
	in, err := cmd.StdinPipe() // stays open: that process ends when this one does
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	_, err = in.Write(text)
	last, heard := listen(out, progress)
	err = errors.Join(err, heard)
	err = errors.Join(err, cmd.Wait())
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case last.Error != "":
		return nil, errors.New(last.Error)
	case last.Result == nil:
		return nil, &failure{exitSystem, fmt.Errorf("the real engine broke off: %w: %s", err, firstLines(complaint.String())), ""}
	}
	return last.Result, nil
}

// listen follows what the process says to its last word.
func listen(r io.Reader, progress func(float64)) (last word, err error) {
	for d := json.NewDecoder(r); ; {
		var w word
		if err := d.Decode(&w); errors.Is(err, io.EOF) {
			return last, nil
		} else if err != nil {
			_, _ = io.Copy(io.Discard, r) // so that it can end
			return last, err
		}
		if last = w; w.Done > 0 {
			progress(w.Done)
		}
	}
}

// firstLines is as much of a report as fits into a message.
func firstLines(text string) string {
	lines := strings.SplitN(strings.TrimSpace(text), "\n", 9)
	return strings.Join(lines[:min(len(lines), 8)], "\n")
}

// obey plays the order that comes on standard input, and does not return. It ends
// when standard input does: then nobody waits for what comes of it.
func obey() {
	// Ctrl-C at a terminal goes to both processes: the first one ends this one.
	signal.Ignore(os.Interrupt)
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	var o order
	err := in.Decode(&o)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(exitInterrupted)
	}()
	sim.Main(func(t *testing.T) {
		var res *scenario.Result
		if err == nil {
			res, err = o.fulfil(t, func(done float64) { _ = out.Encode(word{Done: done}) })
		}
		w := word{Result: res}
		if err != nil {
			w = word{Error: err.Error()}
		}
		if err := out.Encode(w); err != nil {
			t.Fatal(err)
		}
	})
}

func (o *order) fulfil(t *testing.T, progress func(float64)) (*scenario.Result, error) {
	s, err := scenario.With(o.Text, o.Settings)
	if err != nil {
		return nil, err
	}
	src := &source{o.Name, o.Text, o.Dir}
	return sim.Play(t, sim.PlayConfig{Scenario: s, Seed: o.Seed, Open: src.open, Progress: progress, MapCells: o.Cells})
}
