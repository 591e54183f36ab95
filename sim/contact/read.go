package contact

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// Limits of what is read, so that a wrong file is an error and not a full memory.
const (
	maxLine    = 1 << 10
	maxChanges = 200e6
	maxSeconds = 100 * 365 * 24 * 3600
)

// Read reads a contact log in either format, told apart by its first line that
// is no comment. Errors name the line.
//
// The ONE (its ConnectivityONEReport and StandardEventsReader): a line for each
// change, "SECONDS CONN HOST HOST up|down".
//
// Tables of the Haggle kind (CRAWDAD cambridge/haggle and others): a line for each
// contact, "HOST HOST BEGIN END" in seconds; further columns are ignored. A
// contact that ends when it begins is left out: nothing can be handed over.
//
// Empty lines and lines that begin with # or % are comments.
func Read(r io.Reader) (*Log, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	var l Log
	var known hosts
	var parse func(h *hosts, fields []string) ([]Change, error)
	number := 0
	for lines.Scan() {
		number++
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.ContainsRune("#%", rune(fields[0][0])) {
			continue
		}
		if parse == nil {
			parse = parseInterval
			if len(fields) > 1 && fields[1] == "CONN" {
				parse = parseONE
			}
		}
		changes, err := parse(&known, fields)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if l.Changes = append(l.Changes, changes...); len(l.Changes) > maxChanges {
			return nil, fmt.Errorf("line %d: more than %d changes", number, int(maxChanges))
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", number+1, err)
	}
	l.Names = known.names
	l.Sort()
	return &l, nil
}

func parseONE(h *hosts, fields []string) ([]Change, error) {
	if len(fields) < 5 || fields[1] != "CONN" || (fields[4] != "up" && fields[4] != "down") {
		return nil, fmt.Errorf("%q: want SECONDS CONN HOST HOST up|down", strings.Join(fields, " "))
	}
	at, err := seconds(fields[0])
	if err != nil {
		return nil, err
	}
	c, err := h.change(at, fields[2], fields[3], fields[4] == "up")
	return []Change{c}, err
}

func parseInterval(h *hosts, fields []string) ([]Change, error) {
	if len(fields) < 4 {
		return nil, fmt.Errorf("%q: want HOST HOST BEGIN END, or SECONDS CONN HOST HOST up|down", strings.Join(fields, " "))
	}
	begin, err := seconds(fields[2])
	if err != nil {
		return nil, err
	}
	end, err := seconds(fields[3])
	if err != nil {
		return nil, err
	}
	if end < begin {
		return nil, fmt.Errorf("contact ends at %s, before it begins at %s", fields[3], fields[2])
	}
	up, err := h.change(begin, fields[0], fields[1], true)
	if err != nil || begin == end {
		return nil, err
	}
	down := up
	down.At, down.Up = end, false
	return []Change{up, down}, nil
}

// seconds reads a decimal number of seconds, to the microsecond.
func seconds(text string) (time.Duration, error) {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || f < 0 || f > maxSeconds {
		return 0, fmt.Errorf("%q: want seconds from 0 to %d", text, int64(maxSeconds))
	}
	return time.Duration(math.Round(f*1e6)) * time.Microsecond, nil
}
