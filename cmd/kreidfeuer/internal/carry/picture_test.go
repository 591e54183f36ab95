package carry

import (
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/frame"
)

// TestManyTexts: a text of frames without end costs no more than a sheet of paper.
func TestManyTexts(t *testing.T) {
	var b strings.Builder
	for i := range 50_000 {
		b.WriteString(frame.Text([]byte{0x20, byte(i >> 16), byte(i >> 8), byte(i)}) + "\r\n")
	}
	p := newPictures()
	if err := p.read(t.Context(), "texts", strings.NewReader(b.String())); err != nil {
		t.Fatal(err)
	}
	if len(p.messages) != maxMessages || p.beyond != 50_000-maxMessages {
		t.Errorf("%d messages, %d beyond", len(p.messages), p.beyond)
	}
	if err := p.problem(); err == nil || !strings.Contains(err.Error(), "more than the") {
		t.Error(err)
	}
}
