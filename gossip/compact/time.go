package compact

import (
	"strconv"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Spellings of the offset, beside quarters of an hour east from -56 to 56.
// 0 is "+00:00".
const (
	offsetUnknown = 57 // "-00:00"
	offsetZ       = 58 // "Z"
	offsetNone    = 59 // nothing
	maxQuarters   = 56 // 14 hours (xs:dateTime)
)

// moment is a time in structured form.
type moment struct {
	unix   int64
	offset int8
	ok     bool // false: the text has no structured form
}

const plainTime = "2006-01-02T15:04:05"

func parseMoment(t cap.Time) moment {
	s := string(t)
	if len(s) < len(plainTime) {
		return moment{}
	}
	v, err := time.Parse(plainTime, s[:len(plainTime)])
	offset, ok := parseOffset(s[len(plainTime):])
	if err != nil || !ok {
		return moment{}
	}
	m := moment{v.Unix() - quarters(offset), offset, true}
	if m.text() != t {
		return moment{} // 24:00:00, say
	}
	return m
}

func parseOffset(s string) (int8, bool) {
	switch s {
	case "":
		return offsetNone, true
	case "Z":
		return offsetZ, true
	case "-00:00":
		return offsetUnknown, true
	}
	if len(s) != len("+00:00") || s[3] != ':' || strings.Trim(s[1:3]+s[4:], "0123456789") != "" || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	hours, _ := strconv.Atoi(s[1:3])
	minutes, _ := strconv.Atoi(s[4:])
	if minutes%15 != 0 || minutes > 45 || 4*hours+minutes/15 > maxQuarters {
		return 0, false
	}
	q := int8(4*hours + minutes/15)
	if s[0] == '-' {
		q = -q
	}
	return q, true
}

// quarters is the offset in seconds.
func quarters(offset int8) int64 {
	if offset > maxQuarters {
		return 0
	}
	return int64(offset) * 15 * 60
}

// text spells the moment; empty if it lies outside the years 1 to 9999.
func (m moment) text() cap.Time {
	if m.unix > 2*wire.MaxTime || m.unix < -2*wire.MaxTime { // beyond what package time counts in years
		return ""
	}
	v := time.Unix(m.unix+quarters(m.offset), 0).UTC()
	if v.Year() < 1 || v.Year() > 9999 {
		return ""
	}
	b := v.AppendFormat(make([]byte, 0, len(plainTime)+6), time.RFC3339)[:len(plainTime)] // package time is fast at this one
	switch m.offset {
	case offsetNone:
	case offsetZ:
		b = append(b, 'Z')
	case offsetUnknown:
		b = append(b, "-00:00"...)
	default:
		b = appendOffset(b, int(m.offset))
	}
	return cap.Time(b)
}

func appendOffset(b []byte, q int) []byte {
	sign := byte('+')
	if q < 0 {
		sign, q = '-', -q
	}
	h, m := q/4, q%4*15
	return append(b, sign, byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10))
}

// A time is [seconds UTC, offset], or the seconds since sent if it has the same
// offset as that, or text.

func appendTime(b []byte, t cap.Time, sent moment) []byte {
	m := parseMoment(t)
	switch {
	case !m.ok:
		return appendText(b, string(t))
	case sent.ok && m.offset == sent.offset:
		return appendInt(b, m.unix-sent.unix)
	}
	return appendInt(appendInt(appendArray(b, 2), m.unix), int64(m.offset))
}

// readTime also returns the moment, for sent itself.
func readTime(r *reader, sent moment) (cap.Time, moment) {
	m := moment{ok: true}
	switch r.peek() {
	case majorText:
		return cap.Time(r.text()), moment{}
	case majorArray:
		if r.array() != 2 {
			r.bad("want [seconds, offset]")
		}
		m.unix = r.int()
		offset := r.int()
		if offset < -maxQuarters || offset > offsetNone {
			r.bad("offset %d", offset)
			return "", moment{}
		}
		m.offset = int8(offset)
	default:
		m.unix, m.offset = sent.unix+r.int(), sent.offset
		if !sent.ok {
			r.bad("seconds since sent, but sent is text")
		}
	}
	r.spend(costText + len(plainTime) + 6)
	t := m.text()
	if t == "" {
		r.bad("time out of range")
	}
	return t, m
}
