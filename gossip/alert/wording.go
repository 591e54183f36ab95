package alert

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// mark is what must stand before everything else.
func (a *Alert) mark(w words, c Condition) string {
	var marks []string
	drill := c.Drill || a.Drill()
	if drill {
		marks = append(marks, w.exercise+":")
	}
	if a.Test != "" && !drill {
		marks = append(marks, w.test+":")
	}
	if c.Unconfirmed {
		marks = append(marks, strings.ToUpper(w.unconfirmed)+":")
	}
	return strings.Join(marks, " ")
}

// title says what it is. Of alerts that end an incident the headline is not
// used: in feeds it often still speaks of the danger.
func (a *Alert) title(language string, w words) string {
	kind := w.kind(a.Kind)
	if s := a.subject(language, kind); s != "" {
		return kind + ": " + s
	}
	return kind
}

// subject is a title without the word for its kind.
func (a *Alert) subject(language, kind string) string {
	for _, in := range a.infos(language) {
		event := plain(in.Event)
		if h := plain(in.Headline); h != "" && !a.Kind.Ends() {
			event = h
		}
		if rest, ok := cutFold(event, kind); ok {
			event = strings.TrimLeft(rest, ": -–")
		}
		if event != "" {
			return event
		}
	}
	return ""
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	if r, _ := utf8.DecodeRuneInString(s[len(prefix):]); unicode.IsLetter(r) || r == '-' {
		return s, false // "Warnungen", "Warnung-..." is another word
	}
	return s[len(prefix):], true
}

// where lists the places in words, in the language or in the first that has any.
func (a *Alert) where(language string) []string {
	infos := a.infos(language)
	for i := range a.CAP.Info {
		infos = append(infos, &a.CAP.Info[i])
	}
	for _, in := range infos {
		var names []string
		seen := map[string]bool{}
		for i := range in.Area {
			if name := plain(in.Area[i].AreaDesc); name != "" && name != dwdPolygon && !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			return names
		}
	}
	return nil
}

// dwdPolygon is DWD's description of an area that is drawn, beside areas that
// have a name.
const dwdPolygon = "polygonal event area"

// maxPlaces bounds the places that are listed: weather alerts name hundreds.
const maxPlaces = 12

// places joins the first n names and says if there are more.
func (w words) places(names []string, n int) string {
	if len(names) <= n {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:n], ", ") + " " + w.andMore
}

// span says from when and until when.
func (w words) span(a *cap.Alert, in *cap.Info) string {
	var said []string
	onset, ok := in.Onset.Unix()
	if sent, known := a.Sent.Unix(); ok && known && onset > sent {
		said = append(said, w.from+" "+w.moment(in.Onset))
	}
	if m := w.moment(in.Expires); m != "" {
		said = append(said, w.until+" "+m)
	}
	return strings.Join(said, " ")
}

// Sender is who says so, for people: senderName, else the long name that MoWaS
// puts into a parameter, else CAP's sender.
func (a *Alert) Sender() string { return a.sender(nil) }

// sender prefers the given info blocks.
func (a *Alert) sender(infos []*cap.Info) string {
	infos = slices.Clone(infos)
	for i := range a.CAP.Info {
		infos = append(infos, &a.CAP.Info[i])
	}
	for _, in := range infos {
		if name := plain(in.SenderName); name != "" {
			return name
		}
		for _, p := range in.Parameter {
			if p.ValueName == "sender_langname" && p.Value != "" {
				return plain(p.Value)
			}
		}
	}
	return a.CAP.Sender
}

// capital begins s with one.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// sentence ends s with a full stop.
func sentence(s string) string {
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?:") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}
