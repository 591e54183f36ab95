package identity

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// successors are rivals for version 2 of the test world, and what follows.
type successors struct {
	*world
	keys, rescue []PrivateKey
}

func newSuccessors(t testing.TB) successors {
	w := newWorld(t)
	keys, _ := rootKeys(t, "root", 3)
	rescue, _ := rootKeys(t, "rescue", 3)
	return successors{w, keys, rescue}
}

// next makes a successor named by name, with keys of its own.
func (s successors) next(prev *wire.Envelope, name string, change func(*RootKeys)) (*wire.Envelope, []PrivateKey) {
	s.t.Helper()
	own, public := rootKeys(s.t, name, 3)
	r := genesisKeys(s.t)
	r.Name, r.Keys, r.Floor = name, public, 1
	if change != nil {
		change(&r)
	}
	e, err := NextRoot(prev, r, t0+day, t0+30*year, true)
	if err != nil {
		s.t.Fatal(err)
	}
	return e, own
}

// rotated is signed by the thresholds of both versions.
func (s successors) rotated(prev *wire.Envelope, prevKeys []PrivateKey, name string) (*wire.Envelope, []PrivateKey) {
	e, own := s.next(prev, name, nil)
	return signRoot(s.t, e, prevKeys[0], prevKeys[2], own[0], own[1]), own
}

// rescued is signed by recovery and the version's own threshold.
func (s successors) rescued(prev *wire.Envelope, name string) (*wire.Envelope, []PrivateKey) {
	e, own := s.next(prev, name, nil)
	return signRoot(s.t, e, s.rescue[1], s.rescue[2], own[1], own[2]), own
}

func (s successors) adopted() string {
	st, _ := s.pool.Status(s.domain)
	if len(st.Frozen) > 0 {
		return st.Adopted.Name + " frozen"
	}
	return st.Adopted.Name
}

func TestRootSignatures(t *testing.T) {
	s := newSuccessors(t)
	k, r := s.keys, s.rescue
	e, own := s.next(s.genesis, "next", nil)
	changed, changedOwn := s.next(s.genesis, "changed", func(r *RootKeys) { r.Recovery = r.Recovery[:2] })
	stranger := testKey(t, PurposeRoot, "stranger")
	damaged := signRoot(t, e, k[0], k[1], own[0], own[1])
	damaged.Signers[3].Sig[1] ^= 1
	twice := damaged.Signers[0]
	asCertificate := wire.NewSigner(wire.CertificateRef(wire.ID(twice.Ref)), wire.RoleApprover) // the same key in another guise
	asCertificate.Ref[0] = 1
	for _, tt := range []struct {
		name string
		e    *wire.Envelope
		want wire.Reason
	}{
		{"both thresholds", signRoot(t, e, k[0], k[1], own[0], own[1]), ""},
		{"recovery", signRoot(t, e, r[0], r[1], own[0], own[1]), ""},
		{"too few old", signRoot(t, e, k[0], own[0], own[1]), wire.ReasonBadQuorum},
		{"too few own", signRoot(t, e, k[0], k[1], own[0]), wire.ReasonBadQuorum},
		{"too few of recovery", signRoot(t, e, k[0], r[1], own[0], own[1]), wire.ReasonBadQuorum},
		{"recovery without own", signRoot(t, e, r[0], r[1], r[2]), wire.ReasonBadQuorum},
		{"a stranger", signRoot(t, e, k[0], k[1], own[0], own[1], stranger), wire.ReasonBadSigner},
		{"damaged", damaged, wire.ReasonBadSigner},
		{"one key in two guises", signRoot(t, e, k[0], own[0], own[1]).AddSigner(asCertificate), wire.ReasonBadSigner},
		{"recovery keys changed by recovery", signRoot(t, changed, r[0], r[1], changedOwn[0], changedOwn[1]), ""},
		{"recovery keys changed without it", signRoot(t, changed, k[0], k[1], changedOwn[0], changedOwn[1]), wire.ReasonNotContain},
	} {
		_, err := s.pool.Verify(tt.e)
		wantReason(t, tt.name, err, tt.want)
	}
}

func TestRootForm(t *testing.T) {
	keys := genesisKeys(t)
	change := func(f func(*RootKeys)) RootKeys {
		r := keys
		r.Keys, r.Recovery = slices.Clone(r.Keys), slices.Clone(r.Recovery)
		f(&r)
		return r
	}
	for name, r := range map[string]RootKeys{
		"no name":            change(func(r *RootKeys) { r.Name = "" }),
		"no keys":            change(func(r *RootKeys) { r.Keys = nil }),
		"threshold 0":        change(func(r *RootKeys) { r.Threshold = 0 }),
		"threshold 4 of 3":   change(func(r *RootKeys) { r.Threshold = 4 }),
		"recovery 0 of 3":    change(func(r *RootKeys) { r.RecoveryThreshold = 0 }),
		"recovery 2 of none": change(func(r *RootKeys) { r.Recovery = nil }),
		"key twice":          change(func(r *RootKeys) { r.Keys[0] = r.Keys[1] }),
		"key in both":        change(func(r *RootKeys) { r.Recovery[0] = r.Keys[0] }),
		"key of small order": change(func(r *RootKeys) { r.Keys[0] = PublicKey{} }),
		"floor above":        change(func(r *RootKeys) { r.Floor = 2 }),
	} {
		if _, err := NewGenesis(r, t0, t0+year); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	e := ok[*wire.Envelope](t)(NewGenesis(keys, t0, t0+year))
	private, _ := rootKeys(t, "root", 3)
	half := signRoot(t, e, private[0])
	if err := NewPool().Pin(half, Fingerprint(half.ID())); reason(err) != wire.ReasonBadQuorum {
		t.Errorf("half signed genesis: %v", err)
	}
	back, err := wire.Decode(half.Encode())
	if err != nil {
		t.Fatal(err)
	}
	whole := signRoot(t, back, private[2])
	if err := NewPool().Pin(whole, Fingerprint(whole.ID())); err != nil {
		t.Errorf("after a round by file: %v", err)
	}
	if err := NewPool().Pin(whole, Fingerprint(wire.ID{1})); err == nil {
		t.Error("a wrong fingerprint was accepted")
	}
}

func TestRotationFreezeAndRecovery(t *testing.T) {
	s := newSuccessors(t)
	step := func(e *wire.Envelope, want string) {
		t.Helper()
		if _, err := s.pool.Add(e); err != nil {
			t.Fatal(err)
		}
		if got := s.adopted(); got != want {
			t.Fatalf("adopted %q, want %q", got, want)
		}
	}
	a, aKeys := s.rotated(s.genesis, s.keys, "a")
	b, _ := s.rotated(s.genesis, s.keys, "b")
	a2, _ := s.rotated(a, aKeys, "a2")
	r, rKeys := s.rescued(s.genesis, "r")
	r2, _ := s.rotated(r, rKeys, "r2")
	late, _ := s.rescued(s.genesis, "late")

	step(a, "a")
	step(b, "Testland frozen")
	if _, err := s.pool.Add(a2); reason(err) != wire.ReasonFrozen {
		t.Errorf("a successor of a frozen version: %v", err)
	}
	step(r, "r")
	step(r2, "r2")
	step(late, "r2") // recovery was used and settled: the old recovery keys are powerless
	if _, err := s.pool.Add(a2); err == nil {
		t.Error("a successor of a replaced version was accepted")
	}

	s = newSuccessors(t)
	step(a, "a")
	step(a2, "a2")
	step(b, "a2") // rotated keys cannot freeze what has gone on
	if st, _ := s.pool.Status(s.domain); len(st.Forks) != 1 {
		t.Errorf("%d forks known, want 1 as evidence", len(st.Forks))
	}
	step(r, "r") // but recovery can undo it
	other, _ := s.rescued(s.genesis, "other")
	step(other, "Testland frozen")
	if err := s.pool.Pin(r, Fingerprint(r.ID())); err != nil || s.adopted() != "r" {
		t.Errorf("pinning one of the rivals decides: %q, %v", s.adopted(), err)
	}
}

// TestFreezeUnsettlesNothing: a fork at the tip does not give recovery keys back
// the power that a settled recovery has ended.
func TestFreezeUnsettlesNothing(t *testing.T) {
	s := newSuccessors(t)
	a, _ := s.rotated(s.genesis, s.keys, "a")
	e, own := s.next(a, "b", func(r *RootKeys) { _, r.Recovery = rootKeys(t, "fresh", 3) })
	b := signRoot(t, e, s.rescue[0], s.rescue[1], own[0], own[1])
	successor := func(name string) *wire.Envelope {
		e, k := s.next(b, name, func(r *RootKeys) { _, r.Recovery = rootKeys(t, "fresh", 3) })
		return signRoot(t, e, own[0], own[1], k[0], k[1])
	}
	late, _ := s.rescued(s.genesis, "late")
	for _, e := range []*wire.Envelope{a, b, successor("c"), successor("d")} {
		s.add(e)
	}
	if got := s.adopted(); got != "b frozen" {
		t.Fatal(got)
	}
	q := NewPool()
	if err := q.Restore(s.pool.Export()); err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*Pool{"live": s.pool, "restored": q} {
		_, err := p.Add(late)
		if st, _ := p.Status(s.domain); st.Adopted.Name != "b" {
			t.Errorf("%s: the old recovery keys took the domain back: %q, %v", name, st.Adopted.Name, err)
		}
	}
}

// TestForksEndAlike: whatever the order of arrival, rivals for one version leave
// the same state.
func TestForksEndAlike(t *testing.T) {
	s := newSuccessors(t)
	var all []*wire.Envelope
	for _, name := range []string{"a", "b", "c"} {
		e, _ := s.rotated(s.genesis, s.keys, name)
		all = append(all, e)
	}
	for _, name := range []string{"r", "q"} {
		e, _ := s.rescued(s.genesis, name)
		all = append(all, e)
	}
	both := signRoot(t, all[0], s.rescue[0], s.rescue[1]) // "a" once more, now signed by recovery too
	all = append(all, both)
	rapid.Check(t, func(t *rapid.T) {
		set := rapid.Permutation(all).Draw(t, "set")[:rapid.IntRange(1, len(all)).Draw(t, "size")]
		run := func(order []*wire.Envelope) []string {
			p := NewPool()
			if err := p.Pin(s.genesis, Fingerprint(s.domain)); err != nil {
				t.Fatal(err)
			}
			if refused := p.AddAll(order); len(refused) > 0 {
				t.Fatalf("refused: %v", refused)
			}
			return state(s.t, p, s.domain)
		}
		one, other := run(set), run(rapid.Permutation(set).Draw(t, "other"))
		if !slices.Equal(one, other) {
			t.Fatalf("order matters:\n%q\n%q", one, other)
		}
	})
}

func TestFloorEndsOldRoots(t *testing.T) {
	w := newTree(t)
	s := successors{w.world, nil, nil}
	s.keys, _ = rootKeys(t, "root", 3)
	next, own := s.next(w.genesis, "next", nil)
	next = signRoot(t, next, s.keys[0], s.keys[1], own[0], own[1])
	w.add(next)
	if _, found := w.pool.Certificate(w.lst.cert.ID); !found {
		t.Fatal("a rotation ended certificates under a floor that keeps them")
	}
	raised, own3 := s.next(next, "raised", func(r *RootKeys) { r.Floor = 2 })
	raised = signRoot(t, raised, own[0], own[1], own3[0], own3[1])
	w.add(raised)
	if st, _ := w.pool.Status(w.domain); len(st.Certificates) != 0 {
		t.Errorf("%d certificates below the floor", len(st.Certificates))
	}
	_, err := w.pool.Add(w.all[1])
	wantReason(t, "certificate below the floor", err, wire.ReasonRevoked)
	if _, err := NextRoot(raised, genesisKeys(t), t0, t0+year, true); err == nil {
		t.Error("the floor was lowered")
	}
}

func TestLaterVersionCanBePinned(t *testing.T) {
	w := newTree(t)
	s := successors{world: w.world}
	s.keys, _ = rootKeys(t, "root", 3)
	two, own := s.rotated(w.genesis, s.keys, "two")
	three, _ := s.rotated(two, own, "three")
	p := NewPool()
	if err := p.Pin(three, Fingerprint(three.ID())); err != nil {
		t.Fatal(err)
	}
	if refused := p.AddAll(append(slices.Clone(w.all), two, three)); len(refused) > 0 {
		t.Fatalf("refused: %v", refused)
	}
	if _, err := p.Verify(w.alert(w.lst.cert, t0+day, w.lst.a, w.lst.b)); err != nil {
		t.Error(err)
	}
	forged := two.Stored()
	forged.Signers[0].Sig[0] ^= 1
	fresh := NewPool()
	if err := fresh.Pin(three, Fingerprint(three.ID())); err != nil {
		t.Fatal(err)
	}
	if _, err := fresh.Add(forged); reason(err) != wire.ReasonUnknownIssuer {
		t.Errorf("signatures that cannot be verified yet: %v", err)
	}
	if refused := fresh.AddAll(append(slices.Clone(w.all), two)); len(refused) > 0 {
		t.Errorf("refused: %v", refused)
	}
	if e, found := fresh.Envelope(two.ID()); !found || string(e.Encode()) != string(two.Encode()) {
		t.Error("the forged form was kept beside the genuine one")
	}
	fork, _ := s.rotated(w.genesis, s.keys, "fork")
	_, err := p.Add(fork)
	st, _ := p.Status(w.domain)
	if st.Adopted.Name != "three" || len(st.Frozen) > 0 {
		t.Errorf("a fork below the pinned version: adopted %q, %v", st.Adopted.Name, err)
	}

	q := NewPool()
	if err := q.Restore(p.Export()); err != nil {
		t.Fatal(err)
	}
	q.AddAll(append(slices.Clone(w.all), fork))
	if a, b := state(t, p, w.domain), state(t, q, w.domain); !slices.Equal(a, b) {
		t.Errorf("restored:\n%q\n%q", a, b)
	}
	if err := NewPool().Restore([]byte{0x83}); err == nil {
		t.Error("damaged state was restored")
	}
}

func TestCarriedDomain(t *testing.T) {
	w := newTree(t)
	p := NewPool()
	if err := p.Carry(w.genesis); err != nil {
		t.Fatal(err)
	}
	if refused := p.AddAll(w.all); len(refused) > 0 {
		t.Fatal(refused)
	}
	if st, _ := p.Status(w.domain); st.Pinned {
		t.Error("carried, not pinned")
	}
	if err := p.Pin(w.genesis, Fingerprint(w.domain)); err != nil {
		t.Fatal(err)
	}
	if st, _ := p.Status(w.domain); !st.Pinned || len(st.Certificates) != 9 {
		t.Errorf("pinned %v with %d certificates", st.Pinned, len(st.Certificates))
	}
	p.Drop(w.domain)
	if len(p.Domains()) != 0 {
		t.Error("still there")
	}
}
