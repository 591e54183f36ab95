package lint

import (
	"fmt"
	"go/ast"
	"strings"
)

// impure names packages that reach the world outside or hide randomness. The pure core gets what it needs from them as
// parameters: now as a time.Time, randomness as an io.Reader, bytes already read. What lies below them counts too, but
// net itself has pure children (net/netip, net/url).
var impure = []string{"crypto/rand", "log", "math/rand", "net", "net/http", "os", "syscall"}

// clock names what reads or waits for the real clock in package time.
var clock = map[string]bool{
	"After": true, "AfterFunc": true, "NewTicker": true, "NewTimer": true, "Now": true,
	"Since": true, "Sleep": true, "Tick": true, "Until": true,
}

// purity reports what the pure core (layers 0 to 2) must not hold: goroutines, the clock, I/O, loggers, hidden
// randomness. That is why the core can be fuzzed, tested in tables, and run unchanged by the simulator.
func purity(t *Tree) []Problem {
	var ps []Problem
	for _, pkg := range t.Packages {
		if layer, known := layerOf(pkg.Path); !known || layer > pureLayer {
			continue
		}
		for _, imp := range pkg.imports() {
			if isImpure(imp.path) {
				ps = append(ps, Problem{imp.file, imp.line, fmt.Sprintf("imports %s: this package is pure", imp.path)})
			}
		}
		for _, f := range pkg.Files {
			ps = append(ps, f.impurities()...)
		}
	}
	return ps
}

func isImpure(path string) bool {
	for _, p := range impure {
		if path == p || p != "net" && strings.HasPrefix(path, p+"/") {
			return true
		}
	}
	return false
}

func (f *File) impurities() []Problem {
	var ps []Problem
	timeName := f.timeName()
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			ps = append(ps, Problem{f.Path, f.line(n), "starts a goroutine: this package is pure"})
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == timeName && clock[n.Sel.Name] {
				ps = append(ps, Problem{f.Path, f.line(n), "uses time." + n.Sel.Name + ": this package is pure, now is a parameter"})
			}
		}
		return true
	})
	return ps
}

// timeName returns the name under which the file knows package time, or "" if it does not import it.
func (f *File) timeName() string {
	for _, spec := range f.ast.Imports {
		switch {
		case spec.Path.Value != `"time"`:
		case spec.Name != nil:
			return spec.Name.Name
		default:
			return "time"
		}
	}
	return ""
}
