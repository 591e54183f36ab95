package lint

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A Problem is one broken rule at one place.
type Problem struct {
	Path string // slash-separated, relative to the root of the repository
	Line int    // from 1; 0 if the whole file or package is meant
	Text string
}

func (p Problem) String() string {
	if p.Line == 0 {
		return p.Path + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.Path, p.Line, p.Text)
}

// A Tree is the source tree of one module.
type Tree struct {
	Module   string     // the module's path, from go.mod
	Top      []string   // names at the top level
	Files    []string   // paths of all regular files, without what is untracked
	Packages []*Package // packages with at least one non-test Go file, sorted by path

	fsys fs.FS
}

// A Package is the non-test Go files of one folder, for all systems and build tags.
type Package struct {
	Path  string // relative to the module's root
	Files []*File
}

// A File is one parsed Go file.
type File struct {
	Path  string
	Lines int

	fset *token.FileSet
	ast  *ast.File
}

// untracked names what lies at the top level and is not part of the tree.
var untracked = []string{".git", "bin", "dist"}

// Load reads the tree at the root of fsys. What lies in folders named testdata, and programs excluded by
// "//go:build ignore", belong to no package.
func Load(fsys fs.FS) (*Tree, error) {
	t := &Tree{fsys: fsys}
	mod, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return nil, fmt.Errorf("read module path: %w", err)
	}
	line, _, _ := bytes.Cut(mod, []byte("\n"))
	module, ok := strings.CutPrefix(string(line), "module ")
	if !ok {
		return nil, fmt.Errorf("read module path: go.mod does not begin with it")
	}
	t.Module = strings.TrimSpace(module)

	if err := t.list(); err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	byPath := make(map[string]*Package)
	for _, name := range t.Files {
		if !isSource(name) {
			continue
		}
		f, err := parse(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("parse source: %w", err)
		}
		if f.isIgnored() {
			continue
		}
		pkg := byPath[path.Dir(name)]
		if pkg == nil {
			pkg = &Package{Path: path.Dir(name)}
			byPath[pkg.Path] = pkg
			t.Packages = append(t.Packages, pkg)
		}
		pkg.Files = append(pkg.Files, f)
	}
	slices.SortFunc(t.Packages, func(a, b *Package) int { return strings.Compare(a.Path, b.Path) })
	return t, nil
}

// list fills in the names at the top level and the paths of all files.
func (t *Tree) list() error {
	return fs.WalkDir(t.fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if path.Dir(name) == "." {
			t.Top = append(t.Top, name)
		}
		switch {
		case slices.Contains(untracked, name):
			if d.IsDir() {
				return fs.SkipDir
			}
		case d.Type().IsRegular():
			t.Files = append(t.Files, name)
		}
		return nil
	})
}

// isSource reports whether the go command would take the file as a non-test source of a package.
func isSource(name string) bool {
	if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
		return false
	}
	for elem := range strings.SplitSeq(name, "/") {
		if elem == "testdata" || elem[0] == '.' || elem[0] == '_' {
			return false
		}
	}
	return true
}

func parse(fsys fs.FS, name string) (*File, error) {
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	a, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &File{Path: name, Lines: bytes.Count(src, []byte("\n")), fset: fset, ast: a}, nil
}

func (f *File) line(n ast.Node) int { return f.fset.Position(n.Pos()).Line }

// isIgnored reports whether the file is a program for go run, such as a generator, not a part of its folder's package.
func (f *File) isIgnored() bool {
	for _, group := range f.ast.Comments {
		for _, c := range group.List {
			if c.Pos() < f.ast.Package && c.Text == "//go:build ignore" {
				return true
			}
		}
	}
	return false
}

// imported is one import declaration.
type imported struct {
	path string // what is imported
	file string // where
	line int
}

func (p *Package) imports() []imported {
	var all []imported
	for _, f := range p.Files {
		for _, spec := range f.ast.Imports {
			path, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
			all = append(all, imported{path, f.Path, f.line(spec)})
		}
	}
	return all
}
