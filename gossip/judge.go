package gossip

import (
	"errors"
	"hash/maphash"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/meter"
	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// origin says where bytes come from and what that entitles them to.
type origin struct {
	peer  string
	means Means
	// topic is the lane and domain the bytes were said to belong to.
	lane   wire.Lane
	domain wire.ID
	// asked says that this device asked for them: it does so at its own pace.
	asked bool
}

// judged is the outcome of judge for an envelope that is accepted.
type judged struct {
	records []Record // certificates learned from the chain first, then the envelope
	entries []*ledger.Entry
	gone    []*ledger.Entry // that gave way
}

// judge decides about one transmission. It works in memory only and costs at
// most one failing signature check. It does not change what is known unless it
// accepts: seen means accepted, never merely received.
//
// Order: what is cheap and says most comes first.
func (r *Router) judge(raw []byte, from origin, now time.Time) (*judged, error) {
	sum := maphash.Bytes(r.seed, raw)
	if r.memo.has(sum) {
		return nil, wire.Refuse(wire.ReasonSeen, "these very bytes were judged before")
	}
	e, err := wire.Decode(raw)
	if err != nil {
		return nil, err
	}
	j, err := r.judgeEnvelope(e, from, now)
	if err == nil {
		r.memo.add(sum)
	}
	return j, err
}

func (r *Router) judgeEnvelope(e *wire.Envelope, from origin, now time.Time) (*judged, error) {
	if err := r.checkPlace(e, from); err != nil {
		return nil, err
	}
	if r.isKnown(e) {
		return nil, wire.Refuse(wire.ReasonSeen, "envelope %s is known", e.ID().Short())
	}
	if err := r.checkAge(e, now); err != nil {
		return nil, err
	}
	if from.peer != "" && !from.asked && !r.peers.Allow(from.peer, time.Now()) {
		return nil, wire.Refuse(wire.ReasonRate, "more than %d new envelopes a second", meter.NewRate)
	}
	return r.verify(e, from, now)
}

// checkPlace holds an envelope to the topic or request it came by.
func (r *Router) checkPlace(e *wire.Envelope, from origin) error {
	if from.lane != 0 && e.Header.Lane != from.lane {
		return wire.Refuse(wire.ReasonWrongLane, "an envelope of lane %s came on %s", e.Header.Lane, from.lane)
	}
	if !from.domain.IsZero() && e.Domain() != from.domain {
		return wire.Refuse(wire.ReasonWrongLane, "an envelope of another domain came on the topic of %s", from.domain.Short())
	}
	if _, ok := r.lanes[e.Header.Lane]; !ok {
		return wire.Refuse(wire.ReasonUnsupported, "lane %s is not carried here", e.Header.Lane)
	}
	return nil
}

// isKnown uses the number of signatures as the highest level it could reach, so
// that a replay never costs a signature check.
func (r *Router) isKnown(e *wire.Envelope) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.addsNothing(e, r.ledger.Ceiling(e.ID(), len(e.Signers)))
}

// checkAge ignores what ended long ago by a clock that is not in doubt: as long ago as
// comparisons leave it out, else it would be offered and refused meanwhile. What is dated
// ahead of our clock is not refused: the certificate bounds it.
func (r *Router) checkAge(e *wire.Envelope, now time.Time) error {
	c := r.pool.Clock(seconds(now), e.Domain())
	if c.ExpiredFor(recon.Closes(e.Header.Expires), uint64(graceAfterExpiry/time.Second)) && !r.cfg.Doubt() { // most envelopes need no doubts
		return wire.Refuse(wire.ReasonExpired, "ended more than %s ago", graceAfterExpiry)
	}
	return nil
}

// clock is what this device knows of the time, in one domain.
func (r *Router) clock(domain wire.ID, now time.Time) identity.Clock {
	c := r.pool.Clock(seconds(now), domain)
	c.Doubt = c.Doubt || r.cfg.Doubt()
	return c
}

// seconds is a clock's reading in seconds UTC; before 1970 it is 0.
func seconds(t time.Time) uint64 { return uint64(max(0, t.Unix())) }

// verify checks trust and content and enters the envelope into the ledger.
func (r *Router) verify(e *wire.Envelope, from origin, now time.Time) (*judged, error) {
	j := &judged{}
	learned, err := r.pool.AddChain(e)
	for _, c := range learned {
		// A certificate that overflows its issuer's quota is used and not kept.
		_ = r.enter(j, c, identity.Verified{}, nil, from, now)
	}
	if err != nil {
		return r.onlyChain(j, err)
	}
	v, err := r.prove(e)
	if err != nil {
		return r.onlyChain(j, err)
	}
	if r.isKnownAt(e, levelOf(e, v)) {
		return r.onlyChain(j, wire.Refuse(wire.ReasonSeen, "envelope %s is known at level %d", e.ID().Short(), v.Level))
	}
	content, err := r.lanes[e.Header.Lane].Check(e, v)
	if err != nil {
		return r.onlyChain(j, err)
	}
	if err := r.checkEmergency(e, v, now); err != nil {
		return r.onlyChain(j, err)
	}
	if err := r.enter(j, e, v, content, from, now); err != nil {
		return r.onlyChain(j, err)
	}
	return j, nil
}

// checkEmergency holds a single emergency signature to the number that the
// author's certificate grants in 24 hours: a stolen key cannot cry wolf all day.
// What is dated ahead alarms now, and so counts as of now: else a key that is good
// for years had as many days at once. By a clock in doubt all counts as dated.
func (r *Router) checkEmergency(e *wire.Envelope, v identity.Verified, now time.Time) error {
	if !v.Emergency || v.Author == nil || int(v.Level) >= v.Needed {
		return nil
	}
	latest := uint64(wire.MaxTime)
	if clock := r.clock(e.Domain(), now); !clock.Doubtful() {
		latest = clock.Now
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if granted := int(v.Author.Scope.Emergency); r.ledger.Emergencies(v.Author.Key, e.Header.Created, latest, e.ID()) >= granted {
		return wire.Refuse(wire.ReasonRate, "%q has used its %d emergency signatures of these 24 hours", v.Author.Name, granted)
	}
	return nil
}

// prove verifies who signed; a trust object is taken into the pool.
func (r *Router) prove(e *wire.Envelope) (identity.Verified, error) {
	if e.Header.Lane == wire.LaneTrust {
		return r.pool.Add(e)
	}
	return r.pool.Verify(e)
}

// levelOf is what store and sync compare: counting persons, or, for trust
// objects, the signatures they carry, all of which are genuine.
func levelOf(e *wire.Envelope, v identity.Verified) wire.Level {
	if e.Header.Lane == wire.LaneTrust {
		return wire.Level(len(e.Signers))
	}
	return v.Level
}

// onlyChain keeps the certificates that a refused envelope proved: they are
// genuine, and the pool already uses them.
func (r *Router) onlyChain(j *judged, err error) (*judged, error) {
	if len(j.records) > 0 {
		r.offer(j, nil)
	}
	return nil, err
}

func (r *Router) isKnownAt(e *wire.Envelope, level wire.Level) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.addsNothing(e, level)
}

// addsNothing reports whether an envelope at this level would bring nothing new: neither
// signatures nor missing parts. The caller holds r.mu.
func (r *Router) addsNothing(e *wire.Envelope, level wire.Level) bool {
	return r.ledger.Has(wire.Item{ID: e.ID(), Level: level}, r.limit) && !(r.ledger.LacksParts(e.ID(), level) && !missingPart(e))
}

// enter puts an accepted envelope into the ledger and appends its record to j.
func (r *Router) enter(j *judged, e *wire.Envelope, v identity.Verified, content any, from origin, now time.Time) error {
	n := r.entryOf(e, levelOf(e, v), content)
	n.Full = e.Header.Lane != wire.LaneTrust && int(v.Level) >= v.Needed
	n.Recovered = n.Kind == wire.TypeRoot && v.Level > 1
	gone, err := r.adopt(n)
	if err != nil {
		return err
	}
	stripped := *e
	stripped.Chain, stripped.Parts = nil, nil
	j.records = append(j.records, Record{Envelope: &stripped, Level: n.Level, Parts: e.Parts, Author: n.Author,
		Verified: v, Content: content, Received: now, Means: from.means, From: from.peer})
	j.entries, j.gone = append(j.entries, n), append(j.gone, gone...)
	r.unproven.look()
	return nil
}

// adopt admits what is new here, and notes since when it can be told to others.
func (r *Router) adopt(n *ledger.Entry) (gone []*ledger.Entry, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	gone, err = r.charge(n)
	if err == nil && isProof(n.Kind) {
		r.proofs.learn(n.ID, time.Now())
	}
	return gone, err
}

func (r *Router) admit(n *ledger.Entry) (gone []*ledger.Entry, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.charge(n)
}

// charge enters n into the ledger. The caller holds r.mu.
func (r *Router) charge(n *ledger.Entry) (gone []*ledger.Entry, err error) {
	gone, err = r.ledger.Admit(n, r.limit)
	switch {
	case errors.Is(err, ledger.ErrSuperseded):
		return nil, wire.Refuse(wire.ReasonSuperseded, "%s: %v", n.Kind, err)
	case err != nil:
		return nil, wire.Refuse(wire.ReasonOverQuota, "%v", err)
	}
	return gone, nil
}

// usualAccounts are those of a person, its unit, district and Land.
const usualAccounts = 4

// entryOf notes what the ledger needs of an envelope. content is what was read of
// it, if it was.
func (r *Router) entryOf(e *wire.Envelope, level wire.Level, content any) *ledger.Entry {
	n := &ledger.Entry{
		Item: wire.Item{ID: e.ID(), Level: level}, Place: wire.Place{Domain: e.Domain(), Lane: e.Header.Lane}, Kind: e.Header.Type,
		Priority: e.Header.Priority, Sequence: e.Header.Sequence, Expires: e.Header.Expires, Size: uint64(e.StoredSize()),
		Whole: isWhole(e, content), Accounts: make([]wire.ID, 0, usualAccounts),
	}
	for _, p := range e.Parts {
		n.Size += uint64(len(p))
	}
	if e.Author().Role == wire.RoleEmergency {
		n.Emergency = e.Header.Created
	}
	n.Author, _ = e.Author().Ref.Key()
	if id, ok := e.Author().Ref.Certificate(); ok {
		if c, ok := r.pool.Certificate(id); ok {
			n.Author = c.Key
			n.Accounts = append(n.Accounts, id)
		}
	}
	if n.Kind == wire.TypeRoot && e.Header.Issuer != nil {
		n.Accounts = append(n.Accounts, *e.Header.Issuer) // of the versions that follow the same one
		return n
	}
	for id := e.Header.IssuerID(); ; {
		c, ok := r.pool.Certificate(id)
		if !ok {
			return n // the root has no account
		}
		n.Accounts = append(n.Accounts, id)
		id = c.Issuer
	}
}

// isWhole reports whether every part of an envelope is here. Content that knows
// saves reading the payload again.
func isWhole(e *wire.Envelope, content any) bool {
	if c, ok := content.(interface{ Missing() []int }); ok {
		return len(c.Missing()) == 0
	}
	return !missingPart(e)
}

// missingPart reports whether a part of an alert was not sent along.
func missingPart(e *wire.Envelope) bool {
	if e.Header.Type != wire.TypeAlert {
		return false
	}
	p, err := wire.ParsePayload(e.Payload)
	if err != nil || len(p.Parts) > len(e.Parts) {
		return true
	}
	for _, part := range e.Parts {
		if len(part) == 0 {
			return true
		}
	}
	return false
}

// limit is the quota that a certificate grants in a lane.
func (r *Router) limit(certificate wire.ID, lane wire.Lane) ledger.Quota {
	c, ok := r.pool.Certificate(certificate)
	if !ok {
		return ledger.Quota{}
	}
	q := c.Scope.Quota(lane)
	return ledger.Quota{Count: q.Count, Bytes: q.Bytes}
}
