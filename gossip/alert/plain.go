package alert

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// plain makes one safe line of foreign text: without markup, white space
// folded, and without the characters that move a cursor or reorder text on
// screen: with them an area could be made to read like another.
func plain(s string) string {
	return strings.Join(strings.Fields(safe(cap.PlainText(s))), " ")
}

// paragraphs is plain line by line, without empty ones.
func paragraphs(s string) []string {
	var list []string
	for l := range strings.Lines(safe(cap.PlainText(s))) {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			list = append(list, l)
		}
	}
	return list
}

func safe(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsControl(r):
			return ' '
		case reorders(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}

// reorders tells the explicit bidirectional controls (UAX 9, section 2).
func reorders(r rune) bool {
	return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}
