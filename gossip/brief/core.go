package brief

import (
	"bytes"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
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
	random, ok = alert.ParseIdentifier(doc.Alert.Identifier)
	rest := plain(core)
	c := content{source: &rest}
	_, n, err := c.head()
	sent, isTime := doc.Alert.Sent.Unix()
	if ok && err == nil && n >= 2 && isTime {
		if end, ok := bytes.CutPrefix(core, beginning(int(n), uint64(sent), random, author)); ok {
			return append(appendMap(nil, int(n)-2), end...), random, true
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
	sent, ok := sentOf(rest)
	if !ok {
		return nil, errContent
	}
	return append(beginning(int(n)+2, sent, random, author), rest...), nil
}

// sentOf reads the time of a core from key 3, which comes first: 3: [seconds,
// offset]. The core cannot be decoded yet, since references may share their
// beginning with the identifier.
func sentOf(entries plain) (seconds uint64, ok bool) {
	c := content{source: &entries}
	for _, want := range []struct {
		major       byte
		least, most uint64
	}{{majorUint, 3, 3}, {majorArray, 2, 2}, {majorUint, 0, wire.MaxTime}} {
		major, v, err := c.head()
		if err != nil || major != want.major || v < want.least || v > want.most {
			return 0, false
		}
		seconds = v
	}
	return seconds, true
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
