package wire

import "strings"

// check holds the header rules of WIRE.md that need no trust and no payload.
func (h *Header) check() error {
	if err := h.checkCritical(); err != nil {
		return err
	}
	info, known := typeTable[h.Type]
	if !known {
		return Refuse(ReasonUnsupported, "content type %d", h.Type)
	}
	if _, known := laneNames[h.Lane]; !known {
		return Refuse(ReasonUnsupported, "lane %d", h.Lane)
	}
	if !h.Type.allows(h.Lane) {
		return Refuse(ReasonWrongLane, "a %s does not travel on lane %s", info.name, h.Lane)
	}
	genesis := h.Type == TypeRoot && h.Sequence == 1
	switch {
	case genesis != (h.Domain == nil):
		return Refuse(ReasonMalformed, "domain must be absent in a genesis root and present elsewhere")
	case genesis != (h.Issuer == nil):
		return Refuse(ReasonMalformed, "issuer must be absent in a genesis root and present elsewhere")
	case h.Sequence == 0 || h.Sequence > MaxSequence:
		return Refuse(ReasonMalformed, "sequence %d is out of range", h.Sequence)
	case (h.Sequence == 1) != (h.Previous == nil):
		return Refuse(ReasonMalformed, "previous must be absent with sequence 1 and present with any other")
	case h.Priority > PriorityExtreme:
		return Refuse(ReasonMalformed, "priority %d is out of range", h.Priority)
	}
	if err := h.checkTimes(); err != nil {
		return err
	}
	return CheckAuthority(h.Authority)
}

func (h *Header) checkTimes() error {
	switch {
	case h.Created == 0 || h.Created > MaxTime || h.Expires > MaxTime:
		return Refuse(ReasonBadLifetime, "created %d or expires %d is out of range", h.Created, h.Expires)
	case h.Expires <= h.Created:
		return Refuse(ReasonBadLifetime, "expires is not after created")
	case h.Lane != LaneTrust && h.Expires-h.Created > MaxAlertLifetime:
		return Refuse(ReasonBadLifetime, "lives %d s, at most %d", h.Expires-h.Created, MaxAlertLifetime)
	}
	return nil
}

// checkCritical refuses critical extensions, because version 1 knows none.
func (h *Header) checkCritical() error {
	present := map[uint64]bool{}
	for _, x := range h.Extensions {
		present[x.Label] = true
	}
	var last uint64
	for _, label := range h.Critical {
		if label < firstExtension || label <= last || !present[label] {
			return Refuse(ReasonMalformed, "critical label %d is below %d, out of order or absent", label, firstExtension)
		}
		last = label
	}
	if len(h.Critical) > 0 {
		return Refuse(ReasonUnsupported, "critical header field %d", h.Critical[0])
	}
	return nil
}

// CheckAuthority checks the form of an authority's path: labels of a-z, 0-9 and
// inner hyphens, joined by "/". The empty path is the root.
func CheckAuthority(path string) error {
	if path == "" {
		return nil
	}
	if len(path) > MaxAuthority || strings.Count(path, "/") >= MaxDepth {
		return Refuse(ReasonMalformed, "authority %q is longer than %d bytes or %d labels", clip(path, 60), MaxAuthority, MaxDepth)
	}
	for l := range strings.SplitSeq(path, "/") {
		if err := CheckLabel(l); err != nil {
			return err
		}
	}
	return nil
}

// CheckLabel checks one label of an authority's path, or a person's ID.
func CheckLabel(l string) error {
	ok := l != "" && len(l) <= MaxLabel && l[0] != '-' && l[len(l)-1] != '-'
	for _, c := range []byte(l) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')
	}
	if !ok {
		return Refuse(ReasonMalformed, "label %q: want 1 to %d of a-z, 0-9 and inner hyphens", clip(l, 40), MaxLabel)
	}
	return nil
}
