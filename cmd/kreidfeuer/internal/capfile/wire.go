package capfile

import (
	"bytes"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// formatWire names both wire forms: the unsigned file of cap convert, and the
// signed envelope.
const formatWire = "wire"

func isContainer(data []byte) bool { return bytes.HasPrefix(data, []byte(compact.Magic)) }

// readContainer reads what cap convert --to wire writes.
func readContainer(data []byte) capFile {
	doc, err := compact.Unmarshal(data)
	return wireFile(doc, err)
}

// readEnvelope reads the alert of a signed envelope. It judges no signature.
func readEnvelope(data []byte) capFile {
	doc, err := openEnvelope(data)
	return wireFile(doc, err)
}

func openEnvelope(data []byte) (*compact.Document, error) {
	e, err := wire.Decode(data)
	if err != nil {
		return nil, err
	}
	if e.Header.Type != wire.TypeAlert {
		return nil, fmt.Errorf("the envelope holds a %s, no alert", e.Header.Type)
	}
	payload, err := wire.ParsePayload(e.Payload)
	if err != nil {
		return nil, err
	}
	parts := make([][]byte, len(payload.Parts))
	for i, ref := range payload.Parts {
		if i >= len(e.Parts) || e.Parts[i] == nil {
			continue
		}
		if parts[i], err = ref.Open(e.Parts[i]); err != nil {
			return nil, err
		}
	}
	return compact.Decode(payload.Core, parts)
}

func wireFile(doc *compact.Document, err error) capFile {
	if err != nil {
		return capFile{format: formatWire, unreadable: err}
	}
	f := capFile{format: formatWire, problems: cap.Check(doc.Alert), docs: []cap.Document{{Path: "/alert", Alert: doc.Alert}}}
	for _, i := range doc.Missing() {
		f.problems = append(f.problems, cap.Problem{
			Path: "/alert", Rule: "part-missing", Severity: cap.LevelWarning,
			Message: fmt.Sprintf("a part with %s has not been received; its elements are missing here", doc.Parts[i].Kind),
		})
	}
	return f
}
