package cap

import (
	"html"
	"strings"
)

// maxTag bounds a piece of markup; a "<" whose ">" is further away is text.
const maxTag = 1024

// hasMarkup recognises HTML tags and character entities in a text.
func hasMarkup(s string) bool {
	for i := range len(s) {
		switch s[i] {
		case '<':
			if tagEnd(s[i:]) > 0 {
				return true
			}
		case '&':
			if end := strings.IndexByte(s[i:min(len(s), i+12)], ';'); end > 1 && html.UnescapeString(s[i:i+end+1]) != s[i:i+end+1] {
				return true
			}
		}
	}
	return false
}

// tagEnd returns the length of the tag at the beginning of s, or 0.
func tagEnd(s string) int {
	if len(s) < 3 || !isLetter(s[1]) && (s[1] != '/' || !isLetter(s[2])) {
		return 0
	}
	return strings.IndexByte(s[:min(len(s), maxTag)], '>') + 1
}

// PlainText turns HTML, as NINA, BIWAPP and AlertSwiss put it into texts, into
// plain text: line breaks and paragraphs become new lines, links keep their
// address in parentheses, other tags are dropped, entities are resolved.
func PlainText(s string) string {
	if !hasMarkup(s) {
		return trim(s)
	}
	var b strings.Builder
	href := ""
	for s != "" {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			i = len(s)
		}
		b.WriteString(entities(s[:i]))
		if s = s[i:]; s == "" {
			break
		}
		n := tagEnd(s)
		if n == 0 {
			b.WriteByte('<')
			s = s[1:]
			continue
		}
		href = writeTag(&b, s[1:n-1], href)
		s = s[n:]
	}
	return tidyLines(b.String())
}

// entities resolves character entities; a no-break space becomes a space, and
// what XML cannot carry is dropped.
func entities(s string) string {
	return strings.ReplaceAll(dropBad(html.UnescapeString(s)), "\u00a0", " ")
}

// writeTag writes what a tag stands for. It returns the address that the
// closing </a> shall show.
func writeTag(b *strings.Builder, tag, href string) string {
	name := strings.ToLower(strings.TrimRight(tag, "/ "))
	if i := strings.IndexAny(name, xmlSpace); i >= 0 {
		name = name[:i]
	}
	switch name {
	case "br", "p", "/p", "div", "/div", "/li", "/ul", "/ol", "/h1", "/h2", "/h3", "tr", "/tr":
		b.WriteByte('\n')
	case "li":
		b.WriteString("\n- ")
	case "a":
		return linkTarget(tag)
	case "/a":
		if href != "" {
			b.WriteString(" (" + href + ")")
		}
		return ""
	}
	return href
}

// linkTarget returns a web address in the href attribute; telephone and mail
// links repeat what the text says.
func linkTarget(tag string) string {
	_, rest, ok := strings.Cut(tag, "href=")
	if !ok || len(rest) < 2 || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	href, _, ok := strings.Cut(rest[1:], rest[:1])
	if !ok || !strings.HasPrefix(href, "http") {
		return ""
	}
	return entities(href)
}

// tidyLines trims each line and keeps at most one empty line in a row.
func tidyLines(s string) string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		line = fold(line)
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return trim(strings.Join(out, "\n"))
}
