package cap

import (
	"errors"
	"strings"
	"time"
)

// ErrTime says that a text is no date and time that any CAP version or known
// feed uses.
var ErrTime = errors.New("not a date and time of the form 2006-01-02T15:04:05-07:00")

// timeLayouts are what real feeds write, most frequent first; a fraction of a
// second is accepted by time.Parse in all of them. The first reads "Z" beside
// offsets. The last reads documents that name no offset, as UTC.
var timeLayouts = []string{time.RFC3339, "2006-01-02T15:04:05"}

// maxTime bounds the length of a time that is looked at: 19 characters, a
// fraction and an offset.
const maxTime = 64

// Parse returns the instant with the offset of the document. Beside the strict
// form it accepts "Z", fractions of a second and a missing offset (read as
// UTC). The error is ErrTime.
func (t Time) Parse() (time.Time, error) {
	s := string(t)
	if len(s) > maxTime || strings.Contains(s, ",") {
		return time.Time{}, ErrTime
	}
	// xs:dateTime writes midnight as 24:00:00 of the day that ends.
	midnight := len(s) >= 19 && s[10:19] == "T24:00:00"
	if midnight {
		s = s[:10] + "T00:00:00" + s[19:]
	}
	for _, layout := range timeLayouts {
		if v, err := time.Parse(layout, s); err == nil {
			if midnight {
				v = v.AddDate(0, 0, 1)
			}
			return v, nil
		}
	}
	return time.Time{}, ErrTime
}

// Unix returns seconds since 1970-01-01 UTC; false if the text is absent or
// not a time.
func (t Time) Unix() (int64, bool) {
	v, err := t.Parse()
	if err != nil {
		return 0, false
	}
	return v.Unix(), true
}

// Offset returns the document's offset from UTC in minutes, east positive.
// False if the text is no time, names no offset, or names the offset -00:00,
// by which CAP (section 3.3.2) says: UTC, local offset not known.
func (t Time) Offset() (int, bool) {
	v, err := t.Parse()
	if err != nil {
		return 0, false
	}
	s := string(t)
	if strings.HasSuffix(s, "-00:00") || !hasOffset(s) {
		return 0, false
	}
	_, sec := v.Zone()
	return sec / 60, true
}

// hasOffset tells whether the text of a valid time ends in "Z" or ±hh:mm.
func hasOffset(s string) bool {
	if strings.HasSuffix(s, "Z") {
		return true
	}
	i := len(s) - len("+00:00")
	return i >= 19 && (s[i] == '+' || s[i] == '-')
}

// MakeTime spells seconds since 1970-01-01 UTC in CAP's strict form with the
// given offset in minutes; offset 0 becomes "-00:00" as CAP asks for UTC.
// The result is empty if the year would not have four digits or the offset
// exceeds 14 hours.
func MakeTime(unix int64, offset int) Time {
	if offset > 14*60 || offset < -14*60 {
		return ""
	}
	v := time.Unix(unix, 0).In(time.FixedZone("", offset*60))
	if v.Year() < 1 || v.Year() > 9999 {
		return ""
	}
	if offset == 0 {
		return Time(v.Format("2006-01-02T15:04:05") + "-00:00")
	}
	return Time(v.Format("2006-01-02T15:04:05-07:00"))
}
