package cap

import (
	"bytes"
	"encoding/xml"
	"io"
)

// Format is what a document appears to be by its beginning.
type Format string

// Formats that Sniff tells apart.
const (
	Unknown Format = "unknown"
	CAP     Format = "CAP"
	Atom    Format = "Atom"
	RSS     Format = "RSS"
	EDXL    Format = "EDXL-DE" // may contain alerts; see Embedded
	SOAP    Format = "SOAP"    // may contain alerts; see Embedded
	XML     Format = "XML"     // any other XML
	NINA    Format = "NINA JSON"
	JSON    Format = "JSON" // any other JSON
	Wire    Format = "wire" // a COSE message (RFC 9052), tag 18 or 98
)

// Sniff guesses the format; it looks at no more than the first 64 KiB and
// promises nothing about the rest.
func Sniff(data []byte) Format {
	switch {
	case bytes.HasPrefix(data, []byte{0xd8, 98}), bytes.HasPrefix(data, []byte{0xd2, 0x84}):
		return Wire
	case len(data) > sniffLen:
		data = data[:sniffLen]
	}
	if text := bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), xmlSpace); len(text) > 0 && text[0] == '{' {
		if bytes.Contains(text, []byte(`"identifier"`)) && bytes.Contains(text, []byte(`"info"`)) {
			return NINA
		}
		return JSON
	}
	return sniffXML(data)
}

func sniffXML(data []byte) Format {
	src, _, err := toUTF8(data)
	if err != nil {
		return Unknown
	}
	dec := xml.NewDecoder(bytes.NewReader(src))
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		tok, err := dec.Token()
		if err != nil {
			return Unknown
		}
		switch t := tok.(type) {
		case xml.StartElement:
			return rootFormat(t.Name.Space, t.Name.Local)
		case xml.CharData:
			if len(bytes.Trim(t, xmlSpace)) > 0 {
				return Unknown
			}
		}
	}
}

func rootFormat(space, name string) Format {
	switch {
	case name == "alert":
		return CAP
	case name == "feed":
		return Atom
	case name == "rss", name == "RDF":
		return RSS
	case name == "EDXLDistribution":
		return EDXL
	case name == "Envelope" && space != "":
		return SOAP
	}
	return XML
}
