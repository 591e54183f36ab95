package brief

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// The format names the primer by its hash: it must not change unseen.
func TestPrimerIsFixed(t *testing.T) {
	page, err := os.ReadFile("../frame/FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(primer)
	if !strings.Contains(string(page), hex.EncodeToString(sum[:])) {
		t.Errorf("FORMAT.md does not name the primer %x", sum)
	}
}

func TestCompressionRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.OneOf(rapid.SliceOfN(rapid.Byte(), 0, 300), rapid.Map(rapid.StringN(0, 200, 400), func(s string) []byte { return []byte(s) }),
			rapid.Map(rapid.IntRange(0, 400), func(n int) []byte { return make([]byte, n) })).Draw(t, "content")
		previous := rapid.SampledFrom([][]byte{nil, make([]byte, hashSize)}).Draw(t, "previous")
		x := newExpander(compress(b, previous), previous)
		for i, want := range b {
			if err := x.check(); err != nil {
				t.Fatalf("byte %d: %v", i, err)
			}
			if got := x.next(); got != want {
				t.Fatalf("byte %d of %d: %x, want %x", i, len(b), got, want)
			}
		}
	})
}

// A device that got the frame alone has the alert, and what it lacks comes later
// under the same ID.
func TestPartsFollow(t *testing.T) {
	w := newWorld(t)
	e := w.sign(t, templated(t, w, "hochwasser"), true, 2)
	bare := *e
	bare.Parts = nil
	m, err := Write(&bare, w.shelf, Options{})
	if err != nil {
		t.Fatal(err)
	}
	back, err := Expand(m, w.shelf)
	if err != nil || back.ID() != e.ID() {
		t.Fatal(back, err)
	}
	a, err := alert.OpenFull(back)
	if err != nil || len(a.Missing()) == 0 || a.CAP.Info[0].Headline == "" {
		t.Fatalf("%v, %v", a, err)
	}
	if v, err := w.Pool.Verify(back); err != nil || v.Level != 2 || alert.Check(&v, a) != nil {
		t.Fatalf("level %d, %v", v.Level, err)
	}
	back.Parts = e.Parts
	if a, err = alert.OpenFull(back); err != nil || len(a.Missing()) > 0 {
		t.Fatalf("%v, %v", a.Missing(), err)
	}
}

// previousOf is an alert with others by its author before it.
func previousOf(t *testing.T) (*world, *wire.Envelope) {
	w := newWorld(t)
	w.sign(t, coded(w), false, 1)
	before := w.sign(t, coded(w), false, 1)
	e := w.sign(t, coded(w), false, 1)
	if *e.Header.Previous != before.ID() {
		t.Fatal("not in line")
	}
	return w, e
}

func TestPrevious(t *testing.T) {
	w, e := previousOf(t)
	stranger := NewShelf(w.Pool, nil)
	for _, c := range []struct {
		named, held bool
		want        error
	}{{true, true, nil}, {true, false, ErrUnknown}, {false, true, nil}, {false, false, nil}} {
		m, err := Write(e, w.shelf, Options{NamePrevious: c.named})
		if err != nil {
			t.Fatal(err)
		}
		book := w.shelf
		if !c.held {
			book = stranger
		}
		if _, err := Expand(m, book); !errors.Is(err, c.want) {
			t.Errorf("named %t, held %t: %v", c.named, c.held, err)
		}
	}
}

// twins is a book in which every name stands for many certificates, the genuine one
// last.
type twins struct {
	Book
	others []*identity.Certificate
}

func (b twins) Signers(n Name) []*identity.Certificate { return append(b.others, b.Book.Signers(n)...) }

func TestTwinsOfAName(t *testing.T) {
	w := newWorld(t)
	e := w.sign(t, coded(w), false, 2)
	m, err := Write(e, w.shelf, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var others []*identity.Certificate
	for _, u := range []*identity.Certificate{w.certificate(t, w.Land.Persons[0].Ref()), w.certificate(t, w.Leitstelle.Persons[1].Ref())} {
		for range 60 {
			others = append(others, u)
		}
	}
	back, err := Expand(m, twins{w.shelf, others})
	if err != nil || !bytes.Equal(back.Encode(), e.Encode()) {
		t.Fatal(err)
	}
	if _, err := Expand(m, twins{w.shelf, slices.Repeat(others, 3)}); !errors.Is(err, ErrUnknown) {
		t.Fatalf("no bound: %v", err)
	}
	if _, err := Expand(m, Chain{}); !errors.Is(err, ErrUnknown) {
		t.Fatal(err)
	}
}

func (w *world) certificate(t *testing.T, r wire.Ref) *identity.Certificate {
	c, ok := w.Pool.Certificate(wire.ID(r))
	if !ok {
		t.Fatal("not there")
	}
	return c
}

// An approver who is not known here is left out; the alert counts for less.
func TestUnknownApprover(t *testing.T) {
	w := newWorld(t)
	e := w.sign(t, coded(w), false, 2)
	m, err := Write(e, w.shelf, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var chain Chain
	for _, c := range ChainOf(e) {
		if c.ID != wire.ID(e.Signers[1].Ref) {
			chain = append(chain, c)
		}
	}
	back, err := Expand(m, chain)
	if err != nil || back.ID() != e.ID() || len(back.Signers) != 1 {
		t.Fatal(back, err)
	}
}

// Whatever an author writes comes back: identifiers of others, drills, updates,
// emergency signatures, extra signers.
func TestForms(t *testing.T) {
	for name, change := range map[string]func(c *cap.Alert){
		"plain":      func(*cap.Alert) {},
		"identifier": func(c *cap.Alert) { c.Identifier = "DE-RP-ABC-1" },
		"time":       func(c *cap.Alert) { c.Identifier = alert.Identifier(now+1, [alert.RandomBytes]byte{1}) },
		"sender":     func(c *cap.Alert) { c.Sender = "leitstelle@example.org" },
		"both":       func(c *cap.Alert) { c.Identifier, c.Sender = "kf-x-aaaaaaaa", "x" },
		"drill":      func(c *cap.Alert) { c.Status = cap.Exercise },
		"no offset":  func(c *cap.Alert) { c.Sent = cap.Time(strings.TrimSuffix(string(c.Sent), "+01:00") + "Z") },
		"umlauts":    func(c *cap.Alert) { c.Info[0].Headline = "Sägewerk Gößweinstein: Öltank läuft aus 🔥" },
		"long":       func(c *cap.Alert) { c.Info[0].Description = strings.Repeat("Das Wasser steigt. ", 300) },
		"too long":   func(c *cap.Alert) { c.Info[0].Description = strings.Repeat("Das Wasser steigt. ", 1000) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c := coded(w)
			change(c)
			e := w.sign(t, c, false, 2)
			m, err := Write(e, w.shelf, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if whole := m[0] == kindEnvelope; whole != (name == "too long") {
				t.Errorf("kind 0x%02x", m[0])
			}
			back, err := Expand(m, w.shelf)
			if err != nil || !bytes.Equal(back.Encode(), e.Encode()) {
				t.Fatal(err)
			}
			whole, err := Write(e, w.shelf, Options{Chain: true})
			if err != nil || !bytes.Equal(whole[1:], e.EncodeFull()) {
				t.Fatal(err)
			}
		})
	}
}

// A changed bit of a message is found by its signatures or before, wherever it is.
func TestDamagedMessage(t *testing.T) {
	w := newWorld(t)
	m, err := Write(w.sign(t, coded(w), false, 1), w.shelf, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for bit := 0; bit < 8*len(m); bit += 5 {
		b := bytes.Clone(m)
		b[bit/8] ^= 1 << (bit % 8)
		if e, err := Expand(b, w.shelf); err == nil {
			t.Errorf("bit %d: %v", bit, e)
		}
	}
	for n := range m {
		if e, err := Expand(m[:n], w.shelf); err == nil {
			t.Errorf("cut to %d: %v", n, e)
		}
	}
}

func FuzzExpand(f *testing.F) {
	w := newWorld(f)
	for _, e := range []*wire.Envelope{w.sign(f, coded(w), false, 1), w.sign(f, templated(f, w, "rauch"), true, 2)} {
		for _, o := range []Options{{}, {Parts: true}, {NamePrevious: true}, {Chain: true}} {
			m, err := Write(e, w.shelf, o)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(m)
		}
	}
	f.Add([]byte{kindAlert | flagMore, 0xff})
	f.Add(append([]byte{kindForeign}, make([]byte, 80)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, err := Expand(b, w.shelf); err == nil && len(e.Signers) == 0 {
			t.Fatal("an envelope that nobody signed")
		}
	})
}
