package apitype

// PeerAddresses says where a peer may be.
type PeerAddresses struct {
	Addresses []string `json:"addresses"` // multiaddrs with the ID of one peer
}
