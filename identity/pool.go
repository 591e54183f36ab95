package identity

import (
	"fmt"
	"sync"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Pool holds all trust state of a device, per trust domain. Its methods are safe
// for concurrent use. What it returns is shared and must not be modified.
type Pool struct {
	mu      sync.RWMutex
	domains map[wire.ID]*domain
	version uint64

	signatures signatures // these two have locks of their own
	proven     proven
}

// NewPool makes an empty pool: it trusts nobody.
func NewPool() *Pool { return &Pool{domains: map[wire.ID]*domain{}} }

// Pin trusts a root version of which somebody has compared the fingerprint. It
// becomes the domain's baseline: forks before it no longer matter. Any version
// may be pinned; those before it can then be added, latest first, for the sake
// of certificates issued under them. A version that conflicts with an earlier
// pin replaces it.
func (p *Pool) Pin(root *wire.Envelope, fingerprint string) error {
	id, err := ParseFingerprint(fingerprint)
	if err != nil {
		return err
	}
	if root.ID() != id {
		return fmt.Errorf("pin root: its fingerprint is %s, not %s", Fingerprint(root.ID()), Fingerprint(id))
	}
	return p.anchor(root, true)
}

// Carry lets the pool judge a domain without pinning it, by its genesis, whose
// ID is the domain: for relaying only. A pinned domain stays pinned.
func (p *Pool) Carry(genesis *wire.Envelope) error {
	if genesis.Header.Type != wire.TypeRoot || genesis.Header.Sequence != 1 {
		return wire.Refuse(wire.ReasonUnknownDomain, "a domain is carried by its genesis")
	}
	return p.anchor(genesis, false)
}

func (p *Pool) anchor(e *wire.Envelope, pinned bool) error {
	r, err := ParseRoot(e)
	if err != nil {
		return err
	}
	if r.Version == 1 {
		if err := selfSigned(r, e, &p.signatures); err != nil {
			return err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	d, ok := p.domains[r.Domain]
	switch {
	case ok && !pinned:
		return nil
	case ok && d.roots.rebase(r):
		d.pinned = true
		d.rejudge()
	default:
		p.domains[r.Domain] = newDomain(r.Domain, pinned, newRootForm(r, e, false, r.Version == 1), &p.signatures)
	}
	p.version++
	return nil
}

// Drop forgets a domain with all that belongs to it.
func (p *Pool) Drop(domain wire.ID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.domains, domain)
	p.version++
}

// Version changes whenever a verdict may change that was given before: with
// every root, certificate and revocation list taken in. Refusals are to be kept
// under it.
func (p *Pool) Version() uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.version
}

func (p *Pool) domainOf(e *wire.Envelope) (*domain, error) {
	d, ok := p.domains[e.Domain()]
	if !ok {
		return nil, wire.Refuse(wire.ReasonUnknownDomain, "domain %s is neither pinned nor carried", e.Domain().Short())
	}
	return d, nil
}

// Add verifies a trust object and takes it in. An object that is known is
// accepted again; a form whose signatures count for more replaces the one held.
// The error is a [*wire.Refusal]. Add keeps a copy of e.
func (p *Pool) Add(e *wire.Envelope) (Verified, error) {
	v, _, err := p.add(e)
	return v, err
}

func (p *Pool) add(e *wire.Envelope) (v Verified, changed bool, err error) {
	o, err := parse(e)
	if err != nil {
		return Verified{}, false, err
	}
	switch {
	case o.root != nil:
		return p.addRoot(o)
	case o.cert == nil && o.slot == nil:
		return Verified{}, false, wire.Refuse(wire.ReasonWrongLane, "a %s is no trust object", e.Header.Type)
	}
	j, err := p.judge(o)
	if err != nil {
		return Verified{}, false, err
	}
	if j.known {
		return j.verified(e), false, nil
	}
	if err := j.panel.verify(e, &p.signatures); err != nil { // without the lock: this is what costs
		return Verified{}, false, err
	}
	return p.take(o)
}

// take judges a verified object again, because the state may have changed
// meanwhile, and takes it in.
func (p *Pool) take(o object) (Verified, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d, err := p.domainOf(o.env)
	if err != nil {
		return Verified{}, false, err
	}
	j, err := d.judge(o)
	if err != nil || j.known {
		return j.verifiedUnless(err, o.env), false, err
	}
	v, env := j.verified(o.env), o.env.Stored()
	if o.slot != nil {
		o.slot.env = env
		d.take(j.panel.slot(o.slot), o.slot)
		p.version += uint64(count(o.slot.list != nil))
		return v, true, nil
	}
	if old, ok := d.certs[o.cert.ID]; ok && old.strength >= j.strength {
		return v, false, nil
	}
	if err := d.keep(&held{cert: o.cert, env: env, raw: string(env.Encode()), strength: j.strength}); err != nil {
		return Verified{}, false, err
	}
	p.version++
	return v, true, nil
}

func (j *judgement) verifiedUnless(err error, e *wire.Envelope) Verified {
	if err != nil {
		return Verified{}
	}
	return j.verified(e)
}

func (p *Pool) addRoot(o object) (Verified, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d, err := p.domainOf(o.env)
	if err != nil {
		return Verified{}, false, err
	}
	f, err := d.roots.check(o.root, o.env)
	if err != nil {
		return Verified{}, false, err
	}
	if held, ok := d.roots.known(o.root); ok && held == f {
		return f.verified(o.env), false, nil
	}
	if d.roots.insert(f) {
		d.rejudge()
		p.version++
	}
	if !f.passOn {
		return Verified{}, false, wire.Refuse(wire.ReasonUnknownIssuer, "root version %d is used, but not stored or passed on before the version below it verifies its signatures", f.Version)
	}
	return f.verified(o.env), true, nil
}

// AddAll adds stored objects in any order, as often as it takes, and returns
// those that are refused, with the last refusal.
func (p *Pool) AddAll(es []*wire.Envelope) map[wire.ID]error {
	refused := map[wire.ID]error{}
	for progress := true; progress && len(es) > 0; {
		var left []*wire.Envelope
		version := p.Version()
		for _, e := range es {
			if _, err := p.Add(e); err != nil {
				refused[e.ID()] = err
				left = append(left, e)
			} else {
				delete(refused, e.ID())
			}
		}
		progress = len(left) < len(es) || p.Version() != version
		es = left
	}
	return refused
}
