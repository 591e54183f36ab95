package identity

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// DomainStatus describes a domain for people.
type DomainStatus struct {
	ID           wire.ID
	Pinned       bool
	Baseline     *Root   // the pinned version
	Adopted      *Root   // the version in force
	Frozen       []*Root // conflicting successors of Adopted; empty: not frozen
	Forks        []*Root // evidence: verified versions beside the line, frozen ones among them
	Floor        uint64  // seconds UTC
	Certificates []CertificateStatus
	Revocations  []*RevocationList
	Beacons      []*Beacon
	Stations     []*Station
}

// CertificateStatus is a certificate and how it stands.
type CertificateStatus struct {
	*Certificate
	Vouched    int         // the highest number of needed signatures towards which the person counts
	Revocation *Revocation // withdraws the certificate's key; nil: none
}

// Domains lists the domains, pinned ones first, then by ID.
func (p *Pool) Domains() []wire.ID {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return slices.SortedFunc(maps.Keys(p.domains), func(a, b wire.ID) int {
		return cmp.Or(count(p.domains[b].pinned)-count(p.domains[a].pinned), a.Compare(b))
	})
}

// Status describes one domain. Certificates are in order of authority, kind,
// person and ID; slots in order of ID.
func (p *Pool) Status(domain wire.ID) (DomainStatus, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	d, ok := p.domains[domain]
	if !ok {
		return DomainStatus{}, false
	}
	s := DomainStatus{ID: d.id, Pinned: d.pinned, Baseline: d.roots.line[d.roots.baseline].Root,
		Adopted: d.roots.adopted().Root, Forks: d.roots.forks(), Floor: d.floor}
	for _, f := range d.roots.frozen {
		s.Frozen = append(s.Frozen, f.Root)
	}
	for _, h := range d.certs {
		c := CertificateStatus{Certificate: h.cert, Vouched: h.strength}
		if r, ok := d.revocation(h.cert.Authority, h.cert.Key, h.cert.Kind); ok {
			c.Revocation = r
		}
		s.Certificates = append(s.Certificates, c)
	}
	slices.SortFunc(s.Certificates, func(a, b CertificateStatus) int {
		return cmp.Or(cmp.Compare(a.Authority, b.Authority), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Person, b.Person), a.ID.Compare(b.ID))
	})
	for _, f := range slices.SortedFunc(maps.Values(d.slots), func(a, b *filled) int { return a.env.ID().Compare(b.env.ID()) }) {
		switch {
		case f.list != nil:
			s.Revocations = append(s.Revocations, f.list)
		case f.beacon != nil:
			s.Beacons = append(s.Beacons, f.beacon)
		default:
			s.Stations = append(s.Stations, f.station)
		}
	}
	return s, true
}

// revocation is the first that withdraws a key, the highest source first.
func (d *domain) revocation(authority string, key PublicKey, kind Kind) (*Revocation, bool) {
	ws := slices.SortedFunc(slices.Values(d.withdrawn[keyOf{authority, key}]), func(a, b withdrawal) int {
		return cmp.Or(cmp.Compare(b.Kind, a.Kind), cmp.Compare(a.source, b.source), cmp.Compare(a.At, b.At))
	})
	for _, w := range ws {
		if w.source == byAbove || kind != KindUnit {
			return w.Revocation, true
		}
	}
	return nil, false
}

// Withdrawn returns what withdraws the key of a certificate, if anything does;
// compromised goes before retired.
func (p *Pool) Withdrawn(c *Certificate) (*Revocation, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	d, ok := p.domains[c.Domain]
	if !ok {
		return nil, false
	}
	return d.revocation(c.Authority, c.Key, c.Kind)
}

// Revoked returns the entries of the list that a key has in force, to repeat
// them in its next.
func (p *Pool) Revoked(domain wire.ID, authority string, signer PublicKey) []Revocation {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if d, ok := p.domains[domain]; ok {
		if f, ok := d.slots[slot{wire.TypeRevocation, authority, signer}]; ok {
			return slices.Clone(f.list.Entries)
		}
	}
	return nil
}

// Certificate looks a certificate up.
func (p *Pool) Certificate(id wire.ID) (*Certificate, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, d := range p.domains {
		if h, ok := d.certs[id]; ok {
			return h.cert, true
		}
	}
	return nil, false
}

// Envelope returns a certificate or a root version in force, with the signatures held.
func (p *Pool) Envelope(id wire.ID) (*wire.Envelope, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, d := range p.domains {
		if e := d.envelope(id); e != nil {
			return e, true
		}
	}
	return nil, false
}

// Floor is the time, seconds UTC, before which it cannot be, by a domain's root
// and Länder; 0 for unknown domains.
func (p *Pool) Floor(domain wire.ID) uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if d, ok := p.domains[domain]; ok {
		return d.floor
	}
	return 0
}

// Clock joins a device's clock, seconds UTC, with a domain's floor.
func (p *Pool) Clock(now uint64, domain wire.ID) Clock {
	return Clock{Now: now, Floor: p.Floor(domain)}
}

// exported is a domain's local state: what no stored envelope can prove.
type exported struct {
	_        struct{} `cbor:",toarray"`
	Pinned   bool
	Baseline uint64   // index in Line
	Line     [][]byte // root versions, oldest known first, adopted last
	Recovery []bool   // of Line: signed by recovery
	PassOn   []bool   // of Line: fully verified
	Settled  []bool   // of Line: had a successor once
}

const exportVersion = 1

type exportFile struct {
	_       struct{} `cbor:",toarray"`
	Version uint64
	Domains []exported
}

// Export writes the local trust decisions: the domains, their baselines and the
// root versions adopted. Everything else, the floor included, follows from
// stored envelopes, added again with AddAll. The root line is not only a cache:
// that a version was adopted is what makes rotated keys powerless.
func (p *Pool) Export() []byte {
	f := exportFile{Version: exportVersion}
	for _, id := range p.Domains() {
		p.mu.RLock()
		if d, ok := p.domains[id]; ok {
			x := exported{Pinned: d.pinned, Baseline: uint64(d.roots.baseline)}
			for _, v := range d.roots.line {
				x.Line = append(x.Line, []byte(v.raw))
				x.Recovery, x.PassOn, x.Settled = append(x.Recovery, v.recovery), append(x.PassOn, v.passOn), append(x.Settled, v.settled)
			}
			f.Domains = append(f.Domains, x)
		}
		p.mu.RUnlock()
	}
	b, err := wire.Marshal(f)
	if err != nil {
		panic(err) // a programming error: the struct above is CBOR
	}
	return b
}

// Restore reads what [Pool.Export] wrote into an empty pool. The bytes are this
// device's own and are trusted; they must not come from anybody else.
func (p *Pool) Restore(b []byte) error {
	var f exportFile
	if err := wire.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("restore trust: %w", err)
	}
	if f.Version != exportVersion {
		return fmt.Errorf("restore trust: written in form %d, this program reads %d", f.Version, exportVersion)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, x := range f.Domains {
		d, err := x.domain(&p.signatures)
		if err != nil {
			return fmt.Errorf("restore trust: domain %d: %w", i, err)
		}
		p.domains[d.id] = d
	}
	p.version++
	return nil
}

func (x *exported) domain(genuine *signatures) (*domain, error) {
	n := len(x.Line)
	if n == 0 || x.Baseline >= uint64(n) || len(x.Recovery) != n || len(x.PassOn) != n || len(x.Settled) != n {
		return nil, fmt.Errorf("line of %d versions does not fit the rest", n)
	}
	var d *domain
	for i, b := range x.Line {
		e, err := wire.Decode(bytes.Clone(b))
		if err != nil {
			return nil, err
		}
		r, err := ParseRoot(e)
		if err != nil {
			return nil, err
		}
		f := newRootForm(r, e, x.Recovery[i], x.PassOn[i])
		f.settled = x.Settled[i]
		if d == nil {
			d = newDomain(r.Domain, x.Pinned, f, genuine)
			continue
		}
		if last := d.roots.adopted(); r.Previous != last.ID {
			return nil, fmt.Errorf("root version %d does not follow version %d", r.Version, last.Version)
		}
		d.roots.rivals[r.Previous] = []*rootForm{f}
		d.roots.line = append(d.roots.line, f)
	}
	d.roots.baseline = int(x.Baseline)
	d.refloor()
	return d, nil
}
