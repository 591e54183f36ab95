package recon

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

var update = flag.Bool("update", false, "write the messages in testdata anew")

// vector is one file of testdata: two sets, the session between them, and what it
// finds out. Lines that begin with # are comments.
type vector struct {
	comment     []string
	ask, answer oracle
	limits      [2]Limits
	lines       []string // of the session
}

func readVector(t *testing.T, path string) vector {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	v := vector{ask: oracle{}, answer: oracle{}}
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
		case fields[0] == "#":
			v.comment = append(v.comment, line)
		case fields[0] == "ask" || fields[0] == "answer" || fields[0] == "both":
			id, k := vectorItem(t, fields)
			if fields[0] != "answer" {
				v.ask[id] = k
			}
			if fields[0] != "ask" {
				v.answer[id] = k
			}
		case fields[0] == "oldest":
			for i := range v.limits {
				v.limits[i].Oldest, _ = strconv.ParseUint(fields[1+i], 10, 64)
			}
		default:
			v.lines = append(v.lines, line)
		}
	}
	return v
}

// vectorItem reads a line of an item: side, ID, level, expiry.
func vectorItem(t *testing.T, fields []string) (id wire.ID, k known) {
	t.Helper()
	b, err := hex.DecodeString(fields[1])
	level, err2 := strconv.ParseUint(fields[2], 10, 8)
	expires, err3 := strconv.ParseUint(fields[3], 10, 64)
	if err != nil || err2 != nil || err3 != nil || len(b) != len(id) {
		t.Fatalf("bad item %q", fields)
	}
	return wire.ID(b), known{wire.Level(level), expires}
}

// session plays the vector's session and writes it down.
func (v *vector) session(t *testing.T) (lines []string) {
	t.Helper()
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	ask, answer := Ask(v.ask.set(), v.limits[0]), Answer(v.answer.set(), v.limits[1])
	var in []byte
	for {
		out, have, need, done, err := ask.Step(in)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range sorted(have) {
			say("has %x %d", it.ID[:], it.Level)
		}
		slices.Sort(need)
		for _, r := range need {
			say("needs %016x", uint64(r))
		}
		if done {
			return lines
		}
		say("> %x", out)
		reply, have, _, _, err := answer.Step(out)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range sorted(have) {
			say("gives %x %d", it.ID[:], it.Level)
		}
		say("< %x", reply)
		in = reply
	}
}

func TestVectors(t *testing.T) {
	paths, _ := filepath.Glob("testdata/session/*.txt")
	if len(paths) == 0 {
		t.Fatal("no vectors")
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			v := readVector(t, path)
			lines := v.session(t)
			if *update {
				b, _ := os.ReadFile(path)
				head, _, _ := strings.Cut(string(b), "\n> ")
				all := strings.TrimSpace(head) + "\n\n" + strings.Join(lines, "\n") + "\n"
				if err := os.WriteFile(path, []byte(all), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(v.lines, lines); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestBrokenMessages checks that each malformed message ends a session, and that
// its well-formed neighbours do not.
func TestBrokenMessages(t *testing.T) {
	b, err := os.ReadFile("testdata/broken.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		side, rest, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || side == "#" {
			continue
		}
		message, why, _ := strings.Cut(rest, " ")
		t.Run(strings.TrimSpace(why), func(t *testing.T) {
			raw, err := hex.DecodeString(strings.Trim(message, `"`))
			if err != nil {
				t.Fatal(err)
			}
			a, b := pair(9, 100, 1, 1, 0)
			x := Answer(b.set(), Limits{})
			hello, _, _, _, _ := Ask(a.set(), Limits{}).Step(nil)
			switch side {
			case "ask":
				x = Ask(a.set(), Limits{})
				hello = nil
			case "first":
				hello = raw
			}
			_, _, _, _, err = x.Step(hello)
			if side != "first" && err == nil {
				_, _, _, _, err = x.Step(raw)
			}
			if side == "fine" && err != nil || side != "fine" && err != ErrPeer {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestMapping pins what FORMAT.md says of Refs: check, cells, level and bit.
func TestMapping(t *testing.T) {
	b, err := os.ReadFile("testdata/mapping.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for line := range strings.Lines(string(b)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			all.WriteString(line)
			continue
		}
		v, err := strconv.ParseUint(fields[0], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		r := Ref(v)
		var s strata
		s.toggle(r)
		fmt.Fprintf(&all, "%016x %06x", v, r.check())
		for m := r.mapping(); m.index < maxCells; m.next() {
			fmt.Fprintf(&all, " %d", m.index)
		}
		for i, bit := range bytes.Split(s.append(nil), nil) {
			if bit[0] != 0 {
				fmt.Fprintf(&all, " | %d:%02x", i, bit[0])
			}
		}
		all.WriteString("\n")
	}
	if *update {
		if err := os.WriteFile("testdata/mapping.txt", []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(string(b), all.String()); diff != "" {
		t.Error(diff)
	}
}
