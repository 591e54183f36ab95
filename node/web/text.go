package web

import (
	"net/url"
	"strings"
	"unicode"
)

// plain makes a warning's text fit for the page: no control characters, and none
// that reorder what stands beside them (Unicode TR 9), by which a text could read
// as something else than it says. Escaping is the templates' business.
func plain(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == unicode.ReplacementChar, unicode.IsControl(r), r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0x061C:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")))
}

// paragraphs are the lines of a text that say something.
func paragraphs(s string) (list []string) {
	for line := range strings.Lines(plain(s)) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// oneLine is a text without line breaks.
func oneLine(s string) string { return strings.Join(strings.Fields(plain(s)), " ") }

// webAddress returns an address that is safe to link: http or https with a host
// and without a user name, which could pass for a host.
func webAddress(s string) string {
	u, err := url.Parse(strings.TrimSpace(plain(s)))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}
