package frame

import (
	"errors"
	"strings"
)

// A frame in a QR code is text, in the code's alphanumeric mode: TextPrefix and the
// frame in base45 (RFC 9285), three characters for two bytes.

// TextPrefix begins the text of a frame. The number is the version of the format.
const TextPrefix = "KF1:"

// CodeMTU is the longest frame in one QR code, in bytes: with correction level M it
// fits version 15, 77 modules across, which a phone reads off paper 5 cm wide.
const CodeMTU = 396

// ErrText says that a text is no frame.
var ErrText = errors.New("not the text of a frame")

const base45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

// Text is the text of a frame.
func Text(frame []byte) string {
	var b strings.Builder
	b.Grow(len(TextPrefix) + ceil(3*len(frame), 2))
	b.WriteString(TextPrefix)
	for ; len(frame) >= 2; frame = frame[2:] {
		n := int(frame[0])<<8 | int(frame[1])
		b.WriteByte(base45[n%45])
		b.WriteByte(base45[n/45%45])
		b.WriteByte(base45[n/45/45])
	}
	if len(frame) == 1 {
		b.WriteByte(base45[int(frame[0])%45])
		b.WriteByte(base45[int(frame[0])/45])
	}
	return b.String()
}

// ParseText returns the frame of a text. The error is ErrText.
func ParseText(text string) ([]byte, error) {
	s, ok := strings.CutPrefix(text, TextPrefix)
	if !ok || len(s) == 0 || len(s)%3 == 1 || len(s) > 2*MaxMessage {
		return nil, ErrText
	}
	b := make([]byte, 0, len(s)*2/3+1)
	for ; len(s) > 0; s = s[min(3, len(s)):] {
		n, weight := 0, 1
		for i := range min(3, len(s)) {
			v := strings.IndexByte(base45, s[i])
			if v < 0 {
				return nil, ErrText
			}
			n += v * weight
			weight *= 45
		}
		switch {
		case len(s) >= 3 && n < 1<<16:
			b = append(b, byte(n>>8), byte(n))
		case len(s) == 2 && n < 1<<8:
			b = append(b, byte(n))
		default:
			return nil, ErrText
		}
	}
	return b, nil
}
