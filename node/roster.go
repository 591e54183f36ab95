package node

import (
	"sync"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// roster names the authorities of the pinned domains and lists their beacons. It
// changes with the trust pool alone. Of beacons it knows those that were there
// when it was read: the pool's version does not count them.
type roster struct {
	mu      sync.Mutex
	version uint64
	domains []rosterDomain
}

type rosterDomain struct {
	id      wire.ID
	root    string            // its name
	names   map[string]string // of its units, by authority
	beacons []*identity.Beacon
}

func (r *roster) of(p *identity.Pool) []rosterDomain {
	version := p.Version()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.domains != nil && r.version == version {
		return r.domains
	}
	r.version, r.domains = version, []rosterDomain{}
	for _, id := range p.Domains() {
		s, ok := p.Status(id)
		if !ok {
			continue
		}
		d := rosterDomain{id: id, names: map[string]string{}, beacons: s.Beacons}
		if s.Adopted != nil {
			d.root = s.Adopted.Name
		}
		for _, c := range s.Certificates {
			if c.Kind == identity.KindUnit {
				d.names[c.Authority] = c.Name
			}
		}
		r.domains = append(r.domains, d)
	}
	return r.domains
}

func (d *rosterDomain) name(authority string) string {
	if authority == "" {
		return d.root
	}
	return d.names[authority]
}

// forget makes the roster be read anew.
func (r *roster) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.domains = nil
}
