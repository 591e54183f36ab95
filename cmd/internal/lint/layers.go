package lint

import (
	"fmt"
	"strings"
)

// layers gives every package outside cmd its layer, by its path in the module; everything below cmd is layer topLayer. A
// package imports only packages of a lower layer. A new package is added here, with thought: as low as it can stand.
//
// The wire format stands below identity because a certificate is itself an envelope: one codec serves both, and identity
// judges trust over wire's objects.
var layers = map[string]int{
	"gossip/cap":             0,
	"gossip/wire":            0,
	"gossip/region/spelling": 0,
	"node/api/apitype":       0,
	"persist/backup":         0,
	"node/linklocal":         0,
	"sim/contact":            0,
	"sim/netmodel":           0,

	"gossip/compact": 1,
	"gossip/recon":   1,
	"gossip/region":  1,
	"gossip/stream":  1,
	"identity":       1,
	"sim/mobility":   1,

	"gossip/agenda":     2,
	"gossip/airtime":    2,
	"gossip/alert":      2,
	"gossip/bundle":     2,
	"gossip/custody":    2,
	"gossip/frame":      2,
	"gossip/ledger":     2,
	"gossip/meter":      2,
	"identity/seal":     2,
	"node/chat":         2,
	"node/echo":         2,
	"node/vigil":        2,
	"persist/retention": 2,
	"sim/scenario":      2,

	"gossip/alert/compose": 3,
	"gossip/brief":         3, // pure all the same
	"gossip/catchup":       3,
	"identity/trusttest":   3,
	"node/api/endpoint":    3,
	"node/discovery":       3,
	"node/host":            3,
	"node/radio":           3,
	"node/lifewords":       3,
	"node/row":             3,
	"sim/model":            3,

	"gossip":        4,
	"node/exchange": 4,
	"node/internet": 4,
	"persist":       4,
	"persist/blob":  4,
	"sim/report":    4,

	"node":                5,
	"node/api":            5,
	"node/client":         5,
	"node/web":            5,
	"persist/persisttest": 5,

	"node/nodetest": 6,
	"sim":           6,
}

const (
	pureLayer = 2 // layers up to this one are pure: see purity.go
	topLayer  = 7 // commands, which may import everything
)

// confined names imports that only some packages may use, so that a change of library stays within their walls. Each entry
// of imports is a path prefix; packages are exact paths, and cmd stands for everything below it.
var confined = []struct {
	imports  []string
	packages []string
}{
	{
		imports:  []string{"github.com/libp2p/"},
		packages: []string{"gossip", "gossip/catchup", "node", "node/discovery", "node/echo", "node/exchange", "node/host", "node/internet", "node/nodetest", "sim", "cmd"},
	},
	{
		imports: []string{
			"github.com/ipfs/go-datastore", "github.com/ipfs/go-ds-",
			"github.com/cockroachdb/pebble", "github.com/syndtr/goleveldb",
		},
		packages: []string{"persist", "persist/persisttest", "node", "cmd"},
	},
	{
		imports:  []string{"github.com/makiuchi-d/gozxing", "github.com/skip2/go-qrcode"},
		packages: []string{"node/web", "cmd"},
	},
	{
		imports:  []string{"github.com/klauspost/reedsolomon"},
		packages: []string{"gossip/frame", "cmd"},
	},
	{
		imports:  []string{"net/http"},
		packages: []string{"node/api", "node/client", "node/web", "cmd"},
	},
}

// layering reports packages without a layer and imports that the table of layers or the confinement of a library forbids.
func layering(t *Tree) []Problem {
	var ps []Problem
	for _, pkg := range t.Packages {
		layer, known := layerOf(pkg.Path)
		if !known {
			text := "has no layer: add it to cmd/internal/lint/layers.go, as low as it can stand"
			ps = append(ps, Problem{pkg.Path, 0, text})
			continue
		}
		for _, imp := range pkg.imports() {
			if why := forbidden(t.Module, pkg.Path, layer, imp.path); why != "" {
				ps = append(ps, Problem{imp.file, imp.line, fmt.Sprintf("imports %s: %s", imp.path, why)})
			}
		}
	}
	return ps
}

// forbidden says why package pkg of the given layer must not import path, or "" if it may.
func forbidden(module, pkg string, layer int, path string) string {
	for _, c := range confined {
		if hasAnyPrefix(path, c.imports) && !isOneOf(pkg, c.packages) {
			return "only " + strings.Join(c.packages, ", ") + " may"
		}
	}
	dep, internal := strings.CutPrefix(path, module+"/")
	if !internal || layer == topLayer {
		return ""
	}
	below, known := layerOf(dep)
	if !known {
		return "it has no layer"
	}
	if below >= layer {
		return fmt.Sprintf("layer %d imports only lower layers, and that is layer %d", layer, below)
	}
	return ""
}

func layerOf(pkg string) (layer int, known bool) {
	if isOneOf(pkg, []string{"cmd"}) {
		return topLayer, true
	}
	layer, known = layers[pkg]
	return layer, known
}

func isOneOf(pkg string, packages []string) bool {
	for _, p := range packages {
		if pkg == p || p == "cmd" && strings.HasPrefix(pkg, "cmd/") {
			return true
		}
	}
	return false
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
