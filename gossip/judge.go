package gossip

import (
	"hash/maphash"
	"time"

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
}

// judged is the outcome of judge for an envelope that is accepted.
type judged struct {
	records []Record // certificates learned from the chain first, then the envelope
	entries []*entry
	evicted []*entry
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
	if err := r.checkPlace(e, from); err != nil {
		return nil, err
	}
	if r.isKnown(e) {
		return nil, wire.Refuse(wire.ReasonSeen, "envelope %s is known", e.ID().Short())
	}
	if err := r.checkAge(e, now); err != nil {
		return nil, err
	}
	if from.peer != "" && !r.peers.allow(from.peer, time.Now()) {
		return nil, wire.Refuse(wire.ReasonRate, "more than %d new envelopes a second", peerRate)
	}
	j, err := r.verify(e, from, now)
	if err != nil {
		return nil, err
	}
	r.memo.add(sum)
	return j, nil
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
	most := r.ledger.ceiling(e)
	return r.ledger.has(wire.Item{ID: e.ID(), Level: most}) && !r.ledger.completes(e, most)
}

// checkAge ignores what ended long ago by a clock that is not in doubt. What is
// dated ahead of our clock is not refused: the certificate bounds it.
func (r *Router) checkAge(e *wire.Envelope, now time.Time) error {
	c := r.pool.Clock(seconds(now), e.Domain())
	if c.ExpiredFor(e.Header.Expires, uint64(graceAfterExpiry/time.Second)) && !r.cfg.Doubt() { // most envelopes need no doubts
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
	if granted := int(v.Author.Scope.Emergency); r.ledger.emergencies(v.Author.Key, e.Header.Created, latest, e.ID()) >= granted {
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
	return r.ledger.has(wire.Item{ID: e.ID(), Level: level}) && !r.ledger.completes(e, level)
}

// enter puts an accepted envelope into the ledger and appends its record to j.
func (r *Router) enter(j *judged, e *wire.Envelope, v identity.Verified, content any, from origin, now time.Time) error {
	n := r.entryOf(e, levelOf(e, v), content)
	n.full = e.Header.Lane != wire.LaneTrust && int(v.Level) >= v.Needed
	evicted, err := r.admit(n, e.Header.Type)
	if err != nil {
		return err
	}
	stripped := *e
	stripped.Chain, stripped.Parts = nil, nil
	j.records = append(j.records, Record{Envelope: &stripped, Level: n.Level, Parts: e.Parts, Author: n.author,
		Verified: v, Content: content, Received: now, Means: from.means, From: from.peer})
	j.entries, j.evicted = append(j.entries, n), append(j.evicted, evicted...)
	return nil
}

func (r *Router) admit(n *entry, kind wire.Type) (evicted []*entry, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	evicted, ok := r.ledger.admit(n, r.limit)
	if !ok {
		return nil, wire.Refuse(wire.ReasonOverQuota, "the quota of its author or of an authority above is used up by what ranks higher")
	}
	switch old := r.slots.replace(n, kind); old {
	case nil:
		return evicted, nil
	case n:
		r.ledger.remove(n)
		return nil, wire.Refuse(wire.ReasonSuperseded, "a later %s by this key is known", kind)
	default:
		r.ledger.remove(old)
		return append(evicted, old), nil
	}
}

// usualAccounts are those of a person, its unit, district and Land.
const usualAccounts = 4

// entryOf notes what the ledger needs of an envelope. content is what was read of
// it, if it was.
func (r *Router) entryOf(e *wire.Envelope, level wire.Level, content any) *entry {
	n := &entry{
		Item: wire.Item{ID: e.ID(), Level: level}, domain: e.Domain(), lane: e.Header.Lane, priority: e.Header.Priority,
		sequence: e.Header.Sequence, expires: e.Header.Expires, size: uint64(e.StoredSize()), parts: isWhole(e, content),
		accounts: make([]wire.ID, 0, usualAccounts),
	}
	for _, p := range e.Parts {
		n.size += uint64(len(p))
	}
	if e.Author().Role == wire.RoleEmergency {
		n.emergency = e.Header.Created
	}
	n.author, _ = e.Author().Ref.Key()
	if id, ok := e.Author().Ref.Certificate(); ok {
		if c, ok := r.pool.Certificate(id); ok {
			n.author = c.Key
			n.accounts = append(n.accounts, id)
		}
	}
	for id := e.Header.IssuerID(); ; {
		c, ok := r.pool.Certificate(id)
		if !ok {
			return n // the root has no account
		}
		n.accounts = append(n.accounts, id)
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
func (r *Router) limit(certificate wire.ID, lane wire.Lane) quota {
	c, ok := r.pool.Certificate(certificate)
	if !ok {
		return quota{}
	}
	q := c.Scope.Quota(lane)
	return quota{q.Count, q.Bytes}
}
