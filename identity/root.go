package identity

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// maxRootKeys bounds the keys and the recovery keys of a root (format): with
// nine, the thresholds of two successive versions fit one envelope's signatures.
const maxRootKeys = 9

// RootKeys is a root's payload: who holds the domain.
type RootKeys struct {
	Name              string      `cbor:"1,keyasint"` // of the domain, for display
	Keys              []PublicKey `cbor:"2,keyasint"` // ascending
	Threshold         uint8       `cbor:"3,keyasint"`
	Recovery          []PublicKey `cbor:"4,keyasint,omitempty"` // ascending; offline; may alone replace a compromised threshold
	RecoveryThreshold uint8       `cbor:"5,keyasint"`           // 0 without recovery keys
	Floor             uint64      `cbor:"6,keyasint"`           // lowest root version whose signatures still count
}

func (r *RootKeys) check(version uint64) error {
	bad := func(format string, args ...any) error {
		return wire.Refuse(wire.ReasonBadPayload, "root: "+format, args...)
	}
	switch {
	case r.Name == "" || !cleanText(r.Name):
		return bad("name is missing, too long or holds control characters")
	case len(r.Keys) == 0 || len(r.Keys) > maxRootKeys || len(r.Recovery) > maxRootKeys:
		return bad("%d keys and %d recovery keys, want 1 to %d and at most as many", len(r.Keys), len(r.Recovery), maxRootKeys)
	case r.Threshold == 0 || int(r.Threshold) > len(r.Keys):
		return bad("threshold %d of %d keys", r.Threshold, len(r.Keys))
	case int(r.RecoveryThreshold) > len(r.Recovery) || (r.RecoveryThreshold == 0) != (len(r.Recovery) == 0):
		return bad("recovery threshold %d of %d keys", r.RecoveryThreshold, len(r.Recovery))
	case r.Floor == 0 || r.Floor > version:
		return bad("floor %d of version %d", r.Floor, version)
	case !ascending(r.Keys) || !ascending(r.Recovery):
		return bad("keys are out of order or twice")
	}
	for _, k := range slices.Concat(r.Keys, r.Recovery) {
		if err := k.check(); err != nil {
			return err
		}
		if slices.Contains(r.Keys, k) && slices.Contains(r.Recovery, k) {
			return bad("key %s is both a root and a recovery key", k)
		}
	}
	return nil
}

func ascending(keys []PublicKey) bool {
	for i := 1; i < len(keys); i++ {
		if bytes.Compare(keys[i-1][:], keys[i][:]) >= 0 {
			return false
		}
	}
	return true
}

// Root is the decoded view of a root envelope. It is immutable.
type Root struct {
	RootKeys
	ID       wire.ID
	Domain   wire.ID
	Version  uint64
	Previous wire.ID // zero in a genesis
	Created  uint64  // seconds UTC
	Expires  uint64  // seconds UTC; bounds the certificates and beacons signed under it
}

// ParseRoot reads a root envelope. It judges form only, no trust.
func ParseRoot(e *wire.Envelope) (*Root, error) {
	h := &e.Header
	r := &Root{ID: e.ID(), Domain: e.Domain(), Version: h.Sequence, Created: h.Created, Expires: h.Expires}
	if err := parsePayload(e, wire.TypeRoot, &r.RootKeys); err != nil {
		return nil, err
	}
	if h.Authority != "" {
		return nil, wire.Refuse(wire.ReasonBadPayload, "root of authority %q", h.Authority)
	}
	if h.Previous != nil {
		r.Previous = *h.Previous
	}
	if h.IssuerID() != r.Previous {
		return nil, wire.Refuse(wire.ReasonBadPayload, "root whose issuer is not its previous version")
	}
	return r, r.check(r.Version)
}

// NewGenesis makes an unsigned first root version, valid from created to
// expires. Keys are put in order. At least Threshold of its keys must sign it
// with [SignRoot]; its ID is then the trust domain.
func NewGenesis(keys RootKeys, created, expires uint64) (*wire.Envelope, error) {
	if keys.Floor == 0 {
		keys.Floor = 1
	}
	return newRoot(keys, wire.Header{Sequence: 1, Created: created, Expires: expires})
}

// NextRoot makes an unsigned successor of prev. The thresholds of both must
// sign it, or prev's recovery threshold and its own. What prev forbids is
// refused: a lower floor, and recovery keys changed without recovery's own
// signature (recovering says that they will sign).
func NextRoot(prev *wire.Envelope, keys RootKeys, created, expires uint64, recovering bool) (*wire.Envelope, error) {
	before, err := ParseRoot(prev)
	if err != nil {
		return nil, fmt.Errorf("read previous root: %w", err)
	}
	domain, id := prev.Domain(), prev.ID()
	e, err := newRoot(keys, wire.Header{Domain: &domain, Issuer: &id, Previous: &id,
		Sequence: prev.Header.Sequence + 1, Created: created, Expires: expires})
	if err != nil {
		return nil, err
	}
	next, err := ParseRoot(e)
	if err != nil {
		return nil, err
	}
	return e, next.follows(before, recovering)
}

func newRoot(keys RootKeys, h wire.Header) (*wire.Envelope, error) {
	order := func(a, b PublicKey) int { return bytes.Compare(a[:], b[:]) }
	keys.Keys, keys.Recovery = slices.SortedFunc(slices.Values(keys.Keys), order), slices.SortedFunc(slices.Values(keys.Recovery), order)
	if err := keys.check(h.Sequence); err != nil {
		return nil, err
	}
	h.Type = wire.TypeRoot
	return newTrustObject(h, &keys)
}

// newTrustObject makes an unsigned envelope of lane trust.
func newTrustObject(h wire.Header, payload any) (*wire.Envelope, error) {
	h.Lane, h.Priority = wire.LaneTrust, trustPriority[h.Type]
	b, err := wire.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", h.Type, err)
	}
	return wire.New(h, b)
}

// SignRoot adds a root or recovery key's signature. Unfinished roots go round by
// file among the holders; each adds one.
func SignRoot(e *wire.Envelope, key PrivateKey) (*wire.Envelope, error) {
	if e.Header.Type != wire.TypeRoot || key.Purpose() != PurposeRoot {
		return nil, fmt.Errorf("sign root: a %s key cannot sign a %s", key.Purpose(), e.Header.Type)
	}
	ref, role := key.Public().Ref(), wire.RoleApprover
	if len(e.Signers) == 0 || e.Author().Ref == ref {
		role = wire.RoleAuthor
	}
	return key.Sign(e, ref, role), nil
}

// Fingerprint is an ID for reading aloud and comparing: its text form in
// groups of four.
func Fingerprint(id wire.ID) string {
	s := id.String()
	var groups []string
	for ; len(s) > 4; s = s[4:] {
		groups = append(groups, s[:4])
	}
	return strings.Join(append(groups, s), "-")
}

// ParseFingerprint reads a fingerprint; hyphens, spaces and case do not matter.
func ParseFingerprint(s string) (wire.ID, error) {
	id, err := wire.ParseID(strings.NewReplacer("-", "", " ", "", "\t", "", "\n", "").Replace(s))
	if err != nil {
		return wire.ID{}, fmt.Errorf("parse fingerprint: %w", err)
	}
	return id, nil
}
