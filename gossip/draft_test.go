package gossip

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// A stranger may open a draft's stream: what is too large for one is refused by
// its length, before memory is given for it.
func TestDraftFrameIsBounded(t *testing.T) {
	s := newStation(t, newTree(t).Pinned(), newMemory())
	for _, test := range []struct {
		size int
		want string
	}{{wire.MaxTransmission, "too large"}, {2 * wire.MaxTransmission, "at most"}} {
		var b bytes.Buffer
		f := stream.New(&b, 1<<20)
		if err := f.Send(stream.Frame{Kind: stream.Envelope, Raw: make([]byte, test.size), Note: strings.Repeat("x", maxComment+1)}); err != nil {
			t.Fatal(err)
		}
		if err := s.answerDraft("p", stream.New(&b, draftFrame)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%d bytes: %v, want %q", test.size, err, test.want)
		}
	}
}
