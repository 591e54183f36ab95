package compact

import (
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// The content of a derefUri is a byte string, or [length, bytes] if its base64
// is divided by single spaces into lines of that many characters, or text.

func appendMedia(b []byte, s string) []byte {
	line := strings.IndexByte(s, ' ')
	joined := s
	if line > 0 {
		joined = strings.ReplaceAll(s, " ", "")
	}
	content, err := base64.StdEncoding.Strict().DecodeString(joined)
	if err != nil || line == 0 || line > maxLine || strings.ContainsAny(s, "\r\n") { // the decoder skips line ends
		return appendText(b, s)
	}
	if line < 0 {
		return appendBytes(b, content)
	}
	if divide(joined, line) != s {
		return appendText(b, s)
	}
	return appendBytes(appendUint(appendArray(b, 2), uint64(line)), content)
}

func readMedia(r *reader) string {
	if r.peek() == majorText {
		return r.text()
	}
	line := 0
	if r.peek() == majorArray {
		if r.array() != 2 {
			r.bad("want [length of line, bytes]")
		}
		if line = r.index(maxLine + 1); line == 0 {
			r.bad("lines of no length")
		}
	}
	content := r.bytes()
	size := base64.StdEncoding.EncodedLen(len(content))
	if line > 0 {
		size += size / line
	}
	r.spend(costText + size)
	if r.err != nil {
		return ""
	}
	s := base64.StdEncoding.EncodeToString(content)
	if line > 0 {
		return divide(s, line)
	}
	return s
}

// maxLine bounds the line length of base64; MIME's is 76.
const maxLine = 1 << 16

// divide puts a space after every n characters, but not at the end.
func divide(s string, n int) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/n)
	for len(s) > n {
		b.WriteString(s[:n])
		b.WriteByte(' ')
		s = s[n:]
	}
	b.WriteString(s)
	return b.String()
}

// A digest in lower-case hexadecimal is a byte string.

func putDigest(_ *context, v *cap.Resource) []byte {
	if v.Digest == "" {
		return nil
	}
	b, err := hex.DecodeString(v.Digest)
	if err != nil || hex.EncodeToString(b) != v.Digest {
		return appendText(nil, v.Digest)
	}
	return appendBytes(nil, b)
}

func readDigest(r *reader) string {
	if r.peek() == majorText {
		return r.text()
	}
	b := r.bytes()
	r.spend(costText + 2*len(b))
	return hex.EncodeToString(b)
}
