package wire

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// section returns the text under a heading of WIRE.md, up to the next heading.
func section(t *testing.T, heading string) string {
	t.Helper()
	b, err := os.ReadFile("WIRE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(b), "\n"+heading+"\n")
	if !found {
		t.Fatalf("WIRE.md has no heading %q", heading)
	}
	text, _, _ = strings.Cut(text, "\n#")
	return text
}

// rows returns the cells of the tables in a section, without their heads.
func rows(t *testing.T, heading string) (rows [][]string) {
	t.Helper()
	body := false
	for line := range strings.Lines(section(t, heading)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case !strings.HasPrefix(line, "|"):
			body = false
		case cells[0] == "---":
			body = true
		case body:
			rows = append(rows, cells)
		}
	}
	return rows
}

// TestSpecLimits: every limit that limits.go marks as format stands in WIRE.md
// with the same value, and none else.
func TestSpecLimits(t *testing.T) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "limits.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := new(types.Config).Check("wire", fset, []*ast.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.Contains(strings.Join(strings.Fields(spec.Doc.Text()), " "), "(format)") {
			name := spec.Names[0].Name
			want[name] = constant.ToInt(pkg.Scope().Lookup(name).(*types.Const).Val()).ExactString()
		}
		return true
	})
	got := map[string]string{}
	for _, row := range rows(t, "## Limits") {
		got[row[0]] = row[1]
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("limits (-limits.go +WIRE.md):\n%s", diff)
	}
}

func TestSpecRegistries(t *testing.T) {
	types, lanes, roles := map[string]string{}, map[string]string{}, map[string]string{}
	for typ, info := range typeTable {
		var names []string
		for _, l := range info.lanes {
			names = append(names, l.String())
		}
		slot := map[bool]string{true: "yes", false: "no"}[info.slot]
		types[fmt.Sprint(uint16(typ))] = fmt.Sprint(info.name, "; ", strings.Join(names, ", "), "; ", slot, "; ", info.max)
	}
	for l, name := range laneNames {
		lanes[fmt.Sprint(uint8(l))] = name
	}
	for r, name := range roleNames {
		roles[fmt.Sprint(uint8(r))] = name
	}
	for heading, want := range map[string]map[string]string{"### Content types": types, "### Lanes": lanes, "### Roles": roles} {
		got := map[string]string{}
		for _, row := range rows(t, heading) {
			got[row[0]] = row[1]
			if heading == "### Content types" {
				got[row[0]] = strings.Join(row[1:], "; ")
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-code +WIRE.md):\n%s", heading, diff)
		}
	}
}

func TestSpecNames(t *testing.T) {
	text := section(t, "## Names")
	for _, name := range []string{ProtocolCatchUp, ProtocolDraft, ProtocolPrefix + "<domain>/<lane>"} {
		if !strings.Contains(text, "| `"+name+"` |") {
			t.Errorf("WIRE.md does not name %s", name)
		}
	}
}

// TestSpecExample: the annotated bytes are those of the vector they claim to be.
func TestSpecExample(t *testing.T) {
	text := section(t, "## Example")
	_, code, _ := strings.Cut(text, "```\n")
	code, _, _ = strings.Cut(code, "```")
	var digits strings.Builder
	for line := range strings.Lines(code) {
		bytes, _, _ := strings.Cut(line, "#")
		digits.WriteString(strings.TrimSpace(bytes))
	}
	for _, v := range readVectors(t) {
		if v.name == "accept-alert-live" && (fmt.Sprintf("%x", v.body) != digits.String() || !strings.Contains(text, v.id)) {
			t.Errorf("the example of WIRE.md is not %s", v.name)
		}
	}
}
