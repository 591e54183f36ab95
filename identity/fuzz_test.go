package identity

import (
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// FuzzChain feeds damaged chains to a new device: whatever comes, it neither
// panics nor trusts anything that the real tree does not hold.
func FuzzChain(f *testing.F) {
	w := newTree(f)
	genuine := map[wire.ID]bool{}
	for _, e := range w.all {
		genuine[e.ID()] = true
	}
	e := w.alert(w.lst.cert, t0+day, w.lst.a, w.lst.b)
	e.Chain = w.pool.ChainFor(e)
	f.Add(e.EncodeFull(), uint16(0), byte(0))
	for i := range e.Chain {
		short := e.Stored()
		short.Chain = e.Chain[i:]
		f.Add(short.EncodeFull(), uint16(i*97), byte(1<<(i%8)))
	}
	f.Fuzz(func(t *testing.T, b []byte, at uint16, flip byte) {
		if len(b) > 0 {
			b = append([]byte{}, b...)
			b[int(at)%len(b)] ^= flip
		}
		got, err := wire.Decode(b)
		if err != nil {
			return
		}
		device := NewPool()
		if err := device.Pin(w.genesis, Fingerprint(w.domain)); err != nil {
			t.Fatal(err)
		}
		added, _ := device.AddChain(got)
		for _, a := range added {
			if !genuine[a.ID()] {
				t.Fatalf("added %s, which nobody has signed", a.Header.Type)
			}
		}
		if v, err := device.Verify(got); err == nil && got.ID() != e.ID() && !genuine[got.ID()] {
			t.Fatalf("verified what nobody has signed: %+v", v)
		}
	})
}

// FuzzCertificate reads any payload as each trust object: no panic, and what is
// accepted holds the bounds that later steps rely on.
func FuzzCertificate(f *testing.F) {
	w := newTree(f)
	beacon := w.beacon(w.land.cert, t0+day, t0+2*day, w.land.self())
	list := w.revoke(w.kreis.cert, []by{w.kreis.self()}, entry(w.lst.a, Compromised, t0+1))
	for _, e := range append(w.all, beacon, list) {
		f.Add(uint16(e.Header.Type), e.Payload)
	}
	f.Fuzz(func(t *testing.T, kind uint16, payload []byte) {
		o := w.origin(w.kreis.cert, w.kreis.key, t0, t0+year)
		h := o.header(wire.Type(kind))
		if h.Type == wire.TypeRoot {
			h.Authority, h.Issuer, h.Previous, h.Sequence = "", &w.domain, &w.domain, 2
		}
		h.Lane, h.Priority = wire.LaneTrust, trustPriority[h.Type]
		e, err := wire.New(h, payload)
		if err != nil || len(payload) > wire.MaxTransmission {
			return
		}
		e = w.kreis.key.Sign(e, w.kreis.cert.Ref(), wire.RoleAuthor)
		object, err := parse(e)
		if err != nil {
			return
		}
		if c := object.cert; c != nil && (c.Scope.Within(&c.Scope) != nil || c.Key.check() != nil || !cleanText(c.Name)) {
			t.Fatalf("certificate out of bounds: %+v", c)
		}
		_, _ = w.pool.Verify(e) // changes nothing
	})
}
