package compact

import (
	"strings"
	"unicode/utf8"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// References are an array of words, or text if they are not divided by single
// spaces. A word is [identifier, time, ? sender], or text if it is no triple.
// The sender is left out if it is the alert's own; the identifier is text, or
// [n, rest] if it begins with the first n bytes of the alert's own.

// minPrefix is the length from which a common beginning is worth its array.
const minPrefix = 4

func (c *context) putReferences(refs string) []byte {
	if refs == "" {
		return nil
	}
	list := strings.Split(refs, " ")
	b := appendArray(nil, len(list))
	for _, w := range list {
		b = c.appendReference(b, w)
	}
	return b
}

func (c *context) appendReference(b []byte, w string) []byte {
	f := strings.Split(w, ",")
	if len(f) != 3 {
		return appendText(b, w)
	}
	sender, identifier, sent := f[0], f[1], cap.Time(f[2])
	if sender == c.alert.Sender {
		b = appendArray(b, 2)
	} else {
		b = appendArray(b, 3)
	}
	if n := commonPrefix(identifier, c.alert.Identifier); n >= minPrefix {
		b = appendText(appendUint(appendArray(b, 2), uint64(n)), identifier[n:])
	} else {
		b = appendText(b, identifier)
	}
	b = appendTime(b, sent, c.sent)
	if sender != c.alert.Sender {
		b = appendText(b, sender)
	}
	return b
}

// commonPrefix counts the bytes of whole characters that a and b begin with.
func commonPrefix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && !utf8.RuneStart(a[n]) {
		n--
	}
	return n
}

func (c *context) getReferences(r *reader) string {
	var words []string
	for n := r.pairs(1); n > 0 && r.err == nil; n-- {
		words = append(words, c.readReference(r))
	}
	return strings.Join(words, " ")
}

func (c *context) readReference(r *reader) string {
	if r.peek() == majorText {
		return r.text()
	}
	n := r.array()
	if n != 2 && n != 3 {
		r.bad("reference of %d items", n)
		return ""
	}
	identifier := c.readIdentifier(r)
	t, _ := readTime(r, c.sent)
	sender := c.alert.Sender
	if n == 3 {
		sender = r.text()
	}
	r.spend(len(sender))
	return sender + "," + identifier + "," + string(t)
}

func (c *context) readIdentifier(r *reader) string {
	if r.peek() != majorArray {
		return r.text()
	}
	if r.array() != 2 {
		r.bad("want [length, rest]")
	}
	n := r.index(len(c.alert.Identifier) + 1)
	rest := r.text()
	r.spend(n)
	if r.err != nil {
		return ""
	}
	if n < len(c.alert.Identifier) && !utf8.RuneStart(c.alert.Identifier[n]) {
		r.bad("identifier cut inside a character")
	}
	return c.alert.Identifier[:n] + rest
}
