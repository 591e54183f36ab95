package radio

// KISS (M. Chepponis and P. Karn, 1987) is how computers talk to packet radios:
// amateur modems, LoRa boards with MeshCore's or APRS firmware, software modems. A
// frame stands between two FEND; what looks like one inside is escaped.
const (
	kissFEND  = 0xC0
	kissFESC  = 0xDB
	kissTFEND = 0xDC
	kissTFESC = 0xDD

	// kissData is the command byte of data on the modem's first port. Frames of
	// other commands and ports are not ours.
	kissData = 0x00
)

// MaxFrame bounds a frame, in bytes: what LoRa carries. A longer one is line noise
// or another program's.
const MaxFrame = 255

// appendKISS appends a frame as it goes over the line.
func appendKISS(b, frame []byte) []byte {
	b = append(b, kissFEND, kissData)
	for _, c := range frame {
		switch c {
		case kissFEND:
			b = append(b, kissFESC, kissTFEND)
		case kissFESC:
			b = append(b, kissFESC, kissTFESC)
		default:
			b = append(b, c)
		}
	}
	return append(b, kissFEND)
}

// kissReader finds the frames in what comes over the line. It finds the next one
// after anything that is none.
type kissReader struct {
	frame   []byte // command byte first
	escaped bool
	bad     bool // skip to the next FEND
}

// next takes one byte and returns the frame that it ends, or nil.
func (r *kissReader) next(c byte) []byte {
	if c == kissFEND {
		frame, ok := r.frame, !r.bad && !r.escaped
		r.frame, r.bad, r.escaped = nil, false, false
		if ok && len(frame) > 1 && frame[0] == kissData {
			return frame[1:]
		}
		return nil
	}
	switch {
	case r.bad:
		return nil
	case r.escaped && c == kissTFEND:
		c = kissFEND
	case r.escaped && c == kissTFESC:
		c = kissFESC
	case r.escaped:
		r.bad = true
		return nil
	case c == kissFESC:
		r.escaped = true
		return nil
	}
	r.escaped = false
	if len(r.frame) > MaxFrame {
		r.bad = true
		return nil
	}
	r.frame = append(r.frame, c)
	return nil
}

// inFrame reports whether a frame has begun: the modem is receiving.
func (r *kissReader) inFrame() bool { return len(r.frame) > 0 || r.bad }
