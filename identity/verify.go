package identity

import (
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Verified is what a verified envelope proves.
type Verified struct {
	Domain    wire.ID
	Level     wire.Level     // counting persons who signed, up to Needed; roots: 1 threshold, 2 recovery; persons' certificates: up to how many needed signatures they count; else 1
	Needed    int            // of the issuing unit, or the root's threshold
	Unit      *Certificate   // the issuing unit; nil: the root
	Author    *Certificate   // nil: a root key
	AuthorKey PublicKey      // whose sequence and slots these are
	Signers   []*Certificate // the author and every other who counts; empty: root keys
	Emergency bool           // the author signed in the emergency role, which the scopes allow
	Uncounted int            // genuine signatures that do not count: withdrawn, not vouched for, or the same person again

	others []*Certificate // the signers who do not count
}

// Permit holds a demand against the scopes of the unit and of every signer,
// counted or not: who counts depends on the revocations that a device has, and
// what one device passes on another must not reject.
func (v *Verified) Permit(d Demand) error {
	if v.Unit == nil {
		return wire.Refuse(wire.ReasonOutOfScope, "the root itself issues no alerts")
	}
	if err := v.Unit.Scope.Permit(d); err != nil {
		return err
	}
	for _, c := range slices.Concat(v.Signers, v.others) {
		if err := c.Scope.Permit(d); err != nil {
			return err
		}
	}
	return nil
}

// Require refuses levels below n. If the envelope has signatures enough, and
// here some do not count, that is for others to see differently: Ignore.
func (v *Verified) Require(n int) error {
	switch {
	case int(v.Level) >= n:
		return nil
	case int(v.Level)+v.Uncounted >= n:
		return wire.Refuse(wire.ReasonRevoked, "%d of %d needed signatures count, %d more do not: withdrawn, or nobody vouches", v.Level, n, v.Uncounted)
	}
	return wire.Refuse(wire.ReasonBadQuorum, "%d of %d needed signatures", v.Level, n)
}

// object is an envelope on its way through the pool, with its payload as far as
// this package owns it.
type object struct {
	env  *wire.Envelope
	root *Root
	cert *Certificate
	slot *filled
}

// parse reads the payload of trust objects. No lock is needed.
func parse(e *wire.Envelope) (o object, err error) {
	o.env = e
	switch e.Header.Type {
	case wire.TypeRoot:
		o.root, err = ParseRoot(e)
	case wire.TypeCertificate:
		o.cert, err = ParseCertificate(e)
	case wire.TypeRevocation, wire.TypeBeacon, wire.TypeStation:
		o.slot, err = parseSlot(e)
	}
	return o, err
}

// judgement is all that can be said of an object without verifying signatures.
type judgement struct {
	panel
	level    wire.Level
	strength int
	known    bool // held with exactly these signatures, which are verified
}

// judge holds an object, other than a root, against the domain's state.
func (d *domain) judge(o object) (judgement, error) {
	j := judgement{level: 1}
	var err error
	switch {
	case o.cert != nil:
		if j.panel, j.strength, err = d.judgeCertificate(o.cert, o.env); err != nil {
			return j, err
		}
		if o.cert.Kind != KindUnit {
			j.level = wire.Level(j.strength)
		}
		if h, ok := d.certs[o.cert.ID]; ok {
			j.known = h.raw == string(o.env.Encode())
		}
		return j, nil
	case o.slot != nil:
		if j.panel, err = d.convene(o.env); err != nil {
			return j, err
		}
		if err := j.panel.judgeSlot(o.slot); err != nil {
			return j, err
		}
		return j, d.judgeTurn(&j, o.slot)
	}
	return d.judgeMessage(o.env)
}

// judgeTurn compares an object with the one in its slot. Of two with the same
// sequence the lower ID stays, so that every order of arrival ends alike.
func (d *domain) judgeTurn(j *judgement, f *filled) error {
	old, ok := d.slots[j.panel.slot(f)]
	if !ok {
		return nil
	}
	a, b := old.env, f.env
	switch {
	case a.ID() == b.ID():
		j.known = string(a.Encode()) == string(b.Encode())
	case a.Header.Sequence > b.Header.Sequence, a.Header.Sequence == b.Header.Sequence && a.ID().Compare(b.ID()) < 0:
		return wire.Refuse(wire.ReasonSuperseded, "a %s of sequence %d is known", b.Header.Type, a.Header.Sequence)
	}
	return nil
}

// judgeMessage holds what persons sign, alerts and letters, against their unit.
func (d *domain) judgeMessage(e *wire.Envelope) (judgement, error) {
	if e.Header.Authority == "" {
		return judgement{}, wire.Refuse(wire.ReasonBadSigner, "the root itself signs no %s", e.Header.Type)
	}
	p, err := d.convene(e)
	if err != nil {
		return judgement{}, err
	}
	for i := range p.seats {
		if p.seats[i].unitKey {
			return judgement{}, wire.Refuse(wire.ReasonBadSigner, "a unit key signs no %s", e.Header.Type)
		}
	}
	if p.seats[0].withdrawn {
		return judgement{}, wire.Refuse(wire.ReasonRevoked, "the author's key is withdrawn")
	}
	if err := permitHeader(e, p.unit.cert); err != nil {
		return judgement{}, err
	}
	for i := range p.seats { // all, whether they count or not, as in Verified.Permit
		if err := permitHeader(e, p.seats[i].held.cert); err != nil {
			return judgement{}, err
		}
	}
	return judgement{panel: p, level: wire.Level(min(p.count(p.needed), p.needed))}, nil
}

// permitHeader holds the header against a scope; [Verified.Permit] does so with
// the payload.
func permitHeader(e *wire.Envelope, c *Certificate) error {
	h, s := &e.Header, &c.Scope
	alert := h.Lane == wire.LaneLive || h.Lane == wire.LaneDrill
	switch {
	case !s.Lanes.Has(h.Lane):
		return wire.Refuse(wire.ReasonOutOfScope, "lane %s, %s may use %s", h.Lane, c.ID.Short(), s.Lanes)
	case alert && h.Priority > s.Severity:
		return wire.Refuse(wire.ReasonOutOfScope, "severity %d, %s may use %d", h.Priority, c.ID.Short(), s.Severity)
	case alert && h.Expires-h.Created > s.Lifetime:
		return wire.Refuse(wire.ReasonOutOfScope, "lives %d s, %s may use %d", h.Expires-h.Created, c.ID.Short(), s.Lifetime)
	case e.Author().Role == wire.RoleEmergency && s.Emergency == 0:
		return wire.Refuse(wire.ReasonOutOfScope, "%s may not sign in an emergency role", c.ID.Short())
	}
	return nil
}

// verified describes a judgement whose signatures were verified.
func (j *judgement) verified(e *wire.Envelope) Verified {
	v := Verified{Domain: e.Domain(), Level: j.level, Needed: j.needed, AuthorKey: j.seats[0].key,
		Emergency: e.Author().Role == wire.RoleEmergency}
	if j.root != nil {
		return v
	}
	v.Unit, v.Author = j.unit.cert, j.seats[0].held.cert
	v.Signers = append(make([]*Certificate, 0, len(j.seats)), v.Author)
	for i := range j.seats[1:] {
		if s := &j.seats[i+1]; s.votes(j.needed) {
			v.Signers = append(v.Signers, s.held.cert)
		} else {
			v.others = append(v.others, s.held.cert)
		}
	}
	v.Uncounted = max(0, len(j.seats)-j.count(j.needed))
	return v
}

// Verify says what an envelope of any type proves, without adding it: alerts
// and letters, and trust objects before they are added. Its chain is ignored:
// call [Pool.AddChain] first. What costs least is checked first, and at most one
// signature fails. The error is a [*wire.Refusal].
func (p *Pool) Verify(e *wire.Envelope) (Verified, error) {
	o, err := parse(e)
	if err != nil {
		return Verified{}, err
	}
	if o.root != nil {
		return p.verifyRoot(o)
	}
	j, err := p.judge(o)
	if err != nil {
		return Verified{}, err
	}
	if !j.known {
		if err := j.panel.verify(e, &p.signatures); err != nil {
			return Verified{}, err
		}
	}
	return j.verified(e), nil
}

func (p *Pool) judge(o object) (judgement, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	d, err := p.domainOf(o.env)
	if err != nil {
		return judgement{}, err
	}
	return d.judge(o)
}

func (p *Pool) verifyRoot(o object) (Verified, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	d, err := p.domainOf(o.env)
	if err != nil {
		return Verified{}, err
	}
	f, err := d.roots.check(o.root, o.env)
	if err != nil {
		return Verified{}, err
	}
	return f.verified(o.env), nil
}

func (f *rootForm) verified(e *wire.Envelope) Verified {
	v := Verified{Domain: f.Domain, Level: wire.Level(1 + count(f.recovery)), Needed: int(f.Threshold)}
	v.AuthorKey, _ = rootKey(e.Author())
	return v
}
