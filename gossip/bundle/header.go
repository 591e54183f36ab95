package bundle

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Header says what a bundle holds, as far as its writer says so. Nothing is
// decided by it.
type Header struct {
	Created uint64      // seconds UTC, by the writer's clock
	Domains []wire.ID   // trust domains
	Lanes   []wire.Lane // in sync order
}

// The fields of a header, a line each, in this order. Lines that a reader does
// not know are left alone.
const (
	fieldVersion = "Version"
	fieldCreated = "Created"
	fieldDomains = "Domains"
	fieldLanes   = "Lanes"
)

func (h *Header) encode() ([]byte, error) {
	if h.Created > wire.MaxTime {
		return nil, fmt.Errorf("write bundle header: %d is after the year 9999", h.Created)
	}
	if len(h.Domains) > maxDomains {
		return nil, fmt.Errorf("write bundle header: %d domains, at most %d", len(h.Domains), maxDomains)
	}
	var b strings.Builder
	line := func(name string, values ...string) {
		b.WriteString(name + ": " + strings.Join(values, " ") + "\r\n")
	}
	line(fieldVersion, strconv.Itoa(Version))
	line(fieldCreated, time.Unix(int64(h.Created), 0).UTC().Format(time.RFC3339))
	line(fieldDomains, texts(h.Domains)...)
	line(fieldLanes, texts(h.Lanes)...)
	return []byte(b.String()), nil
}

func texts[T fmt.Stringer](list []T) (out []string) {
	for _, v := range list {
		out = append(out, v.String())
	}
	return out
}

// parseHeader reads a header's text. Only the version must be understood: all
// else is for people, and what an envelope is it says itself.
func parseHeader(text string) (h Header, err error) {
	for n, line := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		name, value, ok := strings.Cut(line, ": ")
		switch {
		case !ok:
			return Header{}, fmt.Errorf("header line %d has no name", n+1)
		case n == 0:
			err = checkVersion(name, value)
		case name == fieldCreated:
			h.Created, err = parseCreated(value)
		case name == fieldDomains:
			h.Domains, err = parseList(value, wire.ParseID)
		case name == fieldLanes:
			h.Lanes, err = parseList(value, wire.ParseLane)
		}
		if err != nil {
			return Header{}, fmt.Errorf("header line %d: %w", n+1, err)
		}
	}
	return h, nil
}

func checkVersion(name, value string) error {
	v, err := strconv.ParseUint(value, 10, 32)
	switch {
	case name != fieldVersion || err != nil:
		return fmt.Errorf("want the version")
	case v != Version:
		return &VersionError{v}
	}
	return nil
}

func parseCreated(value string) (uint64, error) {
	t, err := time.Parse(time.RFC3339, value)
	if err != nil || t.Unix() < 0 || t.Unix() > wire.MaxTime {
		return 0, fmt.Errorf("created %.40q is no time", value)
	}
	return uint64(t.Unix()), nil
}

func parseList[T any](value string, parse func(string) (T, error)) (list []T, err error) {
	words := strings.Fields(value)
	if len(words) > maxDomains {
		return nil, fmt.Errorf("%d entries, at most %d", len(words), maxDomains)
	}
	for _, w := range words {
		v, err := parse(w)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}
