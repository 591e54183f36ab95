package stick

// What makes a bundle fold into a new one.
const (
	// maxOwn is how many bundles of its own a device leaves on a stick: each visit
	// may add one, and each is a file to open.
	maxOwn = 8

	// minWaste is what is not worth rewriting a bundle for, in bytes.
	minWaste = 64 << 10

	// agreeWithin is how old, in seconds, a bundle may say to be for a device's clock
	// to be believed about the end of what others wrote: a lone device that believes
	// itself ten years ahead must not clear a stick.
	agreeWithin = 30 * 24 * 3600
)

// plan decides which bundles fold: their envelopes that somebody needs move into
// a new bundle, and they go. It is a function of what was read and the clock, and
// reports whether others agree with that.
func plan(bundles []*stickBundle, now uint64) (agreed bool) {
	agreed = clockAgreed(bundles, now)
	own := 0
	for _, b := range bundles {
		if b.own {
			own++
		}
	}
	for _, b := range bundles {
		waste := b.useless
		if b.own || agreed {
			waste += b.gone
		}
		switch {
		case b.unread: // there may be more in it, for another reader or a newer program
		case len(b.damage) > 0:
			b.folds = b.own // another's may be readable elsewhere, or be wanted to find out why
		case waste == b.bytes, b.own && own > maxOwn:
			b.folds = true
		default:
			b.folds = waste >= minWaste && waste > b.bytes/2
		}
	}
	return agreed
}

// clockAgreed reports whether somebody else's bundle was made about now.
func clockAgreed(bundles []*stickBundle, now uint64) bool {
	for _, b := range bundles {
		if !b.own && b.made+agreeWithin >= now && b.made <= now+24*3600 {
			return true
		}
	}
	return false
}
