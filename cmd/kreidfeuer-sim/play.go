package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/sim/model"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// job is one run: a variant of a scenario with a seed.
type job struct {
	src     *source
	variant scenario.Variant
	seed    uint64
	engine  string
	cells   int
}

// file is where the result of a job lies below the folder of results. It depends
// on all that the result does, so that a result is taken for one of the same job
// only.
func (j *job) file() string {
	h := fnv.New64a()
	fmt.Fprint(h, j.engine, "\n", j.variant.Settings, "\n", string(j.src.text), "\n", j.cells)
	return filepath.Join(j.variant.Scenario.Name, fmt.Sprintf("%s-%016x-%d.json", j.engine, h.Sum64(), j.seed))
}

func (j *job) title() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s seed %d", j.variant.Scenario.Name, j.variant.Name(), j.seed))
}

// play runs a job to its end.
func (j *job) play(ctx context.Context, progress func(float64)) (*scenario.Result, error) {
	var res *scenario.Result
	var err error
	if j.engine == "real" {
		res, err = playReal(ctx, j, progress)
	} else {
		res, err = model.Run(ctx, model.Config{Scenario: j.variant.Scenario, Seed: j.seed, Open: j.src.open, Progress: progress, MapCells: j.cells})
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.title(), err)
	}
	res.Settings = j.variant.Settings
	return res, nil
}

// batch is jobs with what is common to them.
type batch struct {
	*env
	jobs    []*job
	workers int
	out     string // folder; empty: results are not kept
}

// flags of run and sweep.
func playFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "engine", Usage: "play with `ENGINE`: model, or real for the unchanged program", Value: "model"},
		&cli.StringFlag{Name: "seeds", Usage: "play `N` seeds from 1 on, or those of a list as in 3,5,8; default: the scenario's"},
		&cli.IntFlag{Name: "jobs", Usage: "play `N` runs at the same time; default: one for each processor"},
		&cli.StringFlag{Name: "out", Usage: "keep results in `DIR`; what is there already is not played again"},
		&cli.StringSliceFlag{Name: "set", Usage: "replace a value of the scenario: `PATH=VALUE`; may be repeated"},
		&cli.StringFlag{Name: "shard", Usage: "play part `I/N` of the runs only, from 1/N to N/N"},
		&cli.IntFlag{Name: "cells", Usage: "columns of the map's frames; 0: none", Value: 60},
	}
}

// newBatch makes the jobs of a command.
func newBatch(e *env, c *cli.Context, every bool) (*batch, error) {
	if c.Args().Len() != 1 {
		return nil, usagef("%s: want one scenario, a file or a name of the library", c.Command.Name)
	}
	src, err := readSource(c.Args().First())
	if err != nil {
		return nil, err
	}
	set, err := settings(c)
	if err != nil {
		return nil, err
	}
	variants, err := src.variants(set, every)
	if err != nil {
		return nil, err
	}
	engine := c.String("engine")
	if engine != "model" && engine != "real" {
		return nil, usagef("--engine %q: want model or real", engine)
	}
	b := &batch{env: e, workers: c.Int("jobs"), out: c.String("out")}
	if b.workers <= 0 {
		b.workers = runtime.NumCPU()
	}
	for _, v := range variants {
		seeds, err := parseSeeds(c.String("seeds"), v.Scenario.Seeds)
		if err != nil {
			return nil, err
		}
		for _, seed := range seeds {
			b.jobs = append(b.jobs, &job{src, v, seed, engine, c.Int("cells")})
		}
	}
	b.jobs, err = shard(b.jobs, c.String("shard"))
	return b, err
}

func parseSeeds(text string, own []uint64) ([]uint64, error) {
	if text == "" {
		return own, nil
	}
	var seeds []uint64
	for part := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseUint(strings.TrimSpace(part), 10, 32)
		if err != nil {
			return nil, usagef("--seeds %q: want a number, or a list as in 3,5,8", text)
		}
		seeds = append(seeds, n)
	}
	if strings.Contains(text, ",") {
		return seeds, nil
	}
	n := seeds[0]
	if n == 0 || n > 10_000 {
		return nil, usagef("--seeds %d: want 1 to 10000", n)
	}
	seeds = nil
	for i := range n {
		seeds = append(seeds, i+1)
	}
	return seeds, nil
}

// shard takes every Nth job, so that parts take about as long as each other.
func shard(jobs []*job, text string) (part []*job, err error) {
	if text == "" {
		return jobs, nil
	}
	first, last, _ := strings.Cut(text, "/")
	i, err1 := strconv.Atoi(first)
	n, err2 := strconv.Atoi(last)
	if err1 != nil || err2 != nil || i < 1 || i > n {
		return nil, usagef("--shard %q: want I/N with I from 1 to N", text)
	}
	for k := i - 1; k < len(jobs); k += n {
		part = append(part, jobs[k])
	}
	return part, nil
}

// play plays the jobs and hands each result over as it comes, one at a time.
func (b *batch) play(ctx context.Context, each func(*scenario.Result) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	bar := newProgress(b.env, len(b.jobs))
	defer bar.end()
	var wg sync.WaitGroup
	var mu sync.Mutex
	queue := make(chan *job)
	for range min(b.workers, max(1, len(b.jobs))) {
		wg.Go(func() {
			for j := range queue {
				res, err := b.result(ctx, j, bar)
				mu.Lock()
				if err == nil && ctx.Err() == nil {
					bar.clear()
					err = each(res)
				}
				mu.Unlock()
				if err != nil {
					stop(err)
				}
			}
		})
	}
	for _, j := range b.jobs {
		select {
		case queue <- j:
		case <-ctx.Done():
		}
	}
	close(queue)
	wg.Wait()
	return context.Cause(ctx)
}

// result is a job's, kept from before or played now.
func (b *batch) result(ctx context.Context, j *job, bar *progress) (*scenario.Result, error) {
	path := filepath.Join(b.out, j.file())
	if b.out != "" {
		if res, err := readResult(path); err == nil {
			bar.done(j)
			return res, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	res, err := j.play(ctx, func(share float64) { bar.at(j, share) })
	if err != nil {
		return nil, err
	}
	bar.done(j)
	if b.out == "" {
		return res, nil
	}
	return res, writeResult(path, res)
}

func readResult(path string) (*scenario.Result, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var res scenario.Result
	if err := json.Unmarshal(text, &res); err != nil {
		return nil, fmt.Errorf("%s: %w; delete it to play that run again", path, err)
	}
	if res.Schema != scenario.ResultSchema {
		return nil, fmt.Errorf("%s: schema %q, want %s", path, res.Schema, scenario.ResultSchema)
	}
	return &res, nil
}

// writeResult writes a result whole or not at all.
func writeResult(path string, res *scenario.Result) error {
	text, err := json.Marshal(res)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".result-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
