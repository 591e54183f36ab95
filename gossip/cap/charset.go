package cap

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// charsets are the encodings found in the wild beside UTF-8, by the name in
// the XML declaration.
var charsets = map[string]encoding.Encoding{
	"iso-8859-1":   charmap.ISO8859_1,
	"latin1":       charmap.ISO8859_1,
	"iso-8859-2":   charmap.ISO8859_2,
	"iso-8859-9":   charmap.ISO8859_9,
	"iso-8859-15":  charmap.ISO8859_15,
	"windows-1250": charmap.Windows1250,
	"windows-1251": charmap.Windows1251,
	"windows-1252": charmap.Windows1252,
	"cp1252":       charmap.Windows1252,
}

// toUTF8 returns the document in UTF-8 without byte order mark. A document
// that is not what it says is read as Windows-1252, which is what such files
// are, and gives a problem.
func toUTF8(data []byte) ([]byte, *finding, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("<\x00")):
		return transcode(data, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM))
	case bytes.HasPrefix(data, []byte("\xfe\xff")), bytes.HasPrefix(data, []byte("\x00<")):
		return transcode(data, unicode.UTF16(unicode.BigEndian, unicode.UseBOM))
	}
	name := declaredEncoding(data)
	if name == "" || name == "utf-8" || name == "utf8" || name == "us-ascii" || name == "ascii" {
		bad := firstInvalid(data)
		if bad < 0 {
			return data, nil, nil
		}
		out, _, err := transcode(data, charmap.Windows1252)
		line := 1 + bytes.Count(data[:bad], []byte("\n"))
		return out, &finding{line, "xml-encoding", "the document is not valid UTF-8; read as Windows-1252"}, err
	}
	enc, ok := charsets[name]
	if !ok {
		return nil, nil, fmt.Errorf("encoding %.40q: %w", name, ErrEncoding)
	}
	if enc == charmap.ISO8859_1 {
		if i := slices.IndexFunc(data, isC1); i >= 0 {
			out, _, err := transcode(data, charmap.Windows1252)
			line := 1 + bytes.Count(data[:i], []byte("\n"))
			return out, &finding{line, "xml-charset", "declared as ISO-8859-1 but written in Windows-1252"}, err
		}
	}
	return transcode(data, enc)
}

func transcode(data []byte, enc encoding.Encoding) ([]byte, *finding, error) {
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return nil, nil, fmt.Errorf("decode document: %w: %w", ErrEncoding, err)
	}
	return out, nil, nil
}

// declaredEncoding returns the lower-case name in the XML declaration, or "".
func declaredEncoding(data []byte) string {
	data = bytes.TrimLeft(data, xmlSpace)
	if !bytes.HasPrefix(data, []byte("<?xml")) {
		return ""
	}
	end := bytes.Index(data[:min(len(data), 256)], []byte("?>"))
	if end < 0 {
		return ""
	}
	_, after, ok := strings.Cut(string(data[:end]), "encoding")
	after = strings.TrimLeft(after, " \t\r\n=")
	if !ok || after == "" {
		return ""
	}
	name, _, _ := strings.Cut(after[1:], after[:1])
	return strings.ToLower(name)
}

func firstInvalid(data []byte) int {
	if utf8.Valid(data) {
		return -1
	}
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// isC1 finds what ISO-8859-1 has control characters for that nobody means.
func isC1(c byte) bool { return c >= 0x80 && c <= 0x9f }
