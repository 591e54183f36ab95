package brief

import (
	"encoding/binary"
	"errors"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Just enough of CBOR (RFC 8949) to find where an item ends; whether it is what
// the payload of an alert may be, gossip/wire and gossip/compact judge.

const (
	majorUint  = 0
	majorBytes = 2
	majorText  = 3
	majorArray = 4
	majorMap   = 5
)

// maxContent bounds what a message expands to: core and contents of parts. It
// takes some 20 ms.
const maxContent = 16 << 10

var errContent = errors.New("the message holds no alert")

// source yields bytes one at a time.
type source interface {
	next() byte
	check() error
}

// content collects what a source yields.
type content struct {
	source
	b []byte
}

func (c *content) take(n int) error {
	if n < 0 || n > maxContent-len(c.b) {
		return errContent
	}
	for range n {
		if err := c.check(); err != nil {
			return err
		}
		c.b = append(c.b, c.next())
	}
	return nil
}

// head reads the head of an item.
func (c *content) head() (major byte, arg uint64, err error) {
	at := len(c.b)
	if err := c.take(1); err != nil {
		return 0, 0, err
	}
	major, info := c.b[at]>>5, c.b[at]&31
	if info < 24 {
		return major, uint64(info), nil
	}
	if info > 27 {
		return 0, 0, errContent
	}
	size := 1 << (info - 24)
	if err := c.take(size); err != nil {
		return 0, 0, err
	}
	var wide [8]byte
	copy(wide[8-size:], c.b[at+1:])
	v := binary.BigEndian.Uint64(wide[:])
	if major >= majorBytes && v > maxContent {
		return 0, 0, errContent
	}
	return major, v, nil
}

// item reads one item.
func (c *content) item(depth int) error {
	if depth > wire.MaxNesting {
		return errContent
	}
	major, n, err := c.head()
	if err != nil {
		return err
	}
	switch major {
	case majorBytes, majorText:
		return c.take(int(n))
	case majorMap:
		n *= 2
	case majorArray:
	default:
		return nil
	}
	for ; n > 0; n-- {
		if err := c.item(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

// plain is a source of bytes that are there.
type plain []byte

func (p *plain) next() byte {
	b := (*p)[0]
	*p = (*p)[1:]
	return b
}

func (p *plain) check() error {
	if len(*p) == 0 {
		return errContent
	}
	return nil
}
