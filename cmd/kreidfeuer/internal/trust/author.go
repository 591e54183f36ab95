package trust

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/keyfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Author makes an object of lane trust and has all signers sign it. The
// first is the author, whose chain it continues.
func Author(e *shell.Env, c *cli.Context, i *Issuing, signers []*keyfile.Signer, build func(*keyfile.State, uint64, *wire.ID) (*wire.Envelope, error)) (*wire.Envelope, error) {
	author := signers[0]
	known, err := KnownHead(e, c, i.Domain, author.Key.Public(), wire.LaneTrust)
	if err != nil {
		return nil, err
	}
	return author.Author(wire.LaneTrust, known, func(st *keyfile.State, seq uint64, prev *wire.ID) (*wire.Envelope, error) {
		o, err := build(st, seq, prev)
		if err != nil {
			return nil, Failure(err)
		}
		for _, s := range signers {
			ref, err := i.SignerRef(s, o.Header.Created)
			if err != nil {
				return nil, err
			}
			if o, err = i.Pool.Sign(o, ref, s.Key); err != nil {
				return nil, Failure(fmt.Errorf("%s: %w", s.Path, err))
			}
		}
		if o.Header.Type == wire.TypeRevocation {
			st.Remember(o)
		}
		return o, nil
	})
}

// KnownHead asks the running device for the end of a key's chain.
func KnownHead(e *shell.Env, c *cli.Context, domain wire.ID, key identity.PublicKey, lane wire.Lane) (identity.Head, error) {
	dev, err := device.ForTrust(e, c)
	if err != nil || dev == nil {
		return identity.Head{}, err
	}
	return dev.Head(c.Context, domain, key, lane)
}

// Finish writes a signed object with its chain and says whether it is
// complete. One that lacks signatures is written too: others add theirs.
func Finish(e *shell.Env, c *cli.Context, pool *identity.Pool, o *wire.Envelope, out string) error {
	_, err := pool.Verify(o)
	short := errors.Is(err, &wire.Refusal{Reason: wire.ReasonBadQuorum})
	if err != nil && !short {
		return Failure(err)
	}
	o.Chain = pool.ChainFor(o)
	b, err := armor.Encode(o)
	if err != nil {
		return err
	}
	if err := e.WriteOutput(out, b); err != nil {
		return err
	}
	what := o.Header.Type.String()
	if short {
		e.Notef("The %s is NOT finished: further persons must sign it with kreidfeuer cert sign. It has %d signatures.", what, len(o.Signers))
	} else {
		e.Notef("The %s is complete: %s", what, identity.Fingerprint(o.ID()))
	}
	return nil
}
