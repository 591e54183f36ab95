package lint

import (
	"bytes"
	"fmt"
	"go/ast"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// maxLines bounds a hand-written, non-test Go file. Most hold 80 to 250 lines; one that reaches this holds two nouns.
const maxLines = 600

// top names what may lie at the top level of the repository. Documents live beside the code they bind.
var top = []string{
	"cmd", "gossip", "identity", "node", "persist", "sim",
	"go.mod", "go.sum", "Makefile", "README.md", "LICENSE",
	".ci", ".github", ".gitignore", "staticcheck.conf",
}

// vague names say nothing about what a file or package holds, and so it collects everything.
var vague = []string{"common", "helper", "helpers", "manager", "misc", "types", "util", "utils"}

// machinePath matches the beginning of a path that exists on one machine only. A path inside a URL or below another
// folder does not count.
var machinePath = regexp.MustCompile(`(?:^|[^\w./-])/(?:(?:work|root)/|tmp/[a-z])`)

// packageComments reports packages that have no package comment or several: the one comment defines the package's noun.
func packageComments(t *Tree) []Problem {
	var ps []Problem
	for _, pkg := range t.Packages {
		var files []string
		for _, f := range pkg.Files {
			if f.ast.Doc.Text() != "" {
				files = append(files, path.Base(f.Path))
			}
		}
		switch {
		case len(files) == 0:
			ps = append(ps, Problem{pkg.Path, 0, "has no package comment"})
		case len(files) > 1:
			ps = append(ps, Problem{pkg.Path, 0, "has several package comments: " + strings.Join(files, ", ")})
		}
	}
	return ps
}

// fileSizes reports non-test Go files, other than generated ones, of more than maxLines lines.
func fileSizes(t *Tree) []Problem {
	var ps []Problem
	for _, pkg := range t.Packages {
		for _, f := range pkg.Files {
			if f.Lines > maxLines && !ast.IsGenerated(f.ast) {
				ps = append(ps, Problem{f.Path, 0, fmt.Sprintf("has %d lines, at most %d: split it by its nouns", f.Lines, maxLines)})
			}
		}
	}
	return ps
}

// vagueNames reports packages and Go files with a vague name.
func vagueNames(t *Tree) []Problem {
	var ps []Problem
	for _, pkg := range t.Packages {
		if name := pkg.Files[0].ast.Name.Name; slices.Contains(vague, name) || slices.Contains(vague, path.Base(pkg.Path)) {
			ps = append(ps, Problem{pkg.Path, 0, "has a vague name: say what it holds"})
		}
	}
	for _, name := range t.Files {
		stem, isGo := strings.CutSuffix(path.Base(name), ".go")
		if isGo && slices.Contains(vague, strings.TrimSuffix(stem, "_test")) {
			ps = append(ps, Problem{name, 0, "has a vague name: say what it holds"})
		}
	}
	return ps
}

// topLevel reports what does not belong at the top level of the repository.
func topLevel(t *Tree) []Problem {
	var ps []Problem
	for _, name := range t.Top {
		if !slices.Contains(top, name) && !slices.Contains(untracked, name) {
			ps = append(ps, Problem{name, 0, "does not belong at the top level: move it beside the code it serves, or delete it"})
		}
	}
	return ps
}

// machinePaths reports lines that hold an absolute path of somebody's machine, in every file but go.sum, whose checksums
// may spell anything.
func machinePaths(t *Tree) []Problem {
	var ps []Problem
	for _, name := range t.Files {
		if name == "go.sum" {
			continue
		}
		b, err := fs.ReadFile(t.fsys, name)
		if err != nil {
			ps = append(ps, Problem{name, 0, err.Error()})
			continue
		}
		n := 0
		for line := range bytes.Lines(b) {
			n++
			if m := machinePath.Find(line); m != nil {
				ps = append(ps, Problem{name, n, fmt.Sprintf("holds a path of one machine: %q", m)})
			}
		}
	}
	return ps
}
