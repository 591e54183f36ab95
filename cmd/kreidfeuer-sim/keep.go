package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// prepare makes sure that results can be kept, before hours are spent on them.
func (b *batch) prepare() error {
	if b.out == "" {
		return nil
	}
	if err := os.MkdirAll(b.out, 0o755); err != nil {
		return unkept(err)
	}
	f, err := os.CreateTemp(b.out, ".result-*")
	if err != nil {
		return unkept(err)
	}
	return unkept(errors.Join(f.Close(), os.Remove(f.Name())))
}

// unkept is the failure to keep a result. It is the system's, even if a file is not
// there: a folder in /proc cannot be made, another one has been taken away.
func unkept(err error) error {
	if err == nil {
		return nil
	}
	return &failure{exitSystem, fmt.Errorf("keep results: %w", err), "what is in --out is kept; once this is mended, the same command goes on"}
}

// kept counts the jobs whose results seem to be there.
func (b *batch) kept() (n int) {
	for _, j := range b.jobs {
		if _, err := os.Stat(filepath.Join(b.out, j.file())); err == nil && b.out != "" {
			n++
		}
	}
	return n
}

// result is a job's, kept from before or played now.
func (b *batch) result(ctx context.Context, j *job, bar *progress) (*scenario.Result, error) {
	path := filepath.Join(b.out, j.file())
	if b.out != "" {
		res, err := readResult(path)
		if err == nil && (res.Edition != j.edition || res.Engine != j.engine || res.Seed != j.seed || res.Variant != j.variant.Name) {
			err = errDamaged{path, errors.New("it is another run's")}
		}
		var damaged errDamaged
		switch {
		case err == nil:
			bar.done(j, false)
			return res, nil
		case errors.As(err, &damaged):
			bar.clear()
			fmt.Fprintf(b.stderr, "%v; it is played again\n", err)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	res, err := j.play(ctx, func(share float64) { bar.at(j, share) })
	if err != nil {
		return nil, err
	}
	bar.done(j, true)
	if b.out == "" {
		return res, nil
	}
	return res, unkept(writeResult(path, res))
}

// errDamaged is a file that is no result.
type errDamaged struct {
	path string
	err  error
}

func (e errDamaged) Error() string { return fmt.Sprintf("%s is no result: %v", e.path, e.err) }

func readResult(path string) (*scenario.Result, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var res scenario.Result
	if err := json.Unmarshal(text, &res); err != nil {
		return nil, errDamaged{path, err}
	}
	if res.Schema != scenario.ResultSchema {
		return nil, errDamaged{path, fmt.Errorf("schema %q, want %s: another version counts otherwise", res.Schema, scenario.ResultSchema)}
	}
	if !fits(&res) {
		return nil, errDamaged{path, errors.New("its numbers do not fit each other")}
	}
	return &res, nil
}

// fits reports whether a result has as many numbers as it says.
func fits(r *scenario.Result) bool {
	marks := len(r.Marks)
	return marks > 0 && (len(r.Frames) == 0 || r.Mapped >= 0 && r.Mapped < len(r.Alerts)) &&
		!slices.ContainsFunc(r.Alerts, func(a scenario.AlertResult) bool {
			return len(a.AtMarks) != marks || len(a.Ages) != len(a.Curve) || len(a.Ages) == 0
		}) &&
		!slices.ContainsFunc(r.Groups, func(g scenario.GroupResult) bool { return len(g.AtMarks) != marks })
}

// readResults reads every result below some folders, and says what else lies there.
func readResults(dirs []string) (all []*scenario.Result, damaged []error, err error) {
	if len(dirs) == 0 {
		return nil, nil, usagef("want at least one folder with results; run and sweep fill one with --out DIR")
	}
	for _, dir := range dirs {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return nil, nil, usagef("there is no folder %s", dir)
		}
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".json" || strings.HasPrefix(d.Name(), ".") {
				return err
			}
			r, err := readResult(path)
			var bad errDamaged
			if errors.As(err, &bad) {
				damaged = append(damaged, err)
				return nil
			}
			if err == nil {
				all = append(all, r)
			}
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if len(all) == 0 {
		return nil, nil, &failure{exitUsage, fmt.Errorf("no results in %s", strings.Join(dirs, ", ")), "run and sweep fill a folder with --out DIR"}
	}
	return all, damaged, nil
}

// writeWhole writes a file whole or not at all.
func writeWhole(path string, text []byte) error {
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

func writeResult(path string, res *scenario.Result) error {
	text, err := json.Marshal(res)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return writeWhole(path, text)
}
