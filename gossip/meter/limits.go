package meter

import "time"

// Budgets of one neighbour.
const (
	// NewRate and NewBurst bound the new envelopes a second. 2,000 an hour nationally
	// is 0.6 a second; the burst is a neighbour's whole hour.
	NewRate  = 200
	NewBurst = 2000

	// floodRate and floodBurst bound the messages a second, new or not, and topics that it
	// sends by gossip. Gossipsub delivers a message once, so an honest neighbour comes near
	// them at most when a burst of 2,000 is announced whole, twice.
	floodRate  = 1000
	floodBurst = 4000

	// Strikes is how many envelopes it may send that it should have known to be wrong,
	// before it is cut off; one is forgiven every strikeEvery.
	Strikes     = 8
	strikeEvery = 10 * time.Second

	// BanTime is how long a neighbour that was cut off stays out.
	BanTime = 10 * time.Minute

	// beginRate and beginBurst bound the sessions of catch-up a second that it begins.
	// An honest one begins one every tenth of a second while there is news.
	beginRate  = 20
	beginBurst = 100

	// RoundRate and RoundBurst bound the messages of comparisons and the offers a second that
	// it has answered, at some milliseconds each; it waits beyond that. Four lanes take a dozen.
	RoundRate  = 40
	RoundBurst = 400

	// GiveRate and GiveBurst bound the bytes a second that it is given: to ask
	// again and again for the same must not keep the disk and the link busy.
	GiveRate  = 8 << 20
	GiveBurst = 256 << 20

	// proofEvery and ProofBurst bound how often it is asked for what proves what it sent.
	proofEvery = 2 * time.Second
	ProofBurst = 4

	// heldMemory is how long it counts what time its sessions took.
	heldMemory = 10 * time.Minute
)
