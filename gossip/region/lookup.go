package region

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/kreidfeuer/kreidfeuer/gossip/region/spelling"
)

// maxQuery bounds the text that Lookup and Suggest look at, in bytes; the
// longest name has 37.
const maxQuery = 100

// abbreviations are the Länder's codes of ISO 3166-2:DE, and NRW.
var abbreviations = map[string]string{
	"sh": "01", "hh": "02", "ni": "03", "hb": "04", "nw": "05", "nrw": "05", "he": "06", "rp": "07", "bw": "08",
	"by": "09", "sl": "10", "be": "11", "bb": "12", "mv": "13", "sn": "14", "st": "15", "th": "16", "de": "",
}

// entry is a region with its names made comparable.
type entry struct {
	Region
	full string // with the designation
	core string // without
}

var entries = sync.OnceValue(func() []entry {
	list := make([]entry, 0, len(table()))
	for _, r := range table() {
		core, _ := splitKind(fold(r.Name))
		list = append(list, entry{r, fold(r.String()), core})
	}
	return list
})

// Lookup finds regions by name or key: "Kreis Ahrweiler", "ahrweiler",
// "Landkreis München", "07131", "071310000000", "07131007" (a municipality's
// key finds its district), "RP", "Neustadt". Case, hyphens, "ae" for "ä" and
// abbreviations like "a.d." make no difference. A name that several regions
// bear gives all of them in the order of keys; a word like Landkreis or Stadt
// narrows it. Nothing found: nil, and Suggest may help.
func Lookup(query string) []Region {
	query = strings.TrimSpace(query)
	if query == "" || len(query) > maxQuery {
		return nil
	}
	if strings.Trim(query, "0123456789") == "" {
		return lookupKey(query)
	}
	if key, ok := abbreviations[strings.ToLower(query)]; ok {
		r, _ := ByKey(key)
		return []Region{r}
	}
	name := fold(query)
	core, kind := splitKind(name)
	for _, matches := range []func(e *entry) bool{
		func(e *entry) bool { return same(e.full, name) || same(e.core, core) },
		func(e *entry) bool { return strings.HasPrefix(e.core+" ", core+" ") },
		func(e *entry) bool { return strings.HasPrefix(e.core, core) },
		func(e *entry) bool { return strings.Contains(" "+e.core, " "+core) },
	} {
		if found := collect(matches, kind); found != nil {
			return found
		}
		if len(core) < 3 {
			return nil // too short for a part of a name
		}
	}
	return nil
}

// lookupKey is generous with keys of municipalities, which the table does not
// hold, and strict with districts that do not exist.
func lookupKey(key string) []Region {
	if len(key) == agsLen {
		key = key[:districtLen]
	}
	r, ok := Enclosing(key)
	if short, _ := Normalize(key); !ok || len(short) == districtLen && short != r.Key {
		return nil
	}
	return []Region{r}
}

// collect returns the regions that match, if possible only those of the kind.
func collect(matches func(*entry) bool, kind class) []Region {
	var found, narrowed []Region
	for i := range entries() {
		e := &entries()[i]
		if !matches(e) {
			continue
		}
		found = append(found, e.Region)
		if e.class() == kind {
			narrowed = append(narrowed, e.Region)
		}
	}
	if narrowed != nil {
		return narrowed
	}
	return found
}

// maxSuggestions is what a person can read at a glance.
const maxSuggestions = 5

// Suggest returns regions whose names are near to a misspelt one, nearest
// first.
func Suggest(query string) []Region {
	if len(query) > maxQuery {
		return nil
	}
	core, kind := splitKind(fold(query))
	core = strings.ReplaceAll(core, " ", "")
	type near struct {
		Region
		distance int
	}
	var list []near
	for _, e := range entries() {
		name := strings.ReplaceAll(e.core, " ", "")
		d := spelling.Distance(core, name)
		if len(name) > len(core)+1 && len(core) > 3 { // a beginning of the name, misspelt
			d = min(d, spelling.Distance(core, name[:len(core)])+1, spelling.Distance(core, name[:len(core)+1])+1)
		}
		if d > len(core)/4+1 || d >= len(core) {
			continue
		}
		if d *= 2; kind != 0 && kind != e.class() {
			d++
		}
		list = append(list, near{e.Region, d})
	}
	slices.SortStableFunc(list, func(a, b near) int { return cmp.Compare(a.distance, b.distance) })
	regions := make([]Region, 0, maxSuggestions)
	for _, n := range list[:min(len(list), maxSuggestions)] {
		regions = append(regions, n.Region)
	}
	return regions
}

// same compares folded names without regard to where words are divided.
func same(a, b string) bool {
	return a == b || strings.ReplaceAll(a, " ", "") == strings.ReplaceAll(b, " ", "")
}

var umlauts = strings.NewReplacer("a\u0308", "ae", "o\u0308", "oe", "u\u0308", "ue", // decomposed
	"ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")

// longWords spells out what names abbreviate.
var longWords = map[string]string{"st": "sankt", "opf": "oberpfalz", "oldb": "oldenburg"}

// fold makes names comparable: lower-case words of letters and digits without
// umlauts, divided by single spaces, abbreviations written out.
func fold(s string) string {
	s = umlauts.Replace(strings.ToLower(s))
	words := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range words {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case w == "a" && next == "d":
			words[i], words[i+1] = "an", "der"
		case w == "i" && next == "d":
			words[i], words[i+1] = "in", "der"
		case w == "a":
			words[i] = "am"
		case w == "i":
			words[i] = "im"
		case longWords[w] != "":
			words[i] = longWords[w]
		}
	}
	return strings.Join(words, " ")
}

// kindWords are designations that stand before a name or behind it, longest
// first.
var kindWords = []struct {
	words string
	kind  class
}{
	{"freie und hansestadt", 0}, {"freie hansestadt", 0}, {"universitaets und hansestadt", city},
	{"kreisfreie stadt", city}, {"landeshauptstadt", city}, {"hansestadt", city}, {"stadtkreis", city},
	{"regionalverband", rural}, {"staedteregion", rural}, {"landkreis", rural}, {"region", rural},
	{"kreis", rural}, {"lkr", rural}, {"lk", rural}, {"kr", rural}, {"stadt", city}, {"sk", city},
	{"freistaat", land}, {"bundesland", land}, {"land", land},
}

// splitKind divides a folded name into the name proper and what kind of region
// it asks for, 0 if it does not say. "Landkreis Region Hannover" asks twice.
func splitKind(name string) (core string, kind class) {
	core, kind = splitWord(name)
	if again, second := splitWord(core); second == rural && kind == rural {
		return again, rural
	}
	return core, kind
}

func splitWord(name string) (core string, kind class) {
	for _, k := range kindWords {
		if rest, ok := strings.CutPrefix(name, k.words+" "); ok {
			return rest, k.kind
		}
	}
	for _, k := range kindWords {
		// "Rhein-Sieg-Kreis" is a name; "Ahrweiler, Landkreis" is a list entry.
		if rest, ok := strings.CutSuffix(name, " "+k.words); ok && k.words != "kreis" {
			return rest, k.kind
		}
	}
	return name, 0
}
