package discovery

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/record"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/kreidfeuer/kreidfeuer/node/linklocal"
)

// Bounds of a signed peer record, our own and others'.
const (
	// maxRecord bounds its bytes: with a beacon's head it fits an Ethernet frame
	// and the least MTU of IPv6.
	maxRecord = 1200

	// maxRecordAddrs bounds its addresses: QUIC and TCP on eight of them.
	maxRecordAddrs = 16
)

// Record is what a device says of itself under its own key: libp2p's signed peer
// record (RFC 0003 of libp2p/specs), read strictly.
type Record struct {
	ID    peer.ID
	Addrs []ma.Multiaddr // each QUIC v1 or TCP at an IP address
	Seq   uint64         // the higher is the newer
}

// sealRecord signs a record with the device's key. Addresses beyond what fits
// are left out, the last first.
func sealRecord(key crypto.PrivKey, r Record) ([]byte, error) {
	rec := &peer.PeerRecord{PeerID: r.ID, Addrs: r.Addrs[:min(len(r.Addrs), maxRecordAddrs)], Seq: r.Seq}
	for {
		sealed, err := record.Seal(rec, key)
		if err != nil {
			return nil, fmt.Errorf("sign peer record: %w", err)
		}
		data, err := sealed.Marshal()
		if err != nil {
			return nil, fmt.Errorf("encode peer record: %w", err)
		}
		if len(data) <= maxRecord || len(rec.Addrs) == 0 {
			return data, nil
		}
		rec.Addrs = rec.Addrs[:len(rec.Addrs)-1]
	}
}

// openRecord reads and verifies a record. Addresses that nobody here can dial are
// left out; every other fault refuses the whole.
func openRecord(data []byte) (Record, error) {
	if len(data) > maxRecord {
		return Record{}, fmt.Errorf("peer record of %d bytes, want at most %d", len(data), maxRecord)
	}
	sealed, err := record.UnmarshalEnvelope(data)
	if err != nil {
		return Record{}, fmt.Errorf("read peer record: %w", err)
	}
	// A device's key is Ed25519; checking an RSA signature can be made to cost much.
	if sealed.PublicKey.Type() != crypto.Ed25519 {
		return Record{}, errors.New("peer record by a key that is not Ed25519")
	}
	if again, err := sealed.Marshal(); err != nil || !bytes.Equal(again, data) {
		return Record{}, errors.New("peer record in another than the canonical encoding")
	}
	_, content, err := record.ConsumeEnvelope(data, peer.PeerRecordEnvelopeDomain)
	if err != nil {
		return Record{}, fmt.Errorf("verify peer record: %w", err)
	}
	rec, ok := content.(*peer.PeerRecord)
	if !ok || !rec.PeerID.MatchesPublicKey(sealed.PublicKey) {
		return Record{}, errors.New("peer record that its peer did not sign")
	}
	if len(rec.Addrs) > maxRecordAddrs {
		return Record{}, fmt.Errorf("peer record with %d addresses, want at most %d", len(rec.Addrs), maxRecordAddrs)
	}
	r := Record{ID: rec.PeerID, Seq: rec.Seq}
	for _, a := range rec.Addrs {
		if at, ok := addrOf(a); ok && isDialable(a) && !at.IsUnspecified() && !at.IsMulticast() && !linklocal.Prefix.Contains(at) {
			r.Addrs = append(r.Addrs, a)
		}
	}
	return r, nil
}
