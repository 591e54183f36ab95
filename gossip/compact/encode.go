package compact

import (
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Encode writes an alert as core and parts for an envelope's payload: each part
// has at most wire.MaxPartSize bytes and there are at most wire.MaxParts. The
// same alert always gives the same bytes. An empty Version counts as CAP 1.2.
//
// It fails if the alert needs more parts than that (Marshal has no such limit),
// if a text is not UTF-8, or if x.References does not match the references.
func Encode(a *cap.Alert, x Extras) (core []byte, parts [][]byte, err error) {
	core, parts, err = encode(a, x, encoder{})
	if err == nil && len(parts) > wire.MaxParts {
		return nil, nil, fmt.Errorf("encode alert: needs %d parts, an envelope holds %d", len(parts), wire.MaxParts)
	}
	return core, parts, err
}

// EncodeWhole is Encode without parts: all in the core, for an alert that shall say
// everything at once and fit a frame. It is for short ones; a core of any size is
// valid, but every device carries it.
func EncodeWhole(a *cap.Alert, x Extras) ([]byte, error) {
	core, parts, err := encode(a, x, encoder{whole: true})
	if err == nil && len(parts) > 0 {
		return nil, fmt.Errorf("encode alert: a foreign signature is never in the core")
	}
	return core, err
}

// encode proves by decoding that a reader will accept the result. What would
// expand to more than a reader allows is written again without sharing.
func encode(a *cap.Alert, x Extras, how encoder) (core []byte, parts [][]byte, err error) {
	if n := len(x.References); n > 0 && n != referenceCount(a) {
		return nil, nil, fmt.Errorf("encode alert: %d reference IDs for %d references", n, referenceCount(a))
	}
	for _, share := range []bool{true, false} {
		e := how
		e.alert, e.share = a, share
		core, parts = e.encode(x)
		if _, err = decode(core, parts, newMeter(how.file)); err == nil {
			return core, parts, nil
		}
	}
	return nil, nil, fmt.Errorf("encode alert: %w", err)
}

// encoder divides one alert into core and sections.
type encoder struct {
	context
	share    bool    // blocks name a base
	whole    bool    // no parts
	file     bool    // read with a file's bounds
	core     []block // of the info blocks
	texts    []section
	geometry section
	media    []section
}

func (e *encoder) encode(x Extras) (core []byte, parts [][]byte) {
	a := e.alert
	fields, text := collect(&e.context, alertTable, a)
	moveAreas := e.areasSize() > maxCoreAreas
	e.geometry.kind = KindGeometry
	e.core = make([]block, len(a.Info))
	texts := make([]entries, len(a.Info))
	for i := range a.Info {
		e.core[i] = block{info: i}
		e.core[i].fields, texts[i] = e.info(i, moveAreas)
	}
	e.groupTexts(text, texts)

	var described []byte
	count := 0
	sections := append(append(e.texts, e.geometry), e.media...)
	for _, s := range append(sections, e.signatures()) {
		if len(s.blocks) == 0 {
			continue
		}
		content := s.encode(e.share)
		if (len(content) <= minSection || e.whole) && s.kind != KindSignature {
			fields = e.keep(fields, s)
			continue
		}
		if s.kind == KindGeometry {
			e.addBounds(s)
		}
		described = appendPart(described, s.kind, s.infos(), len(a.Info))
		count++
		for ; len(content) > wire.MaxPartSize; content = content[wire.MaxPartSize:] {
			parts = append(parts, content[:wire.MaxPartSize])
			described = appendUint(described, uint64(kindNext))
			count++
		}
		parts = append(parts, content)
	}
	fields = e.finish(fields, x)
	if count > 0 {
		fields = fields.set(keyParts, append(appendArray(nil, count), described...))
	}
	return fields.appendTo(nil), parts
}

// finish adds what stands beside the elements of alert.
func (e *encoder) finish(fields entries, x Extras) entries {
	if len(e.core) > 0 {
		b := appendArray(nil, len(e.core))
		for i, bl := range e.core {
			if e.share {
				b = append(b, bl.shortest(e.core[:i])...)
			} else {
				b = bl.fields.appendTo(b)
			}
		}
		fields = fields.set(keyInfo, b)
	}
	if len(x.References) > 0 {
		fields = fields.set(keyReferences, putIDs(x.References))
	}
	if x.Origin != nil {
		fields = fields.set(keyOrigin, x.Origin.appendTo(nil))
	}
	return fields
}

// keep puts a section that is not worth a part back into the core.
func (e *encoder) keep(fields entries, s section) entries {
	for _, b := range s.blocks {
		for _, x := range b.fields {
			if b.info == infoAlert {
				fields = fields.set(x.key, x.raw)
			} else {
				e.core[b.info].fields = e.core[b.info].fields.set(x.key, x.raw)
			}
		}
	}
	return fields
}

// addBounds says in the core where the geometry of a part lies.
func (e *encoder) addBounds(s section) {
	for _, b := range s.blocks {
		if box := boundsOf(e.alert.Info[b.info].Area); box != nil {
			core := &e.core[b.info]
			core.fields = core.fields.set(keyBounds, putBounds(box))
		}
	}
}

// info divides one info block; geometry and media go to their sections.
func (e *encoder) info(i int, moveAreas bool) (core, text entries) {
	v := e.alert.Info[i]
	if e.whole {
		core, text = collect(&e.context, infoTable, &v)
		for _, x := range text {
			core = core.set(x.key, x.raw)
		}
		return core, nil
	}
	var parameters []byte
	v.Parameter, parameters = splitParameters(v.Parameter)
	var media [][]byte
	v.Resource, media = splitMedia(v.Resource)
	whole := v.Area
	var descs, polygons []byte
	v.Area, descs, polygons = splitAreas(v.Area)
	if moveAreas {
		v.Area, descs, polygons = whole, nil, nil
	}
	core, text = collect(&e.context, infoTable, &v)
	if parameters != nil {
		text = text.set(keyParameterAt, parameters)
	}
	if descs != nil {
		text = text.set(keyAreaDescAt, descs)
	}
	var geometry entries
	if moveAreas {
		geometry = move(&core, nil, keyArea)
	} else if polygons != nil {
		geometry = entries{{keyPolygonAt, polygons}}
	}
	e.geometry.add(i, geometry)
	for _, m := range media {
		e.addMedia(i, m)
	}
	return core, text
}

// move takes a field out of one map into another.
func move(from *entries, to entries, key uint8) entries {
	for n, x := range *from {
		if x.key == key {
			*from = append((*from)[:n:n], (*from)[n+1:]...)
			return to.set(key, x.raw)
		}
	}
	return to
}

// areasSize is what the areas would take in the core; languages with the same
// areas count once.
func (e *encoder) areasSize() int {
	size, last := 0, ""
	for i := range e.alert.Info {
		v := cap.Info{}
		v.Area, _, _ = splitAreas(e.alert.Info[i].Area)
		raw := string(find(infoTable, keyArea).put(&e.context, &v))
		if raw != last {
			size += len(raw)
		}
		last = raw
	}
	return size
}

// groupTexts makes a text section for each language, small ones together.
func (e *encoder) groupTexts(alert entries, infos []entries) {
	var order []string
	byLanguage := map[string][]int{}
	for i, v := range e.alert.Info {
		if byLanguage[v.Language] == nil {
			order = append(order, v.Language)
		}
		byLanguage[v.Language] = append(byLanguage[v.Language], i)
	}
	open := section{kind: KindText}
	open.add(infoAlert, alert)
	size := alert.size()
	for _, language := range order {
		more := 0
		for _, i := range byLanguage[language] {
			more += infos[i].size()
		}
		if size > 0 && size+more > sharedText && len(e.texts) < maxTextSections-1 {
			e.texts = append(e.texts, open)
			open, size = section{kind: KindText}, 0
		}
		for _, i := range byLanguage[language] {
			open.add(i, infos[i])
		}
		size += more
	}
	e.texts = append(e.texts, open)
}

// addMedia makes a section for each content; the same one in several info
// blocks is kept once.
func (e *encoder) addMedia(info int, patch []byte) {
	fields := entries{{keyDerefURIAt, patch}}
	for i := range e.media {
		s := &e.media[i]
		last := s.blocks[len(s.blocks)-1]
		if last.info != info && string(last.fields[0].raw) == string(patch) {
			s.add(info, fields)
			return
		}
	}
	if len(e.media) == maxMediaSections {
		e.media[len(e.media)-1].add(info, fields)
		return
	}
	e.media = append(e.media, section{KindMedia, []block{{info, fields}}})
}

func (e *encoder) signatures() section {
	fields, _ := collect(&e.context, signatureTable, e.alert)
	s := section{kind: KindSignature}
	s.add(infoAlert, fields)
	return s
}

// appendPart describes a part: its kind, or [kind, info block, ...] if it does
// not belong to all of them.
func appendPart(b []byte, k Kind, infos []int, all int) []byte {
	if len(infos) == 0 || len(infos) == all {
		return appendUint(b, uint64(k))
	}
	b = appendUint(appendArray(b, 1+len(infos)), uint64(k))
	for _, i := range infos {
		b = appendUint(b, uint64(i))
	}
	return b
}
