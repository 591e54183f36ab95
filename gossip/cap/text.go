package cap

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// xmlSpace is the white space of XML; a no-break space is text.
const xmlSpace = " \t\r\n"

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' }

func trim(s string) string { return strings.Trim(s, xmlSpace) }

// fold replaces each run of white space by one space and trims.
func fold(s string) string {
	s = trim(s)
	if !strings.Contains(s, "  ") && !strings.ContainsAny(s, "\t\r\n") {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, isSpace), " ")
}

// excerpt shortens foreign text that a message quotes.
func excerpt(s string) string { return shorten(s, maxExcerpt) }

// shorten folds white space and cuts after about n bytes.
func shorten(s string, n int) string {
	s = fold(s[:min(len(s), 4*n)])
	if len(s) <= n {
		return strings.ToValidUTF8(s, "�")
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

var textEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;")

var attrEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;",
	"\t", "&#9;", "\n", "&#10;", "\r", "&#13;")

func escapeText(s string) string { return textEscaper.Replace(s) }
func escapeAttr(s string) string { return attrEscaper.Replace(s) }

// badChar returns the first character of s that XML 1.0 cannot carry, or -1.
func badChar(s string) rune {
	for i, r := range s {
		switch {
		case r == utf8.RuneError:
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return r
			}
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0xFFFE, r == 0xFFFF:
			return r
		}
	}
	return -1
}

// dropBad removes the characters that badChar finds.
func dropBad(s string) string {
	return strings.Map(func(r rune) rune {
		if badChar(string(r)) >= 0 {
			return -1
		}
		return r
	}, s)
}
