package contact

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []Change
		names      []string
		err        string
	}{
		{"the one", "# log\n0.10 CONN p17 p92 up\n\n0.70 CONN p92 p17 down\n",
			[]Change{{100 * time.Millisecond, 0, 1, true}, {700 * time.Millisecond, 0, 1, false}}, []string{"p17", "p92"}, ""},
		{"table", "1 2 10 20 1 0\n2 3 5 12\n",
			[]Change{{5 * time.Second, 1, 2, true}, {10 * time.Second, 0, 1, true}, {12 * time.Second, 1, 2, false}, {20 * time.Second, 0, 1, false}}, []string{"1", "2", "3"}, ""},
		{"both wrote it down", "1 2 10 20\n2 1 12 25\n",
			[]Change{{10 * time.Second, 0, 1, true}, {25 * time.Second, 0, 1, false}}, []string{"1", "2"}, ""},
		{"no length", "1 2 10 10\n", nil, []string{"1", "2"}, ""},
		{"renewed at once", "1 2 10 20\n1 2 20 30\n",
			[]Change{{10 * time.Second, 0, 1, true}, {20 * time.Second, 0, 1, false}, {20 * time.Second, 0, 1, true}, {30 * time.Second, 0, 1, false}}, []string{"1", "2"}, ""},
		{"ends early", "1 2 10 9\n", nil, nil, "line 1: contact ends at 9, before it begins at 10"},
		{"itself", "0.1 CONN 1 1 up\n", nil, nil, "line 1: host 1 meets itself"},
		{"word", "0.1 CONN 1 2 up\n0.2 CONN 1 2 left\n", nil, nil, `line 2: "0.2 CONN 1 2 left": want SECONDS CONN HOST HOST up|down`},
		{"columns", "1 2 3\n", nil, nil, "line 1: \"1 2 3\": want HOST HOST BEGIN END"},
		{"time", "1 2 x 4\n", nil, nil, `line 1: "x": want seconds`},
		{"negative", "-1 CONN 1 2 up\n", nil, nil, `line 1: "-1": want seconds`},
		{"long line", strings.Repeat("x", 2000), nil, nil, "line 1: bufio.Scanner: token too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := Read(strings.NewReader(c.text))
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("error %v, want %q", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(c.want)+len(l.Changes) > 0 {
				if diff := cmp.Diff(c.want, l.Changes); diff != "" {
					t.Error(diff)
				}
			}
			if diff := cmp.Diff(c.names, l.Names); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add("0.1 CONN 1 2 up\n")
	f.Add("1 2 3 4\n")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := Read(strings.NewReader(text))
		if err != nil {
			return
		}
		if !slices.IsSortedFunc(l.Changes, compare) {
			t.Error("not in order")
		}
		if n := len(l.Names); n > 0 {
			l.Flood(n, 0, 0, time.Second)
		}
	})
}

// TestFloodDifferential compares the flood with one that asks in every tick who
// is in contact with whom.
func TestFloodDifferential(t *testing.T) {
	const hosts, ticks, hop = 8, 60, 1
	for seed := range uint64(300) {
		chance := rand.New(rand.NewPCG(seed, 1))
		var l Log
		meets := map[[3]int]bool{} // tick, a, b: in contact from tick to tick+1
		for a := range hosts {
			for b := a + 1; b < hosts; b++ {
				for at := chance.IntN(30); at < ticks; {
					end := at + 1 + chance.IntN(4)
					l.Changes = append(l.Changes, Change{time.Duration(at), int32(a), int32(b), true}, Change{time.Duration(end), int32(a), int32(b), false})
					for k := at; k < end; k++ {
						meets[[3]int{k, a, b}] = true
					}
					at = end + 1 + chance.IntN(40)
				}
			}
		}
		l.Sort()
		want := make([]time.Duration, hosts)
		for i := range want {
			want[i] = Never
		}
		want[0] = 3
		for tick := 3; tick < ticks+10; tick++ {
			for a := range hosts {
				for b := range hosts {
					if a != b && meets[[3]int{tick, min(a, b), max(a, b)}] && want[a] != Never && int(want[a]) <= tick && want[b] == Never {
						want[b] = time.Duration(tick + hop)
					}
				}
			}
		}
		if diff := cmp.Diff(want, l.Flood(hosts, 0, 3, hop)); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

// corpus is the folder with the log of another simulator, or skips the test.
func corpus(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("KREIDFEUER_SHARED")
	for d := "."; dir == ""; d = filepath.Join("..", d) {
		if abs, err := filepath.Abs(d); err != nil || abs == "/" {
			t.Skip("no folder shared/corpus/contacts beside the project")
		}
		if _, err := os.Stat(filepath.Join(d, "shared", "corpus", "contacts")); err == nil {
			dir = filepath.Join(d, "shared")
		}
	}
	return filepath.Join(dir, "corpus", "contacts", name)
}

// TestFloodTheONE: a flood over the contact log of The ONE reaches who its
// epidemic routing reached, when it did.
func TestFloodTheONE(t *testing.T) {
	const tick = 100 * time.Millisecond
	file, err := os.Open(corpus(t, "town-s1.contacts.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	began := time.Now()
	l, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	read := time.Since(began)
	type message struct {
		created time.Duration
		from    int32
		arrived map[int32]time.Duration
	}
	messages := map[string]*message{}
	number := map[string]int32{}
	for i, name := range l.Names {
		number[name] = int32(i)
	}
	arrivals, err := os.Open(corpus(t, "town-s1.arrivals.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer arrivals.Close()
	lines := bufio.NewScanner(arrivals)
	lines.Scan() // header
	pairs := 0
	for lines.Scan() {
		f := strings.Split(lines.Text(), "\t")
		m := messages[f[0]]
		if m == nil {
			m = &message{created: parse(t, f[1]), from: number[f[2]], arrived: map[int32]time.Duration{}}
			messages[f[0]] = m
		}
		m.arrived[number[f[3]]] = parse(t, f[4])
		pairs++
	}
	began = time.Now()
	var differ int
	var off []time.Duration
	for _, m := range messages {
		for host, at := range l.Flood(len(l.Names), m.from, m.created, tick) {
			if int32(host) == m.from {
				continue
			}
			theirs, reached := m.arrived[int32(host)]
			if (at != Never) != reached {
				differ++
			} else if reached {
				off = append(off, max(at-theirs, theirs-at))
			}
		}
	}
	slices.Sort(off)
	t.Logf("%d changes read in %s, %d floods in %s: %d of %d pairs reached differ; arrivals differ by %s in the median, %s at 99 %%, %s at most",
		len(l.Changes), read.Round(time.Millisecond), len(messages), time.Since(began).Round(time.Millisecond), differ, pairs,
		off[len(off)/2], off[len(off)*99/100], off[len(off)-1])
	if float64(differ) > 0.001*float64(pairs) {
		t.Errorf("%d of %d pairs differ, want at most 0.1 %%", differ, pairs)
	}
	if off[len(off)/2] > tick {
		t.Errorf("arrivals differ by %s in the median, want at most one tick", off[len(off)/2])
	}
}

func parse(t *testing.T, text string) time.Duration {
	t.Helper()
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(fmt.Errorf("arrivals: %w", err))
	}
	return time.Duration(f*1000+0.5) * time.Millisecond
}
