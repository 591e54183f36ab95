package identity

import (
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// checkSuccession verifies that before's thresholds and r's own have signed r,
// cheap checks first. Every signature must be by one of their keys and genuine.
func checkSuccession(before, r *Root, e *wire.Envelope, genuine *signatures) (recovery bool, err error) {
	var old, own, rescue int
	for _, s := range e.Signers {
		key, ok := rootKey(s)
		isOld, isOwn, isRescue := has(before.Keys, key), has(r.Keys, key), has(before.Recovery, key)
		if !ok || !isOld && !isOwn && !isRescue {
			return false, wire.Refuse(wire.ReasonBadSigner, "root version %d is signed by a key of neither version", r.Version)
		}
		old, own, rescue = old+count(isOld), own+count(isOwn), rescue+count(isRescue)
	}
	recovery = before.RecoveryThreshold > 0 && rescue >= int(before.RecoveryThreshold)
	if own < int(r.Threshold) || old < int(before.Threshold) && !recovery {
		return false, wire.Refuse(wire.ReasonBadQuorum, "root version %d has %d of %d own signatures, %d of %d of the version before, %d of %d for recovery",
			r.Version, own, r.Threshold, old, before.Threshold, rescue, before.RecoveryThreshold)
	}
	if err := r.follows(before, recovery); err != nil {
		return false, err
	}
	return recovery, verifyRoot(e, genuine)
}

// selfSigned verifies a genesis: its own threshold, and no other signature.
func selfSigned(r *Root, e *wire.Envelope, genuine *signatures) error {
	for _, s := range e.Signers {
		if key, ok := rootKey(s); !ok || !has(r.Keys, key) {
			return wire.Refuse(wire.ReasonBadSigner, "genesis is signed by a key it does not hold")
		}
	}
	if len(e.Signers) < int(r.Threshold) {
		return wire.Refuse(wire.ReasonBadQuorum, "genesis has %d of %d signatures", len(e.Signers), r.Threshold)
	}
	return verifyRoot(e, genuine)
}

// follows holds what a successor may change. Recovery keys change only by
// recovery's own signature: else a stolen threshold could outlive its recovery.
func (r *Root) follows(before *Root, recovery bool) error {
	switch {
	case r.Floor < before.Floor:
		return wire.Refuse(wire.ReasonNotContain, "root version %d lowers the floor from %d to %d", r.Version, before.Floor, r.Floor)
	case recovery || len(before.Recovery) == 0:
		return nil
	case !slices.Equal(r.Recovery, before.Recovery) || r.RecoveryThreshold != before.RecoveryThreshold:
		return wire.Refuse(wire.ReasonNotContain, "root version %d changes the recovery keys without their signature", r.Version)
	}
	return nil
}

func has(keys []PublicKey, key PublicKey) bool { return slices.Contains(keys, key) }

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// rootKey is the signer's raw key. A reference of any other form, though its
// bytes may equal a key's, is none: else one key could sign twice.
func rootKey(s wire.Signer) (PublicKey, bool) {
	key, ok := s.Ref.Key()
	return key, ok && s.Role != wire.RoleEmergency
}

func verifyRoot(e *wire.Envelope, genuine *signatures) error {
	for i, s := range e.Signers {
		key, _ := rootKey(s)
		if err := genuine.verify(e, i, key); err != nil {
			return err
		}
	}
	return nil
}

// verifySigner verifies the i-th signature.
func verifySigner(e *wire.Envelope, i int, key PublicKey) error {
	s := &e.Signers[i]
	if !VerifySignature(key, e.ToBeSigned(*s), s.Sig[:]) {
		return wire.Refuse(wire.ReasonBadSigner, "signature %d of %d does not verify", i+1, len(e.Signers))
	}
	return nil
}
