package brief

import (
	"bytes"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// The core of an alert begins with identifier and sender, which follow from the
// rest where Kreidfeuer wrote them (gossip/compact, FORMAT.md, keys 1 and 2). What
// remains is kept byte for byte, so a message says nothing about how a writer of
// cores chooses among the forms that a value can take.

// fold leaves out of a core what follows from its author and its time. false: it
// is no core of the usual form.
func fold(core []byte, author *identity.Certificate) (b []byte, random [alert.RandomBytes]byte, ok bool) {
	doc, err := compact.Decode(core, nil)
	if err != nil {
		return nil, random, false
	}
	sent, _ := doc.Alert.Sent.Unix()
	random, ok = alert.ParseIdentifier(doc.Alert.Identifier)
	rest := plain(core)
	c := content{source: &rest}
	_, n, err := c.head()
	if ok && err == nil && n >= 2 {
		if end, ok := bytes.CutPrefix(core, beginning(n, uint64(sent), random, author)); ok {
			return append(appendMap(nil, n-2), end...), random, true
		}
	}
	return nil, random, false
}

// unfold is the core that was folded for author.
func unfold(b []byte, random [alert.RandomBytes]byte, author *identity.Certificate) ([]byte, error) {
	rest := plain(b)
	c := content{source: &rest}
	major, n, err := c.head()
	if err != nil || major != majorMap || n > maxKeys-2 {
		return nil, errContent
	}
	doc, err := compact.Decode(b, nil)
	if err != nil {
		return nil, err
	}
	sent, ok := doc.Alert.Sent.Unix()
	if !ok {
		return nil, errContent
	}
	return append(beginning(n+2, uint64(sent), random, author), rest...), nil
}

// maxKeys is how many keys a core can have.
const maxKeys = 64

// beginning is that of a core of n keys by author.
func beginning(n int, sent uint64, random [alert.RandomBytes]byte, author *identity.Certificate) []byte {
	b := appendText(append(appendMap(nil, n), 1), alert.Identifier(sent, random))
	return appendText(append(b, 2), alert.Sender(author.Domain, author.Authority))
}

// appendMap writes the head of a map.
func appendMap(b []byte, n int) []byte {
	if n < 24 {
		return append(b, majorMap<<5|byte(n))
	}
	return append(b, majorMap<<5|24, byte(n))
}

// appendText writes a text of less than 256 bytes; an authority's path has at most
// wire.MaxAuthority.
func appendText(b []byte, s string) []byte {
	if len(s) < 24 {
		return append(append(b, majorText<<5|byte(len(s))), s...)
	}
	return append(append(b, majorText<<5|24, byte(len(s))), s...)
}
