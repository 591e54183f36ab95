package recon

import (
	"errors"
	"testing"
)

// FuzzStep feeds both sides with messages that may be anything: the input is cut
// into messages by a length byte pair each. No side may panic, go on after an
// error, send more than a message holds or find more than there is.
func FuzzStep(f *testing.F) {
	a, b := pair(6, 300, 20, 20, 10)
	a[colliding(1<<30, 1)], b[colliding(1<<30, 2)] = known{1, 1}, known{1, 1}
	f.Add(script(a, b, true), true)
	f.Add(script(a, b, false), false)
	big, other := pair(7, 4000, 3000, 900, 0)
	f.Add(script(big, other, true), true)
	f.Add(script(big, other, false), false)
	set := a.set()
	f.Fuzz(func(t *testing.T, in []byte, asking bool) {
		x := Answer(set, Limits{})
		if asking {
			x = Ask(set, Limits{})
			if _, _, _, _, err := x.Step(nil); err != nil {
				t.Fatal(err)
			}
		}
		found, sent := 0, 0
		for len(in) >= 2 {
			n := min(int(in[0])<<8|int(in[1]), len(in)-2)
			out, have, need, done, err := x.Step(in[2 : 2+n])
			found, sent = found+len(have), sent+len(out)
			if len(out) > MaxMessage || err != nil && (!done || out != nil) {
				t.Fatalf("%d bytes, done %v, error %v", len(out), done, err)
			}
			if err != nil && !errors.Is(err, ErrPeer) {
				t.Fatal(err)
			}
			if !asking && len(need) > 0 || found > 2*set.Len() {
				t.Fatalf("found %d items of %d, %d needs", found, set.Len(), len(need))
			}
			if done {
				if _, _, _, _, err := x.Step(in[2 : 2+n]); err != ErrPeer {
					t.Fatal("the session goes on after its end")
				}
				return
			}
			in = in[2+n:]
		}
	})
}

// script is an honest session as the input of the target.
func script(a, b oracle, forAsker bool) (all []byte) {
	ask, answer := Ask(a.set(), Limits{}), Answer(b.set(), Limits{})
	var in []byte
	for {
		out, _, _, done, err := ask.Step(in)
		if done || err != nil {
			return all
		}
		if in, _, _, _, err = answer.Step(out); err != nil {
			return all
		}
		m := out
		if forAsker {
			m = in
		}
		all = append(append(all, byte(len(m)>>8), byte(len(m))), m...)
	}
}
