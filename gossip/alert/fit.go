package alert

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// fit shortens text to at most room characters. It ends after a sentence if
// that keeps at least half of the room, else after a word, with an ellipsis;
// never inside a word, a number or a group of numbers such as a phone number.
// If not even a first word fits, nothing is left. Whole texts fit or vanish.
func fit(text string, room int, whole bool) string {
	if utf8.RuneCountInString(text) <= room {
		return text
	}
	if whole || room < 2 {
		return ""
	}
	var kept, sentences string
	for _, w := range wordsOf(text) {
		next := w
		if kept != "" {
			next = kept + " " + w
		}
		if utf8.RuneCountInString(next) > room-1 { // the ellipsis
			break
		}
		kept = next
		if endsSentence(w) {
			sentences = kept
		}
	}
	if utf8.RuneCountInString(sentences)*2 >= room {
		return sentences
	}
	kept = strings.TrimRight(kept, ",;:–-")
	if kept == "" {
		return ""
	}
	return strings.TrimRight(kept, ".") + "…"
}

// wordsOf splits text at spaces, but not between groups of digits, and not
// between a number and its unit or sign.
func wordsOf(text string) []string {
	var list []string
	for _, w := range strings.Fields(text) {
		if n := len(list); n > 0 && endsInNumber(list[n-1]) && (startsWithDigit(w) || isUnit(w)) {
			list[n-1] += " " + w
			continue
		}
		list = append(list, w)
	}
	return list
}

func startsWithDigit(w string) bool {
	w = strings.TrimLeft(w, "+-–/(")
	return w != "" && unicode.IsDigit([]rune(w)[0])
}

func endsInNumber(w string) bool {
	w = strings.TrimRight(w, "./-–)")
	r, _ := utf8.DecodeLastRuneInString(w)
	return unicode.IsDigit(r)
}

// isUnit: "5 km" cut to "5" would say something else.
func isUnit(w string) bool {
	switch strings.TrimRight(w, ".,;:!?)") {
	case "m", "cm", "mm", "km", "km/h", "l", "Liter", "Uhr", "h", "Std", "Stunden", "Minuten", "min", "Meter", "Kilometer",
		"metres", "meters", "kilometres", "litres", "hours", "minutes", "%", "°C", "Grad", "/", "-", "–", "UTC", "am", "pm":
		return true
	}
	return false
}

// endsSentence: a stop after a number may be a date or an ordinal, and one after
// a short word an abbreviation.
func endsSentence(w string) bool {
	stem := strings.TrimRight(w, ".!?")
	if stem == w {
		return false
	}
	if strings.HasSuffix(w, "!") || strings.HasSuffix(w, "?") {
		return true
	}
	return !endsInNumber(stem) && utf8.RuneCountInString(stem) > 3
}
