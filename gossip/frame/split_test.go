package frame

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func message(seed uint64, n int) []byte {
	random := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	b[0] &= 0x7f
	return b
}

// Any frames that are as many as needed give the message back, in any order.
func TestAnyNeededFrames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mtu := rapid.IntRange(MinMTU, 900).Draw(t, "mtu")
		n := rapid.IntRange(1, min(MaxMessage, MaxNeeded*(mtu-headSize))).Draw(t, "bytes")
		m := message(uint64(n), n)
		p, err := Split(m, mtu, rapid.IntRange(0, 300).Draw(t, "spare"))
		if err != nil {
			t.Fatal(err)
		}
		order := rapid.Permutation(count(p.Count())).Draw(t, "order")
		a := NewAssembler(Limits{})
		for i, index := range order {
			f := p.Frame(index)
			if len(f) > mtu {
				t.Fatalf("frame of %d bytes, at most %d", len(f), mtu)
			}
			got, err := a.Add("x", f, 1)
			if err != nil {
				t.Fatal(err)
			}
			if done := i+1 == p.Needed(); done != (got != nil) && p.Count() > 1 {
				t.Fatalf("frame %d of %d needed: message %t", i+1, p.Needed(), got != nil)
			}
			if got != nil && !bytes.Equal(got, m) {
				t.Fatal("another message")
			}
		}
		if left := a.Progress(); len(left) > 0 || a.total != 0 || len(a.bytes) != 0 {
			t.Fatalf("left behind: %v, %d bytes", left, a.total)
		}
	})
}

func count(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// A row of the code does not depend on how many there are: who asked for few spare
// frames can send more later.
func TestSpareFramesAreTheSame(t *testing.T) {
	m := message(1, 3000)
	many, err := Split(m, RadioMTU, MaxFrames)
	if err != nil || many.Count() != MaxFrames {
		t.Fatal(many.Count(), err)
	}
	for spare := range 4 {
		few, err := Split(m, RadioMTU, spare)
		if err != nil || few.Count() != few.Needed()+spare {
			t.Fatal(few.Count(), err)
		}
		for i := range few.Count() {
			if !bytes.Equal(few.Frame(i), many.Frame(i)) {
				t.Fatalf("with %d spare frames, frame %d differs", spare, i)
			}
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		message    []byte
		mtu, spare int
	}{
		"empty":          {nil, RadioMTU, 0},
		"no message":     {[]byte{markPiece}, RadioMTU, 0},
		"too long":       {make([]byte, MaxMessage+1), 4096, 0},
		"mtu":            {make([]byte, 10), MinMTU - 1, 0},
		"negative spare": {make([]byte, 10), RadioMTU, -1},
		"too many":       {make([]byte, MaxNeeded*(RadioMTU-headSize)+1), RadioMTU, 0},
	} {
		if _, err := Split(c.message, c.mtu, c.spare); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Every damaged bit of a frame is seen.
func TestDamage(t *testing.T) {
	p, err := Split(message(2, 700), RadioMTU, 0)
	if err != nil {
		t.Fatal(err)
	}
	a := NewAssembler(Limits{})
	for bit := range 8 * RadioMTU {
		f := p.Frame(1)
		if bit/8 >= len(f) {
			break
		}
		f[bit/8] ^= 1 << (bit % 8)
		if bit == 7 {
			continue // then it is a message in one frame
		}
		if _, err := a.Add("", f, 1); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrUnsupported) {
			t.Fatalf("bit %d: %v", bit, err)
		}
	}
	for _, f := range [][]byte{nil, {markPiece}, p.Frame(0)[:headSize], {0xff, 1, 2}} {
		if _, err := a.Add("", f, 1); err == nil {
			t.Errorf("%x accepted", f)
		}
	}
	if len(a.Progress()) != 0 {
		t.Error("something was kept")
	}
}

// A false frame with a good check among those of a message costs one good one more.
func TestFalseFrame(t *testing.T) {
	m := message(3, 2000)
	p, err := Split(m, RadioMTU, 20)
	if err != nil {
		t.Fatal(err)
	}
	a := NewAssembler(Limits{})
	bad := p.Frame(4)
	bad[headSize] ^= 1
	check := checkOf(bad)
	copy(bad[headSize-checkSize:], check[:])
	if _, err := a.Add("", bad, 1); err != nil {
		t.Fatal(err)
	}
	for i := range p.Count() {
		got, err := a.Add("", p.Frame(i), 1)
		if err != nil {
			t.Fatal(err)
		}
		if got != nil {
			if !bytes.Equal(got, m) || i > p.Needed() {
				t.Fatalf("after frame %d: right %t", i, bytes.Equal(got, m))
			}
			return
		}
	}
	t.Fatal("never complete")
}

// Whoever sends first frames under many names, or many messages under one, does not
// push out what is nearly complete, and memory stays bounded.
func TestFlood(t *testing.T) {
	m := message(4, 4000)
	p, err := Split(m, RadioMTU, 0)
	if err != nil {
		t.Fatal(err)
	}
	a := NewAssembler(Limits{Bytes: 64 << 10, SenderBytes: 16 << 10, Partials: 32})
	for i := range p.Needed() - 1 {
		if _, err := a.Add("good", p.Frame(i), 1); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2000 {
		flood, err := Split(message(uint64(i), 20000), RadioMTU, 0)
		if err != nil {
			t.Fatal(err)
		}
		sender := "bad"
		if i%2 == 0 {
			sender = fmt.Sprint(i)
		}
		if _, err := a.Add(sender, flood.Frame(i), 2); err != nil {
			t.Fatal(err)
		}
		if a.total > a.limits.Bytes || len(a.partials) > a.limits.Partials || a.bytes["bad"] > a.limits.SenderBytes {
			t.Fatalf("%d bytes in %d messages", a.total, len(a.partials))
		}
	}
	if got, _ := a.Add("good", p.Frame(p.Needed()-1), 3); !bytes.Equal(got, m) {
		t.Fatal("the good message was pushed out")
	}
}

func TestExpiry(t *testing.T) {
	p, err := Split(message(5, 500), RadioMTU, 0)
	if err != nil {
		t.Fatal(err)
	}
	a := NewAssembler(Limits{Idle: 100})
	for i, c := range []struct {
		at    uint64
		frame int
		done  bool
	}{
		{1000, 0, false}, {1101, 1, false}, // the first was given up
		{1201, 0, false}, {1301, 2, true}, // each frame keeps it alive
		{1302, 0, false}, {1303, 1, false}, {1304, 2, false}, // what is complete is not put together again
		{1500, 0, false}, {1500, 1, false}, {1500, 2, true}, // but later it is
	} {
		got, err := a.Add("", p.Frame(c.frame), c.at)
		if err != nil || (got != nil) != c.done {
			t.Fatalf("step %d: %t, %v", i, got != nil, err)
		}
	}
}
