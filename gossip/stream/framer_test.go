package stream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

func id(n byte) wire.ID { return wire.ID{1, n} }

// The two ways of writing and of reading an envelope's frame are one.
func TestEnvelopeFrame(t *testing.T) {
	for _, n := range []int{0, 1, 23, 24, 255, 256, 257, 1000, 65535, 65536} {
		raw := bytes.Repeat([]byte{7}, n)
		var quick, plain bytes.Buffer
		a, b := New(&quick, 1<<20), New(&plain, 1<<20)
		if err := errors.Join(a.WriteEnvelope(raw), a.w.Flush(), b.Send(Frame{Kind: Envelope, Raw: raw})); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(quick.Bytes(), plain.Bytes()) {
			t.Errorf("%d bytes: written as %x and %x", n, quick.Bytes()[:9], plain.Bytes()[:9])
		}
		if fr, err := a.Read(); err != nil || fr.Kind != Envelope || !bytes.Equal(fr.Raw, raw) {
			t.Errorf("%d bytes: read as kind %d of %d bytes, %v", n, fr.Kind, len(fr.Raw), err)
		}
	}
}

// FuzzFrame: whatever a neighbour writes, reading it ends, and what is read is
// written again as the same bytes.
func FuzzFrame(f *testing.F) {
	for _, fr := range []Frame{
		{Kind: Hello, Time: 1793491200, Domains: []wire.ID{id(1)}},
		{Kind: Recon, Domains: []wire.ID{id(1)}, Lane: wire.LaneLive, Raw: []byte("message")},
		{Kind: Offer, Domains: []wire.ID{id(1)}, Lane: wire.LaneLive, Items: PackOffer([]Offered{{ID: id(2), Grade: 5, Size: 9}}), More: true},
		{Kind: Next, Domains: []wire.ID{id(1)}, Lane: wire.LaneLive},
		{Kind: Get, Items: PackGet([]Offered{{ID: id(2)}})},
		{Kind: Envelope, Raw: []byte("envelope")},
		{Kind: End},
	} {
		var b bytes.Buffer
		w := New(&b, 1<<20)
		if err := w.Send(fr); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		fr, err := New(bytes.NewBuffer(in), 1<<20).Read()
		if err != nil {
			return
		}
		if list, err := UnpackOffer(fr.Items); err == nil && !bytes.Equal(PackOffer(list), fr.Items) {
			t.Errorf("offer %x, again %x", fr.Items, PackOffer(list))
		}
		if ids, err := UnpackGet(fr.Items); err == nil && len(ids)*wire.IDSize != len(fr.Items) {
			t.Errorf("%d IDs of %d bytes", len(ids), len(fr.Items))
		}
		var out bytes.Buffer
		w := New(&out, 1<<20)
		if err := w.Send(fr); err != nil {
			t.Fatal(err)
		}
		n, k := binary.Uvarint(in)
		if body := in[k : uint64(k)+n]; !bytes.HasSuffix(out.Bytes(), body) {
			t.Errorf("read %x, wrote %x", body, out.Bytes())
		}
	})
}
