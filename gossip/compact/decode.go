package compact

import (
	"bytes"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Decode reads a core and the contents of its parts, in the payload's order; a
// nil part is absent, and parts itself may be nil if all are. It is strict: an
// encoding that is not deterministic, an element in two places, and anything
// that no writer writes are errors; unknown numbers are ReasonUnsupported. The
// memory it takes is bounded by a multiple of its input.
func Decode(core []byte, parts [][]byte) (*Document, error) {
	return decode(core, parts, newMeter(false))
}

func decode(core []byte, parts [][]byte, m *meter) (*Document, error) {
	d := &decoder{reader: reader{meter: m}, doc: &Document{}}
	d.doc.Alert = &cap.Alert{Version: cap.V12, Status: cap.Actual, MsgType: cap.MsgAlert, Scope: cap.Public}
	d.alert = d.doc.Alert
	m.grant(len(core))
	var usual [usualFields]entry
	fields := d.turnTo("core", core).fields(usual[:0])
	d.end()
	d.describe(fields.get(keyParts), parts)
	d.readCore(fields)
	d.checkParts()
	d.readParts(parts)
	d.checkBounds()
	d.checkReferences()
	if d.err != nil {
		return nil, d.err
	}
	return d.doc, nil
}

type decoder struct {
	context
	reader    // the one reader, turned to one map after the other
	doc       *Document
	continues []int  // parts that continue the one before, ascending
	seen      uint64 // keys that have been read, as a bit mask
	infos     []infoState
}

// infoState is what the decoder notes of an info block.
type infoState struct {
	seen  uint64 // keys that have been read, as a bit mask
	areas int    // in the core
}

func (d *decoder) turnTo(what string, b []byte) *reader {
	d.b, d.what = b, what
	return &d.reader
}

// describe reads the list of parts.
func (d *decoder) describe(raw []byte, parts [][]byte) {
	if raw != nil {
		r := d.turnTo("parts", raw)
		for n := r.pairs(1); n > 0 && d.err == nil; n-- {
			d.doc.Parts = append(d.doc.Parts, d.describePart(r))
		}
	}
	if d.err == nil && parts != nil && len(parts) != len(d.doc.Parts) {
		d.fail(wire.ReasonBadPayload, "%d parts, the core names %d", len(parts), len(d.doc.Parts))
	}
	for i := range d.doc.Parts {
		if d.err != nil {
			return
		}
		p := &d.doc.Parts[i]
		p.Present = parts != nil && parts[i] != nil
		d.lacksText = d.lacksText || p.Kind == KindText && !p.Present
	}
}

// checkParts: whoever shows what is missing uses these indices.
func (d *decoder) checkParts() {
	for i, p := range d.doc.Parts {
		for _, info := range p.Infos {
			if info >= len(d.alert.Info) {
				d.fail(wire.ReasonBadPayload, "part %d belongs to info block %d of %d", i, info, len(d.alert.Info))
			}
		}
	}
}

func (d *decoder) describePart(r *reader) Part {
	r.spend(costArea)
	n := 1
	if r.peek() == majorArray {
		n = r.pairs(1)
	}
	p := Part{Kind: d.kind(r)}
	for ; n > 1 && d.err == nil; n-- {
		p.Infos = append(p.Infos, r.index(1<<31-1))
	}
	return p
}

// kind reads the kind of a part; one that continues takes the kind before it.
func (d *decoder) kind(r *reader) Kind {
	n := r.uint()
	if known := len(d.doc.Parts); n == uint64(kindNext) && known > 0 {
		d.continues = append(d.continues, known)
		return d.doc.Parts[known-1].Kind
	}
	if d.err == nil && (n == uint64(kindNext) || n > uint64(KindSignature)) {
		r.unsupported("kind of part", n)
	}
	return Kind(n)
}

// readCore reads the core's fields and uses up their list.
func (d *decoder) readCore(fields entries) {
	infos, plain := fields.get(keyInfo), fields[:0]
	for _, e := range fields {
		switch e.key {
		case keyInfo, keyParts:
		case keyReferences:
			d.doc.Extras.References = getIDs(d.turnTo("reference IDs", e.raw))
		case keyOrigin:
			d.doc.Extras.Origin = readOrigin(d.turnTo("origin", e.raw))
		default:
			plain = append(plain, e)
		}
	}
	apply(&d.context, &d.reader, kindCore, alertTable, plain, d.alert, &d.seen)
	if infos == nil || d.err != nil {
		return
	}
	r := d.turnTo("info", infos)
	known := map[int]entries{}
	for n := r.pairs(1); n > 0 && d.err == nil; n-- {
		i := len(d.alert.Info)
		r.spend(costInfo)
		own := r.expand(r.fields(nil), known)
		if n > 1 { // a later block may name it as its base
			known[i] = own
		}
		d.alert.Info = append(d.alert.Info, cap.Info{})
		d.doc.Bounds = append(d.doc.Bounds, nil)
		d.infos = append(d.infos, infoState{})
		d.applyInfo(kindCore, i, own)
	}
}

// applyInfo reads fields into an info block: plain ones, then patches. Only
// media may come in several parts, so that no part depends on another.
func (d *decoder) applyInfo(k Kind, i int, fields entries) {
	v, state := &d.alert.Info[i], &d.infos[i]
	split := 0
	for split < len(fields) && fields[split].key < firstPatch {
		split++
	}
	apply(&d.context, &d.reader, k, infoTable, fields[:split], v, &state.seen)
	patches := fields[split:]
	if k == kindCore {
		state.areas = len(v.Area)
		if n := len(patches); n > 0 && patches[n-1].key == keyBounds {
			d.doc.Bounds[i] = readBounds(&reader{meter: d.meter, b: patches[n-1].raw, what: "bounds"})
			patches = patches[:n-1]
		}
	}
	d.areas = state.areas
	apply(&d.context, &d.reader, k, patchTable, patches, v, &state.seen)
	state.seen &^= 1 << keyDerefURIAt
}

// readParts joins parts that continue each other and reads them as sections.
func (d *decoder) readParts(parts [][]byte) {
	for i := 0; i < len(parts) && d.err == nil; {
		end := i + 1
		for len(d.continues) > 0 && d.continues[0] == end {
			d.continues = d.continues[1:]
			end++
		}
		if pieces := parts[i:end]; !absent(pieces) {
			content := pieces[0]
			if len(pieces) > 1 {
				content = bytes.Join(pieces, nil)
			}
			d.readSection(d.doc.Parts[i].Kind, content)
		}
		i = end
	}
}

func absent(pieces [][]byte) bool {
	for _, p := range pieces {
		if p == nil {
			return true
		}
	}
	return false
}

// partNames are the elements that errors name.
var partNames = [...]string{KindText: "part of text", KindGeometry: "part of geometry", KindMedia: "part of media",
	KindSignature: "part of signature"}

func (d *decoder) readSection(k Kind, content []byte) {
	d.grant(len(content))
	r := d.turnTo(partNames[k], content)
	known := map[int]entries{}
	for n := r.pairs(2); n > 0 && d.err == nil; n-- {
		info := r.index(len(d.alert.Info)+1) - 1
		own := r.fields(nil)
		r.spend(inheritCost * (1 + len(own)))
		switch {
		case d.err != nil:
		case info != infoAlert:
			own = r.expand(own, known)
			if n > 1 {
				known[info] = own
			}
			d.applyInfo(k, info, own)
		case k == KindSignature:
			apply(&d.context, r, k, signatureTable, own, d.alert, &d.seen)
		default:
			apply(&d.context, r, k, alertTable, own, d.alert, &d.seen)
		}
	}
	r.end()
}

// checkBounds holds the rectangles of the core against the geometry: a device
// that has only the core must not be told another place.
func (d *decoder) checkBounds() {
	if d.err != nil || d.doc.Lacks(KindGeometry) {
		return
	}
	for i, said := range d.doc.Bounds {
		if said == nil {
			continue
		}
		if is := boundsOf(d.alert.Info[i].Area); is == nil || *is != *said {
			d.fail(wire.ReasonBadPayload, "info %d: bounds are not those of its polygons", i)
		}
	}
}

func (d *decoder) checkReferences() {
	if n := len(d.doc.Extras.References); d.err == nil && n > 0 && n != referenceCount(d.alert) {
		d.fail(wire.ReasonBadPayload, "%d reference IDs for %d references", n, referenceCount(d.alert))
	}
}
