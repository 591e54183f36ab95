package identity

import (
	"io"

	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// maxPrefetch bounds the signatures verified in one batch. Beyond some hundreds a
// batch gains nothing more, and what was found genuine must still be remembered when it is asked for.
const maxPrefetch = maxSignatures / 4

// zip215 is the rule of VerifySignature in the library that verifies batches
// fastest. A test holds that both accept the same.
var zip215 = &ed25519.Options{Verify: ed25519.VerifyOptionsZIP_215}

// Prefetch verifies the signatures of many envelopes at once, for some two fifths of
// what they cost one by one, and remembers the genuine ones: [Pool.Verify] and [Pool.Add]
// then find them verified. It decides nothing: envelopes that would be refused without a
// look at their signatures, root versions and what is beyond the bound of a batch are left
// out, and if one signature of a batch is wrong, all are left to be verified alone, which tells which. random must not be foreseeable to whoever signs.
func (p *Pool) Prefetch(es []*wire.Envelope, random io.Reader) {
	var genuine []signature
	batch := ed25519.NewBatchVerifier()
	for _, e := range es {
		if e.Header.Type == wire.TypeRoot || len(genuine)+len(e.Signers) > maxPrefetch {
			continue
		}
		o, err := parse(e)
		if err != nil {
			continue
		}
		j, err := p.judge(o)
		if err != nil || j.known {
			continue
		}
		for i := range j.seats {
			id := signature{e.ID(), e.Signers[i]}
			if p.signatures.has(id) {
				continue
			}
			genuine = append(genuine, id)
			key := j.seats[i].key
			batch.AddWithOptions(key[:], e.ToBeSigned(e.Signers[i]), e.Signers[i].Sig[:], zip215)
		}
	}
	if len(genuine) < 2 {
		return
	}
	p.signatures.checks.Add(uint64(len(genuine)))
	if ok := batch.VerifyBatchOnly(random); !ok {
		return
	}
	for _, id := range genuine {
		p.signatures.add(id)
	}
}
