package identity

import (
	"errors"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

var errNotReady = errors.New("not ready")

func (r *Root) follows(before *Root, recovering bool) error { return nil }

// Pool holds all trust state of a device. Its methods are safe for concurrent use.
type Pool struct{}

// NewPool makes an empty pool: it trusts nobody.
func NewPool() *Pool { return &Pool{} }

// Pin trusts a root version, of which somebody has compared the fingerprint.
// It becomes the domain's baseline; any version may. Objects of the domain can
// be added and verified from then on.
func (p *Pool) Pin(root *wire.Envelope, fingerprint string) error { return errNotReady }

// Carry lets the pool judge a domain without pinning it, from its genesis,
// whose ID is the domain: for relaying only.
func (p *Pool) Carry(genesis *wire.Envelope) error { return errNotReady }

// Drop forgets a domain with all that belongs to it.
func (p *Pool) Drop(domain wire.ID) {}

// Verified is what a verified envelope proves.
type Verified struct {
	Domain    wire.ID
	Level     wire.Level     // counting persons who signed, up to Needed; for roots 1 threshold, 2 recovery; for certificates how many vouch
	Needed    int            // of the issuing unit (or the root's threshold)
	Unit      *Certificate   // the issuing unit; nil: the root
	Author    *Certificate   // nil: a root key
	AuthorKey PublicKey      // whose sequence and slots these are
	Signers   []*Certificate // in the order of the envelope's signers; nil entries: root keys
	Emergency bool           // the author signed in the emergency role, which the scopes allow
	Uncounted int            // genuine signatures that do not count: withdrawn, or not vouched for
}

// Permit holds a demand against the scopes of the unit and of every signer.
func (v *Verified) Permit(d Demand) error { return errNotReady }

// Require refuses levels below n, with the reason that is fair to the sender.
func (v *Verified) Require(n int) error { return errNotReady }

// Verify says what an envelope of any type proves, without adding it: alerts
// and letters, and trust objects before they are added. Its chain is ignored:
// call AddChain first. The error is a [*wire.Refusal].
func (p *Pool) Verify(e *wire.Envelope) (Verified, error) { return Verified{}, errNotReady }

// Add verifies a trust object and takes it in. An object that is known is
// accepted again; a form with more signatures replaces the one held.
func (p *Pool) Add(e *wire.Envelope) (Verified, error) { return Verified{}, errNotReady }

// AddAll adds stored objects in any order, as often as it takes, and returns
// those that are refused, with the last refusal.
func (p *Pool) AddAll(es []*wire.Envelope) map[wire.ID]error { return nil }

// AddChain adds e's chain and returns what was new, for storing. It stops at the
// first object that fails. An object that is not on the path of a signer or of
// the issuing unit is ReasonUnprotected.
func (p *Pool) AddChain(e *wire.Envelope) (added []*wire.Envelope, err error) {
	return nil, errNotReady
}

// ChainFor returns the encoded certificates and root versions that prove e, in
// the canonical order: each after what it rests on. The slices must not be modified.
func (p *Pool) ChainFor(e *wire.Envelope) [][]byte { return nil }

// CertificateSpec is what a new certificate is to say.
type CertificateSpec struct {
	Origin  // Domain, Issuer, Sequence, Previous, Created, Expires; By is filled in from Issuer
	Subject // whom it is about
}

// NewCertificate makes an unsigned certificate and refuses what verification
// would refuse whoever signs. Then add signatures with [Pool.Sign], and ask
// [Pool.Verify] whether they suffice.
func (p *Pool) NewCertificate(spec CertificateSpec) (*wire.Envelope, error) {
	return nil, errNotReady
}

// Sign adds key's signature to an envelope of lane trust, as author if it is the
// first. ref is the signer's certificate or, for root keys, the key. It refuses
// a signer who cannot sign there.
func (p *Pool) Sign(e *wire.Envelope, ref wire.Ref, key PrivateKey) (*wire.Envelope, error) {
	return nil, errNotReady
}

// Certificate looks a certificate up.
func (p *Pool) Certificate(id wire.ID) (*Certificate, bool) { return nil, false }

// Envelope returns the trust object with this ID, with all signatures held.
func (p *Pool) Envelope(id wire.ID) (*wire.Envelope, bool) { return nil, false }

// Withdrawn returns what withdraws a key of an authority, if anything does.
func (p *Pool) Withdrawn(domain wire.ID, authority string, key PublicKey) (Revocation, bool) {
	return Revocation{}, false
}

// Revoked returns the entries of the list that a key has in force, to repeat in the next.
func (p *Pool) Revoked(domain wire.ID, authority string, signer PublicKey) []Revocation { return nil }

// Floor is the time before which it cannot be, by a domain's root and Länder.
func (p *Pool) Floor(domain wire.ID) uint64 { return 0 }

// Clock joins a device's clock with a domain's floor.
func (p *Pool) Clock(now uint64, domain wire.ID) Clock { return Clock{Now: now, Floor: p.Floor(domain)} }

// Version changes whenever a verdict may change that was given before: with
// every root adopted, frozen or pinned, every effective revocation, every
// certificate that others were waiting for. Refusals are to be kept under it.
func (p *Pool) Version() uint64 { return 0 }

// DomainStatus describes a domain for people.
type DomainStatus struct {
	ID           wire.ID
	Pinned       bool
	Baseline     *Root   // the pinned version
	Adopted      *Root   // the version in force
	Frozen       []*Root // conflicting successors; empty: not frozen
	Forks        []*Root // evidence: versions that conflict with the line, frozen or not
	Floor        uint64
	Certificates []CertificateStatus // by authority, kind, person and validity
	Revocations  []*RevocationList
	Beacons      []*Beacon
	Stations     []*Station
}

// CertificateStatus is a certificate and how it stands.
type CertificateStatus struct {
	*Certificate
	Vouched    int         // the highest number of needed signatures towards which the person counts; 0 for units
	Revocation *Revocation // withdraws the certificate's key; nil: none
}

// Domains lists the domains, pinned ones first, then by ID.
func (p *Pool) Domains() []wire.ID { return nil }

// Status describes one domain.
func (p *Pool) Status(domain wire.ID) (DomainStatus, bool) { return DomainStatus{}, false }

// Export writes the local trust decisions: baselines, pins and adopted root
// versions. Everything else can be added again from stored envelopes.
func (p *Pool) Export() []byte { return nil }

// Restore reads what Export wrote into an empty pool.
func (p *Pool) Restore(b []byte) error { return errNotReady }

// Equivocation reports whether two envelopes prove that one key has signed two
// different things with one sequence in one lane: a fork of its chain.
func (p *Pool) Equivocation(a, b *wire.Envelope) bool { return false }
