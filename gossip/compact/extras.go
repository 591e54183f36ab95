package compact

import (
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// referenceCount counts the words of the references.
func referenceCount(a *cap.Alert) int { return len(strings.Fields(a.References)) }

// Reference IDs are an array of byte strings, null where not known.

func putIDs(ids []wire.ID) []byte {
	b := appendArray(nil, len(ids))
	for _, id := range ids {
		if id.IsZero() {
			b = append(b, null)
			continue
		}
		b = appendBytes(b, id[:])
	}
	return b
}

func getIDs(r *reader) []wire.ID {
	var ids []wire.ID
	for n := r.pairs(1); n > 0 && r.err == nil; n-- {
		r.spend(wire.IDSize)
		var id wire.ID
		if r.peek() == majorNone && len(r.b) > 0 && r.b[0] == null {
			r.b = r.b[1:]
		} else if b := r.bytes(); len(b) == len(id) {
			copy(id[:], b)
		} else {
			r.bad("ID of %d bytes", len(b))
		}
		ids = append(ids, id)
	}
	return ids
}

// An origin is [format, digest, state of the signature].

func (o *Origin) appendTo(b []byte) []byte {
	b = formats.append(appendArray(b, 3), o.Format)
	return appendUint(appendBytes(b, o.Digest[:]), uint64(o.Signature))
}

func readOrigin(r *reader) *Origin {
	if n := r.array(); n != 3 {
		r.bad("want [format, digest, signature]")
	}
	o := &Origin{Format: formats.read(r)}
	digest := r.bytes()
	if copy(o.Digest[:], digest) != len(o.Digest) || len(digest) != len(o.Digest) {
		r.bad("digest of %d bytes", len(digest))
	}
	state := r.uint()
	if r.err == nil && state > uint64(SignatureValid) {
		r.unsupported("state of the signature", state)
	}
	o.Signature = SignatureState(state)
	r.end()
	return o
}
