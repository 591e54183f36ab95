package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
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
	edition string // of src and all its files
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
	fmt.Fprint(h, program(), "\n", j.engine, "\n", j.variant.Settings, "\n", j.edition, "\n", j.cells)
	return filepath.Join(j.variant.Scenario.Name, fmt.Sprintf("%s-%016x-%d.json", j.engine, h.Sum64(), j.seed))
}

// title is what people call a job.
func (j *job) title() string {
	return strings.TrimPrefix(fmt.Sprintf("%s, seed %d", j.variant.Name, j.seed), ", ")
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
		return nil, fmt.Errorf("%s: %s: %w", j.src.name, j.title(), err)
	}
	res.Variant, res.Settings = j.variant.Name, j.variant.Settings
	res.Edition, res.Source, res.Program = j.edition, string(j.src.text), program()
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
		&cli.IntFlag{Name: "jobs", Usage: "play `N` runs at the same time; default: one for each processor", DefaultText: "all"},
		&cli.StringFlag{Name: "out", Usage: "keep results in `DIR`; what is there already is not played again"},
		&cli.StringSliceFlag{Name: "set", Usage: "replace a value of the scenario: `PATH=VALUE`, as in groups.*.adoption=20%; may be repeated"},
		&cli.StringFlag{Name: "shard", Usage: "play part `I/N` of the runs only, from 1/N to N/N"},
		&cli.IntFlag{Name: "cells", Usage: "give the map's frames `N` columns; 0: no map", Value: 60},
	}
}

// maxCells bounds the map's columns: a result holds each of its cells for each mark.
const maxCells = 400

// newBatch makes the jobs of a command.
func newBatch(e *env, c *cli.Context, every bool) (*batch, error) {
	if c.Args().Len() != 1 {
		return nil, usagef("%s: want one scenario, a file or a name of the library", c.Command.Name)
	}
	engine, cells := c.String("engine"), c.Int("cells")
	switch {
	case engine != "model" && engine != "real":
		return nil, usagef("--engine %q: want model or real", engine)
	case cells < 0 || cells > maxCells:
		return nil, usagef("--cells %d: want 0 to %d", cells, maxCells)
	case c.Int("jobs") < 0 || c.IsSet("jobs") && c.Int("jobs") == 0:
		return nil, usagef("--jobs %d: want 1 or more", c.Int("jobs"))
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
	edition, err := src.edition(variants)
	if err != nil {
		return nil, err
	}
	b := &batch{env: e, workers: c.Int("jobs"), out: c.String("out")}
	if b.workers == 0 {
		b.workers = runtime.NumCPU()
	}
	for _, v := range variants {
		seeds, err := parseSeeds(c.String("seeds"), v.Scenario.Seeds)
		if err != nil {
			return nil, err
		}
		for _, seed := range seeds {
			b.jobs = append(b.jobs, &job{src, edition, v, seed, engine, cells})
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
		if !slices.Contains(seeds, n) {
			seeds = append(seeds, n)
		}
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

// play plays the jobs and hands the results over in their order.
func (b *batch) play(ctx context.Context, each func(*job, *scenario.Result) error) error {
	if err := b.prepare(); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	bar := newProgress(b.env, b.jobs, b.kept())
	var wg sync.WaitGroup
	queue := make(chan int)
	done := &sequence{bar: bar, each: func(i int, r *scenario.Result) error { return each(b.jobs[i], r) }}
	for range min(b.workers, max(1, len(b.jobs))) {
		wg.Go(func() {
			for i := range queue {
				res, err := b.result(ctx, b.jobs[i], bar)
				if err == nil {
					err = done.add(i, res)
				}
				if err != nil {
					stop(err)
				}
			}
		})
	}
	for i := range b.jobs {
		select {
		case queue <- i:
		case <-ctx.Done():
		}
	}
	close(queue)
	wg.Wait()
	bar.clear()
	return errors.Join(context.Cause(ctx), done.rest())
}

// sequence hands results over in the order of their jobs, until one cannot be.
type sequence struct {
	bar  *progress
	each func(int, *scenario.Result) error

	mu     sync.Mutex // guards what follows
	next   int
	waited map[int]*scenario.Result
	broken bool // one could not be handed over, which has been told
}

func (s *sequence) add(i int, res *scenario.Result) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waited == nil {
		s.waited = map[int]*scenario.Result{}
	}
	s.waited[i] = res
	for ; s.waited[s.next] != nil; s.next++ {
		s.bar.clear()
		if err := s.hand(s.next); err != nil {
			return err
		}
	}
	return nil
}

// rest hands over what has waited for a result that did not come.
func (s *sequence) rest() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range slices.Sorted(maps.Keys(s.waited)) {
		if err := s.hand(i); err != nil {
			return err
		}
	}
	return nil
}

// hand hands over one that has waited.
func (s *sequence) hand(i int) (err error) {
	if !s.broken {
		err = s.each(i, s.waited[i])
		s.broken = err != nil
	}
	delete(s.waited, i)
	return err
}
