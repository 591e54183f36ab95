package cap

import (
	"regexp"
	"slices"
	"strings"
)

// Lexical forms of XML Schema's simple types, as far as CAP uses them.
var (
	xsDateTime = regexp.MustCompile(`^-?([1-9]\d{3,8}|0\d{3})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T` +
		`(([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?|24:00:00(\.0+)?)(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))?$`)
	capDateTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d$`)
	xsLanguage  = regexp.MustCompile(`^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$`)
	xsInteger   = regexp.MustCompile(`^[+-]?\d+$`)
)

// lexical checks the text of a simple element against the type that the
// version's schema gives it, and returns the rule it breaks and what the type
// wants; rule is empty if the text is right.
func lexical(e *element, column int, s string) (rule, want string) {
	switch e.kind {
	case text, list:
		return "", ""
	case enum:
		if values := e.values[column]; !slices.Contains(values, s) {
			return "schema-enumeration", "one of " + strings.Join(values, ", ")
		}
		return "", ""
	}
	// xs:string keeps its white space, all other types collapse it.
	folded := fold(s)
	switch e.kind {
	case dateTime:
		return dateTimeForm(folded, column)
	case integer:
		if !xsInteger.MatchString(folded) {
			return "schema-integer", "a whole number"
		}
	case decimal:
		if column == columns[V12] && !isDecimal(folded) {
			return "schema-decimal", "a decimal number such as 1200.5"
		}
	case anyURI:
		if !isURI(folded) {
			return "schema-uri", "a URI"
		}
	case language:
		// An empty element takes the default of the schema.
		if s != "" && !xsLanguage.MatchString(folded) {
			return "schema-language", "a language tag such as de-DE"
		}
	}
	return "", ""
}

func dateTimeForm(s string, column int) (rule, want string) {
	if column == columns[V12] && !capDateTime.MatchString(s) {
		return "schema-datetime", "the form 2006-01-02T15:04:05-07:00"
	}
	m := xsDateTime.FindStringSubmatch(s)
	if m == nil || m[1] == "0000" || !dayExists(m[1], m[2], m[3]) {
		return "schema-datetime", "an existing date and time such as 2006-01-02T15:04:05-07:00"
	}
	return "", ""
}

// dayExists checks the day against the month's length.
func dayExists(year, month, day string) bool {
	days := 31
	switch month {
	case "04", "06", "09", "11":
		days = 30
	case "02":
		days = 28
		if leap(year) {
			days = 29
		}
	}
	return day <= "29" && days >= 29 || day <= "28" || day == "30" && days >= 30 || day == "31" && days == 31
}

func leap(year string) bool {
	// Only the last four digits decide.
	y := 0
	for _, c := range year[len(year)-4:] {
		y = 10*y + int(c-'0')
	}
	return y%4 == 0 && (y%100 != 0 || y%400 == 0)
}

// isURI checks xs:anyURI, which is RFC 3986 with characters allowed that a
// browser would escape: scheme, host and port are well-formed, percent escapes
// complete, and there is one fragment.
func isURI(s string) bool {
	for i := range len(s) {
		if s[i] == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])) {
			return false
		}
	}
	if i := strings.IndexAny(s, ":/?#"); i >= 0 && s[i] == ':' {
		if !isScheme(s[:i]) {
			return false
		}
		s = s[i+1:]
	}
	if rest, ok := strings.CutPrefix(s, "//"); ok {
		end := strings.IndexAny(rest, "/?#")
		if end < 0 {
			end = len(rest)
		}
		if !isAuthority(rest[:end]) {
			return false
		}
		s = rest[end:]
	}
	return strings.Count(s, "#") <= 1 && !strings.ContainsAny(s, "[]")
}

func isScheme(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && (i == 0 || !isDigit(c) && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return s != ""
}

// isAuthority checks user@host:port.
func isAuthority(s string) bool {
	s = s[strings.LastIndexByte(s, '@')+1:]
	if strings.HasPrefix(s, "[") {
		_, port, ok := strings.Cut(s, "]")
		return ok && isPort(port)
	}
	if i := strings.IndexByte(s, ':'); i >= 0 && !isPort(s[i:]) {
		return false
	}
	return !strings.ContainsAny(s, "[]")
}

func isPort(s string) bool {
	return s == "" || s[0] == ':' && isDigits(s[1:], len(s)-1)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
